//! The flags that bound what a program may use.

use std::num::NonZeroU64;
use std::time::Duration;

use wsp::Limits;
use wsp::quota::Size;

/// What a program may use. A flag counts before the table `[quota]` of a policy file.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Quotas")]
pub(crate) struct QuotaFlags {
    /// Limit the sockets that it has open (1024); more fail with WSAEMFILE
    #[arg(long, value_name = "COUNT", env = "WSP_MAX_SOCKETS")]
    max_sockets: Option<usize>,

    /// Limit its outstanding operations (131072); more fail with WSAEWOULDBLOCK
    #[arg(long, value_name = "COUNT", env = "WSP_MAX_OPERATIONS")]
    max_operations: Option<usize>,

    /// Limit its payload, pending and in buffers (64MiB); more fails with WSAENOBUFS
    #[arg(long, value_name = "BYTES", env = "WSP_MAX_PAYLOAD")]
    max_payload: Option<Size>,

    /// Limit the bytes that it sends in a second; more are paced, or fail with WSAEWOULDBLOCK
    #[arg(long, value_name = "BYTES", env = "WSP_MAX_RATE", value_parser = parse_rate)]
    max_rate: Option<NonZeroU64>,

    /// Limit the connections that it attempts in a second; more fail with WSAENOBUFS
    #[arg(long, value_name = "COUNT", env = "WSP_MAX_CONNECT_RATE")]
    max_connect_rate: Option<NonZeroU64>,

    /// Limit its memory, the provider's included
    #[arg(long, value_name = "BYTES", env = "WSP_MAX_MEMORY")]
    max_memory: Option<Size>,

    /// End it this long after the command began, as in 500ms, 30s or 5m, with exit status 124
    #[arg(long, value_name = "DURATION", env = "WSP_TIMEOUT", value_parser = wsp_guard::duration::parse)]
    timeout: Option<Duration>,
}

fn parse_rate(text: &str) -> Result<NonZeroU64, String> {
    let Size(rate) = text.parse::<Size>().map_err(|error| error.to_string())?;
    NonZeroU64::new(rate).ok_or_else(|| {
        "a rate of 0 lets nothing out ever: leave out the rule that allows sending instead".into()
    })
}

impl QuotaFlags {
    /// How long the program may run, if a flag says so.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Changes what a flag was given for.
    pub(crate) fn apply(&self, limits: &mut Limits) {
        let bytes = |size: Size| usize::try_from(size.0).unwrap_or(usize::MAX);
        if let Some(sockets) = self.max_sockets {
            limits.sockets = sockets;
        }
        if let Some(operations) = self.max_operations {
            limits.operations = operations;
        }
        if let Some(payload) = self.max_payload {
            limits.payload_bytes = bytes(payload);
            limits.pending_bytes = bytes(payload);
        }
        limits.bytes_per_second = self.max_rate.or(limits.bytes_per_second);
        limits.connects_per_second = self.max_connect_rate.or(limits.connects_per_second);
        limits.memory_bytes = self.max_memory.map(bytes).or(limits.memory_bytes);
        limits.timeout = self.timeout.or(limits.timeout);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        flags: QuotaFlags,
    }

    fn applied(arguments: &[&str], mut limits: Limits) -> Limits {
        let arguments = ["wsp"].iter().chain(arguments);
        let command = Command::try_parse_from(arguments).unwrap();
        command.flags.apply(&mut limits);
        limits
    }

    #[test]
    fn only_what_a_flag_was_given_for_is_changed() {
        let mut file = Limits::default();
        file.sockets = 7;
        file.timeout = Some(Duration::from_secs(9));
        assert_eq!(applied(&[], file), file);
        let mut expected = file;
        expected.operations = 3;
        expected.payload_bytes = 1 << 20;
        expected.pending_bytes = 1 << 20;
        expected.bytes_per_second = NonZeroU64::new(2000);
        expected.timeout = Some(Duration::from_millis(500));
        let flags = [
            "--max-operations=3",
            "--max-payload=1MiB",
            "--max-rate=2kB",
            "--timeout=500ms",
        ];
        assert_eq!(applied(&flags, file), expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_way_out() {
        for (flag, sentence) in [
            ("--max-rate=0", "leave out the rule that allows sending"),
            ("--max-payload=lots", "as in 65536, 64KiB or 1.5MB"),
            ("--max-memory=-1", "as in 65536, 64KiB or 1.5MB"),
            ("--timeout=soon", "as in 500ms, 5s"),
        ] {
            let error = Command::try_parse_from(["wsp", flag]).err().unwrap();
            assert!(error.to_string().contains(sentence), "{error}");
        }
    }
}
