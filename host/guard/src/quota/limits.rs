//! What one provider instance may use, as plain data.

use std::num::NonZeroU64;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::size;

/// Bounds of what one provider instance may hold and do. What exceeds them is
/// refused at once, with the matching error, and nothing is started.
///
/// As the table `[quota]` of a policy file, with `-` for `_`; what is left out
/// has its default. Numbers of bytes may have a unit:
///
/// ```
/// let limits: wsp_guard::quota::Limits = toml::from_str(
///     r#"
///     sockets = 16
///     payload-bytes = "8MiB"
///     bytes-per-second = "1MiB"
///     timeout = "30s"
///     "#,
/// )?;
/// assert_eq!((limits.sockets, limits.payload_bytes), (16, 8 << 20));
/// assert_eq!(limits.operations, wsp_guard::quota::Limits::default().operations);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Limits {
    /// Sockets open at once; the next one fails with WSAEMFILE. Default: 1,024.
    pub sockets: usize,
    /// Operations outstanding at once; the next one fails with WSAEWOULDBLOCK, as
    /// WSPSend says of too many outstanding requests. One is outstanding until
    /// the provider has been told of its end. Default: 131,072.
    pub operations: usize,
    /// Bytes that pending operations hold at once: what sends have still to send,
    /// and the room of receives; beyond, WSAENOBUFS. Default: 64 MiB.
    #[serde(with = "size")]
    pub pending_bytes: usize,
    /// Bytes of payload that the host holds at once: pending sends, receive
    /// buffers and WSABUF arrays; beyond, WSAENOBUFS. Default: 64 MiB.
    #[serde(with = "size")]
    pub payload_bytes: usize,
    /// Parts of one WSABUF array; a longer one fails with WSAENOBUFS. Default: 65,536.
    pub parts: usize,
    /// Bytes sent in a second, over all sockets; up to a second's worth at once. A
    /// nonblocking send beyond that is short or fails with WSAEWOULDBLOCK;
    /// blocking and overlapped ones are paced. Default: no limit.
    #[serde(with = "size", skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<NonZeroU64>,
    /// Connections attempted in a second, up to a second's worth at once; beyond,
    /// WSAENOBUFS. Default: no limit.
    #[serde(
        deserialize_with = "connects_per_second",
        skip_serializing_if = "Option::is_none"
    )]
    pub connects_per_second: Option<NonZeroU64>,
    /// Bytes of linear memory and tables of the store, which grows no further
    /// then. `wsp::run` and `wsp::Host` enforce it; for a store of its own an embedder calls
    /// `wsp::limit_store`. Default: no limit but WebAssembly's own.
    #[serde(with = "size", skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<usize>,
    /// Bytes of lists and strings that one call from the store into the host may
    /// carry; a longer one traps. The buffers of a send do not count, except the one of
    /// `gather.send-one`. The limit holds if `memory_bytes` does. Default: 128 MiB, as in wasmtime.
    #[serde(with = "size")]
    pub call_bytes: usize,
    /// How long a program may run. `wsp::run` ends it then, counting from its start; the command
    /// `wsp run` counts from its own start. Whatever else runs a program must enforce this.
    /// Default: no limit.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            sockets: 1024,
            operations: 131_072,
            pending_bytes: 64 << 20,
            payload_bytes: 64 << 20,
            parts: 65_536,
            bytes_per_second: None,
            connects_per_second: None,
            memory_bytes: None,
            call_bytes: 128 << 20,
            timeout: None,
        }
    }
}

fn connects_per_second<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<NonZeroU64>, D::Error> {
    let rate = NonZeroU64::new(u64::deserialize(deserializer)?);
    rate.map(Some).ok_or_else(|| {
        serde::de::Error::custom(
            "a rate of 0 lets nothing connect ever: leave connecting out of the policy instead",
        )
    })
}

/// Durations as people write them.
mod time {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = duration.map(|duration| humantime::format_duration(duration).to_string());
        text.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = String::deserialize(deserializer)?;
        match crate::duration::parse(&text) {
            Ok(duration) => Ok(Some(duration)),
            Err(error) => Err(D::Error::custom(format_args!(
                "{text:?} is not a duration: {error}"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PolicyConfig;

    #[test]
    fn an_empty_table_is_the_default() {
        assert_eq!(toml::from_str(""), Ok(Limits::default()));
    }

    #[test]
    fn what_is_printed_is_read_back() {
        let limits = Limits {
            sockets: 3,
            pending_bytes: 1000,
            bytes_per_second: NonZeroU64::new(1 << 20),
            connects_per_second: NonZeroU64::new(7),
            memory_bytes: Some(64 << 20),
            timeout: Some(Duration::from_millis(90_500)),
            ..Limits::default()
        };
        for limits in [limits, Limits::default()] {
            let printed = toml::to_string(&limits).unwrap_or_default();
            assert_eq!(toml::from_str(&printed), Ok(limits), "{printed}");
        }
    }

    #[test]
    fn a_policy_file_carries_the_quota_and_prints_it_again() {
        let text = "[quota]\nsockets = 3\npayload-bytes = \"8MiB\"\n";
        let config: Result<PolicyConfig, _> = text.parse();
        let config = config.unwrap_or_default();
        assert_eq!(
            (config.quota.sockets, config.quota.payload_bytes),
            (3, 8 << 20)
        );
        let printed = config.to_string();
        assert!(printed.contains("payload-bytes = \"8MiB\""), "{printed}");
        assert_eq!(printed.parse(), Ok(config));
        let default = PolicyConfig::default().to_string();
        assert!(!default.contains("quota"), "{default}");
    }

    #[test]
    fn what_is_wrong_in_a_file_is_said_with_the_place_and_the_way_out() {
        for (text, place, sentence) in [
            (
                "sockets = 1\nsocket = 2",
                "line 2, column 1",
                "unknown field `socket`, expected one of `sockets`",
            ),
            (
                "payload-bytes = \"8 XB\"",
                "line 1, column 17",
                "write a number, with a unit if you like",
            ),
            (
                "payload-bytes = -1",
                "line 1, column 17",
                "a number of bytes, as in 65536 or \"64KiB\"",
            ),
            (
                "bytes-per-second = 0",
                "line 1, column 20",
                "lets nothing out ever",
            ),
            (
                "connects-per-second = 0",
                "line 1, column 23",
                "lets nothing connect ever",
            ),
            (
                "timeout = \"soon\"",
                "line 1, column 11",
                "as in 500ms, 5s, 1.5h or 1m30s",
            ),
            ("timeout = \"0s\"", "line 1, column 11", "a time above 0"),
        ] {
            let error = toml::from_str::<Limits>(text).err();
            let error = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(place), "{text}: {error}");
            assert!(error.contains(sentence), "{text}: {error}");
        }
    }
}
