//! A summary for people.

use std::fmt;

use wsp::quota::Size;

use super::summary::{Denied, Latency, Refused, Summary, Thread};

/// So many things.
struct Count(usize, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Count(count, thing) = self;
        write!(f, "{count} {thing}{}", if *count == 1 { "" } else { "s" })
    }
}

/// A time for people.
struct Time(f64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            us if us < 1000.0 => write!(f, "{us:.1} us"),
            us if us < 1e6 => write!(f, "{:.2} ms", us / 1e3),
            us => write!(f, "{:.2} s", us / 1e6),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} on {} in {}, at most {} outstanding; sent {}, received {}",
            Count(self.operations, "operation"),
            Count(self.sockets, "socket"),
            Time(self.duration_us),
            self.most_outstanding,
            Size(self.bytes_sent),
            Size(self.bytes_received)
        )?;
        if self.unfinished > 0 {
            write!(f, "; never indicated: {}", self.unfinished)?;
        }
        for kind in &self.kinds {
            write!(f, "\n  {:<16} {:>8}", kind.kind, kind.count)?;
            if let Some(Latency { p50, p90, p99, max }) = &kind.latency_us {
                let (p50, p90, p99, max) = (Time(*p50), Time(*p90), Time(*p99), Time(*max));
                write!(f, "   p50 {p50}, p90 {p90}, p99 {p99}, max {max}")?;
            }
            if kind.failed > 0 {
                write!(f, "; {} failed", kind.failed)?;
            }
        }
        for Thread { thread, operations } in &self.threads {
            write!(f, "\n  thread {thread:<9} {operations:>8}")?;
        }
        for error in &self.errors {
            let name = error.name.unwrap_or("unknown to Winsock");
            write!(
                f,
                "\n  failed with {name} ({}): {}",
                error.code, error.count
            )?;
        }
        for denial in &self.denials {
            let Denied {
                usage,
                target,
                reason,
                verdict,
                count,
            } = denial;
            let target = wsp::printable(target.as_deref().unwrap_or(""));
            write!(f, "\n  {verdict}: {usage} {target} ({reason}): {count}")?;
        }
        for refusal in &self.refusals {
            let Refused {
                quota,
                scope,
                count,
            } = refusal;
            write!(
                f,
                "\n  refused by the quota {quota} of the {scope}: {count}"
            )?;
        }
        if self.events_lost > 0 {
            write!(
                f,
                "\n{} events came too fast, and are missing",
                self.events_lost
            )?;
        }
        if self.is_full {
            write!(
                f,
                "\nthe trace reached its limit, and has nothing of what came later"
            )?;
        }
        if self.is_cut {
            write!(
                f,
                "\nthe end of the trace is missing: the command was ended, or runs still"
            )?;
        }
        Ok(())
    }
}
