//! What a trace costs those who are traced.

use std::sync::Arc;

use anyhow::Context;
use serde::Serialize;
use wsp::Host;
use wsp::trace::{Event, TraceFile};

use crate::output::flat;
use crate::paths::embedder;
use crate::place::receivers::Receivers;
use crate::plan::Plan;
use crate::shape::{Indication, Shape, Sink};
use crate::statistics::{Spread, ratio};

/// Sends of one kind, without a trace, told to a sink that forgets, and written to a file:
/// nanoseconds for each.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Traced {
    pub(crate) semantics: &'static str,
    pub(crate) shape: Shape,
    pub(crate) off: Spread,
    pub(crate) told: Spread,
    pub(crate) written: Spread,
    /// Those times over the ones without a trace, round by round.
    pub(crate) told_ratio: Spread,
    pub(crate) written_ratio: Spread,
    /// The part of the events that were lost.
    pub(crate) lost: f64,
}

/// Sends of a sample.
const SENDS: u32 = 20_000;

/// Fewer, of those that are long.
const LONG_SENDS: u32 = 1000;

pub(crate) async fn measure(receivers: &Receivers, plan: &Plan) -> anyhow::Result<Vec<Traced>> {
    let hosts = [
        ("sandboxed", Host::new().map_err(flat)?),
        ("native", Host::native()),
    ];
    let blocking = |sink, bytes| Shape::blocking(sink, bytes);
    let overlapped = |sink, bytes| blocking(sink, bytes).overlapped(64, Indication::Event);
    let shapes = [
        blocking(Sink::Null, 64),
        overlapped(Sink::Null, 64),
        blocking(Sink::TcpSleeping, 64),
        overlapped(Sink::TcpSleeping, 64),
        overlapped(Sink::TcpSleeping, 16 << 10),
    ];
    let mut measured = Vec::new();
    for (semantics, host) in hosts.iter().map(|(semantics, host)| (*semantics, host)) {
        for shape in &shapes {
            measured.push(one(semantics, host, receivers, shape, plan).await?);
        }
    }
    Ok(measured)
}

async fn one(
    semantics: &'static str,
    host: &Host,
    receivers: &Receivers,
    shape: &Shape,
    plan: &Plan,
) -> anyhow::Result<Traced> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("trace.json");
    let count = match shape.bytes {
        ..1024 => SENDS.min(plan.most_sends),
        _ => LONG_SENDS.min(plan.most_sends),
    };
    let (mut off, mut told, mut written) = (Vec::new(), Vec::new(), Vec::new());
    let (mut lost, mut bytes) = (0, 0);
    for round in 0..=plan.rounds {
        let plain = embedder::sample(host, receivers, shape, count / 10 + 1, count).await?;
        let forgets = Arc::new(|_: &[Event]| ());
        let forgetting = |settings: wsp::Settings| settings.with_trace(forgets);
        let heard =
            embedder::sample_with(host, receivers, shape, forgetting, count / 10 + 1, count);
        let heard = heard.await?;
        let file = TraceFile::create(&path, TraceFile::USUAL_LIMIT)?;
        let sink = Arc::new(file.clone());
        let writing = |settings: wsp::Settings| settings.with_trace(sink);
        let kept = embedder::sample_with(host, receivers, shape, writing, count / 10 + 1, count);
        let kept = kept.await?;
        let end = file.finish()?;
        // The first is a warm-up.
        if round > 0 {
            off.push(plain.nanoseconds);
            told.push(heard.nanoseconds);
            written.push(kept.nanoseconds);
            lost += end.lost;
            bytes += end.bytes;
        }
    }
    // A line has some hundred bytes.
    let events = lost as f64 + bytes as f64 / 120.0;
    Ok(Traced {
        semantics,
        shape: *shape,
        told_ratio: ratio(&told, &off).context("no rounds")?,
        written_ratio: ratio(&written, &off).context("no rounds")?,
        off: Spread::of(off).context("no rounds")?,
        told: Spread::of(told).context("no rounds")?,
        written: Spread::of(written).context("no rounds")?,
        lost: lost as f64 / events.max(1.0),
    })
}
