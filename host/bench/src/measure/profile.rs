//! One path in one shape, over and over, for a profiler.

use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use wasmtime::ProfilingStrategy;

use crate::measure::rounds::Senders;
use crate::output;
use crate::place::Place;
use crate::plan::Plan;
use crate::shape::{Indication, Path, Shape, Sink};
use crate::statistics::Spread;

/// Who sends, and in what shape: `program:null:64`, or `native:tcp:65536:256`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    path: Path,
    shape: Shape,
}

impl FromStr for Subject {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Subject> {
        let mut words = text.split(':');
        let mut word = |what| words.next().with_context(|| format!("there is no {what}"));
        let path = word("path")?;
        let path = Path::ALL
            .into_iter()
            .find(|known| known.argument() == path)
            .ok_or_else(|| {
                let known = Path::ALL.map(Path::argument).join(", ");
                anyhow!("no path is called \"{path}\": there are {known}")
            })?;
        let sink = match word("sink")? {
            "null" => Sink::Null,
            "tcp" => Sink::Tcp,
            "tcp-sleeping" => Sink::TcpSleeping,
            "udp" => Sink::Udp,
            other => {
                bail!("no sink is called \"{other}\": there are null, tcp, tcp-sleeping and udp")
            }
        };
        let number = |text: &str| {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.with_context(|| format!("\"{text}\" is no number above 0"))
        };
        let shape = Shape::blocking(sink, number(word("number of bytes")?)?);
        let parts = words.next().map_or(Ok(1), number)?;
        let mut shape = shape.in_parts(parts);
        if let Some(outstanding) = words.next() {
            shape = shape.overlapped(number(outstanding)?, Indication::Event);
        }
        if words.next().is_some() {
            bail!("it has more than five words");
        }
        if !path.can(&shape) || parts > shape.bytes {
            bail!("{} cannot send that", path.name());
        }
        Ok(Subject { path, shape })
    }
}

/// Sends so often.
pub(crate) async fn send(subject: Subject, place: &Place, count: u32) -> anyhow::Result<()> {
    let Subject { path, shape } = subject;
    let senders = Senders::of(&[path], ProfilingStrategy::None, place)?;
    senders.sample(path, &shape, 1, count).await?;
    Ok(())
}

/// Sends for so long, and says what a send took.
pub(crate) async fn run(
    subject: Subject,
    plan: &Plan,
    place: &Place,
    time: Duration,
) -> anyhow::Result<()> {
    let Subject { path, shape } = subject;
    let senders = Senders::of(&[path], ProfilingStrategy::PerfMap, place)?;
    let count = senders.sends(path, &shape, plan).await?;
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < time {
        let sample = senders.sample(path, &shape, count / 10 + 1, count).await?;
        times.push(sample.nanoseconds);
    }
    let taken = Spread::of(times).context("there was no time")?;
    output::line(format_args!(
        "{:.0} ns for each send ({:.0} to {:.0})",
        taken.median, taken.low, taken.high
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_path_a_sink_a_number_of_bytes_and_perhaps_of_parts() {
        let subject = "wasi-0.2:tcp:65536:4".parse::<Subject>().ok();
        assert_eq!(subject.map(|subject| subject.path), Some(Path::Wasi02));
        let shape = Shape::blocking(Sink::Tcp, 65536).in_parts(4);
        assert_eq!(subject.map(|subject| subject.shape), Some(shape));
    }

    #[test]
    fn what_is_no_subject_is_explained() {
        for (text, says) in [
            ("me:tcp:64", "no path is called"),
            ("program:pipe:64", "no sink is called"),
            ("program:tcp", "no number of bytes"),
            ("program:tcp:0", "no number above 0"),
            ("program:tcp:64:1:1:1", "more than five words"),
            ("native:null:64", "cannot send that"),
        ] {
            let error = text.parse::<Subject>().err().map(|error| error.to_string());
            assert!(
                error.as_ref().is_some_and(|error| error.contains(says)),
                "{error:?}"
            );
        }
    }
}
