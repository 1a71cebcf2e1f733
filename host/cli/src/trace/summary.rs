//! What a trace comes to, in numbers.

use std::collections::BTreeMap;

use anyhow::Context;
use hdrhistogram::Histogram;
use serde::Serialize;
use wsp::WsaError;
use wsp::trace::{History, Operation};

/// The most denials, and refusals, that are told apart.
const MOST_DENIALS: usize = 1000;

/// A trace in numbers. Times are microseconds.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    /// From the first event to the last.
    pub(super) duration_us: f64,
    pub(super) sockets: usize,
    pub(super) operations: usize,
    /// Operations that were under way when the trace ended.
    pub(super) unfinished: usize,
    /// The most that were outstanding at once: submitted, and their end not indicated.
    pub(super) most_outstanding: usize,
    /// Bytes that the system took, and that were received.
    pub(super) bytes_sent: u64,
    pub(super) bytes_received: u64,
    pub(super) kinds: Vec<Kind>,
    /// Threads of programs whose library tells which one runs.
    pub(super) threads: Vec<Thread>,
    pub(super) errors: Vec<Failed>,
    pub(super) denials: Vec<Denied>,
    pub(super) refusals: Vec<Refused>,
    /// What is missing in the trace.
    pub(super) events_lost: u64,
    pub(super) is_full: bool,
    pub(super) is_cut: bool,
}

/// Operations of one kind.
#[derive(Debug, Serialize)]
pub(super) struct Kind {
    pub(super) kind: String,
    pub(super) count: usize,
    pub(super) bytes: u64,
    pub(super) failed: usize,
    /// From the submission until it was indicated.
    pub(super) latency_us: Option<Latency>,
}

#[derive(Debug, Serialize)]
pub(super) struct Thread {
    pub(super) thread: u32,
    /// Operations that it submitted.
    pub(super) operations: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Failed {
    pub(super) code: u32,
    pub(super) name: Option<&'static str>,
    pub(super) count: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct Denied {
    pub(super) usage: String,
    pub(super) target: Option<String>,
    pub(super) reason: String,
    pub(super) verdict: String,
    pub(super) count: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct Refused {
    pub(super) quota: String,
    pub(super) scope: String,
    pub(super) count: usize,
}

fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
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
            threads: threads(operations),
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

fn threads(operations: &[Operation]) -> Vec<Thread> {
    let counts = counted(operations.iter().filter_map(|one| one.thread));
    let each = counts
        .into_iter()
        .map(|(thread, operations)| Thread { thread, operations });
    each.collect()
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
