//! What a trace comes to, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context;
use hdrhistogram::Histogram;
use serde::Serialize;
use wsp::WsaError;
use wsp::quota::Size;
use wsp::trace::{History, Operation};

/// The most denials, and refusals, that are told apart.
const MOST_DENIALS: usize = 1000;

/// A trace in numbers. Times are microseconds.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    /// From the first event to the last.
    duration_us: f64,
    sockets: usize,
    operations: usize,
    /// Operations that were under way when the trace ended.
    unfinished: usize,
    /// The most that were outstanding at once: submitted, and their end not indicated.
    most_outstanding: usize,
    /// Bytes that the system took, and that were received.
    bytes_sent: u64,
    bytes_received: u64,
    kinds: Vec<Kind>,
    errors: Vec<Failed>,
    denials: Vec<Denied>,
    refusals: Vec<Refused>,
    /// What is missing in the trace.
    events_lost: u64,
    is_full: bool,
    is_cut: bool,
}

/// Operations of one kind.
#[derive(Debug, Serialize)]
struct Kind {
    kind: String,
    count: usize,
    bytes: u64,
    failed: usize,
    /// From the submission until it was indicated.
    latency_us: Option<Latency>,
}

#[derive(Debug, Serialize)]
struct Latency {
    p50: f64,
    p90: f64,
    p99: f64,
    max: f64,
}

#[derive(Debug, Serialize)]
struct Failed {
    code: u32,
    name: Option<&'static str>,
    count: usize,
}

#[derive(Debug, Serialize)]
struct Denied {
    usage: String,
    target: Option<String>,
    reason: String,
    verdict: String,
    count: usize,
}

#[derive(Debug, Serialize)]
struct Refused {
    quota: String,
    scope: String,
    count: usize,
}

fn microseconds(nanoseconds: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "of a time to be shown")]
    let nanoseconds = nanoseconds as f64;
    nanoseconds / 1000.0
}

impl Summary {
    pub(super) fn of(history: &History) -> anyhow::Result<Summary> {
        let operations = &history.operations;
        let moved = |sends: bool| {
            let those = operations.iter().filter(move |one| one.is_send() == sends);
            let bytes = those.map(|one| one.transferred);
            bytes.fold(0, u64::saturating_add)
        };
        let ends = operations.iter().flat_map(|one| [one.ended, one.indicated]);
        let others = history.denials.iter().map(|denial| denial.at);
        let others = others.chain(history.refusals.iter().map(|refusal| refusal.at));
        let begins = operations.iter().map(|one| one.submitted);
        let begins = begins.chain(history.sockets.iter().map(|socket| socket.opened));
        let begins = begins.chain(others);
        let last = ends.flatten().chain(begins.clone()).max().unwrap_or(0);
        let first = begins.min().unwrap_or(last);
        Ok(Summary {
            duration_us: microseconds(last.saturating_sub(first)),
            sockets: history.sockets.len(),
            operations: operations.len(),
            unfinished: operations
                .iter()
                .filter(|one| one.indicated.is_none())
                .count(),
            most_outstanding: most_outstanding(operations),
            bytes_sent: moved(true),
            bytes_received: moved(false),
            kinds: kinds(operations)?,
            errors: errors(operations),
            denials: denials(history),
            refusals: refusals(history),
            events_lost: history.lost,
            is_full: history.is_full,
            is_cut: history.is_cut,
        })
    }
}

fn most_outstanding(operations: &[Operation]) -> usize {
    let mut steps: Vec<(u64, bool)> = Vec::with_capacity(operations.len() * 2);
    for one in operations {
        steps.push((one.submitted, true));
        if let Some(indicated) = one.indicated {
            steps.push((indicated.max(one.submitted), false));
        }
    }
    // Of those at one time, beginnings first: what took no time was outstanding, too.
    steps.sort_unstable_by_key(|(at, begins)| (*at, !begins));
    let mut outstanding: usize = 0;
    let mut most = 0;
    for (_, begins) in steps {
        outstanding = match begins {
            true => outstanding + 1,
            false => outstanding.saturating_sub(1),
        };
        most = most.max(outstanding);
    }
    most
}

fn kinds(operations: &[Operation]) -> anyhow::Result<Vec<Kind>> {
    let mut by_kind: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for one in operations {
        by_kind.entry(&one.kind).or_default().push(one);
    }
    let each = by_kind.into_iter().map(|(kind, those)| {
        Ok(Kind {
            kind: kind.to_owned(),
            count: those.len(),
            bytes: those
                .iter()
                .map(|one| one.transferred)
                .fold(0, u64::saturating_add),
            failed: those.iter().filter(|one| one.code.is_some()).count(),
            latency_us: latency(&those)?,
        })
    });
    each.collect()
}

fn latency(operations: &[&Operation]) -> anyhow::Result<Option<Latency>> {
    let mut latencies = Histogram::<u64>::new(3).context("cannot count latencies")?;
    for one in operations {
        if let Some(latency) = one.latency() {
            latencies
                .record(latency)
                .context("cannot count latencies")?;
        }
    }
    let at = |quantile| microseconds(latencies.value_at_quantile(quantile));
    Ok((!latencies.is_empty()).then(|| Latency {
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        max: microseconds(latencies.max()),
    }))
}

/// How often each of them comes, the most frequent first.
fn counted<K: Ord>(each: impl Iterator<Item = K>) -> Vec<(K, usize)> {
    let mut counts: BTreeMap<K, usize> = BTreeMap::new();
    for key in each {
        *counts.entry(key).or_default() += 1;
    }
    let mut counts: Vec<(K, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(MOST_DENIALS);
    counts
}

fn errors(operations: &[Operation]) -> Vec<Failed> {
    let codes = counted(operations.iter().filter_map(|one| one.code));
    let each = codes.into_iter().map(|(code, count)| Failed {
        code,
        name: WsaError::from_number(code).map(WsaError::name),
        count,
    });
    each.collect()
}

fn denials(history: &History) -> Vec<Denied> {
    let each = history.denials.iter();
    let counts = counted(each.map(|one| (&one.usage, &one.target, &one.reason, &one.verdict)));
    let each = counts
        .into_iter()
        .map(|((usage, target, reason, verdict), count)| Denied {
            usage: usage.clone(),
            target: target.clone(),
            reason: reason.clone(),
            verdict: verdict.clone(),
            count,
        });
    each.collect()
}

fn refusals(history: &History) -> Vec<Refused> {
    let counts = counted(history.refusals.iter().map(|one| (&one.quota, &one.scope)));
    let each = counts.into_iter().map(|((quota, scope), count)| Refused {
        quota: quota.clone(),
        scope: scope.clone(),
        count,
    });
    each.collect()
}

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
