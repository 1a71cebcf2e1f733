//! What became of the sends: JSON lines, a progress bar, and the summary.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use wsp::policy::Target;
use wsp::{Error, WsaError};

use super::Notification;
use super::bench::{Bench, Rate};
use super::connection::Delivery;
use crate::output::{self, Printer};

/// Only a send that takes longer than this gets a progress bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// One completion.
#[derive(Serialize)]
struct CompletionLine {
    operation: u64,
    /// The name of the Winsock error; null for success.
    error: Option<&'static str>,
    transferred: u64,
    notify: Notification,
    elapsed_us: u64,
}

/// The last line.
#[derive(Serialize)]
struct Summary {
    bytes: u64,
    operations: u64,
    elapsed_us: u64,
    /// The name of the Winsock error that ended it, or a sentence; null for success.
    error: Option<String>,
    /// How fast it went, with --bench.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<Rate>,
}

/// What happened since the report before.
#[derive(Serialize)]
struct IntervalLine {
    interval: Rate,
}

/// Counts completions and shows them.
pub(super) struct Record {
    /// Where lines of JSON go, if they are wanted.
    json: Option<Printer>,
    notify: Notification,
    bytes: u64,
    operations: u64,
    begin: Instant,
    progress: ProgressBar,
    /// What is measured in place of showing progress.
    bench: Option<Bench>,
}

impl Record {
    pub(super) fn new(json: bool, notify: Notification) -> anyhow::Result<Self> {
        let progress = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Ok(Self {
            json: json.then(Printer::new).transpose()?,
            notify,
            bytes: 0,
            operations: 0,
            begin: Instant::now(),
            progress,
            bench: None,
        })
    }

    /// From now on sends are measured, and no completion has a line of its own.
    pub(super) fn measure(&mut self) -> anyhow::Result<()> {
        self.bench = Some(Bench::start()?);
        Ok(())
    }

    /// Says how many bytes there will be, if that is known.
    pub(super) fn expect(&mut self, bytes: Option<u64>) {
        let template = match bytes {
            Some(bytes) => {
                self.progress.set_length(bytes);
                "{bar:30} {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left"
            }
            None => "{spinner} {binary_bytes}, {binary_bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.progress.set_style(style);
        }
    }

    /// Takes note of one completion.
    pub(super) async fn completion(
        &mut self,
        operation: u64,
        error: Option<WsaError>,
        transferred: u64,
        elapsed: Duration,
    ) -> anyhow::Result<()> {
        self.operations += 1;
        self.bytes += transferred;
        if let Some(bench) = &mut self.bench {
            let Some(rate) = bench.ended(transferred, elapsed)? else {
                return Ok(());
            };
            match &mut self.json {
                Some(printer) => printer.json_line(&IntervalLine { interval: rate }).await?,
                None => output::tell(format_args!("{rate}")),
            }
            return Ok(());
        }
        // The bar would write over lines of JSON on the same terminal.
        let in_the_way = self.json.is_some() && io::stdout().is_terminal();
        let is_wanted = !in_the_way && !output::is_quiet();
        if self.progress.is_hidden() && is_wanted && self.begin.elapsed() > PATIENCE {
            // Draws nothing unless standard error is a terminal.
            self.progress.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.progress.set_position(self.bytes);
        let Some(printer) = &mut self.json else {
            return Ok(());
        };
        let line = CompletionLine {
            operation,
            error: error.map(WsaError::name),
            transferred,
            notify: self.notify,
            elapsed_us: microseconds(elapsed),
        };
        printer.json_line(&line).await
    }

    /// Prints the summary.
    pub(super) async fn finish(
        self,
        target: &Target,
        outcome: Result<&Delivery, &anyhow::Error>,
    ) -> anyhow::Result<()> {
        self.progress.finish_and_clear();
        let Self {
            bytes, operations, ..
        } = self;
        let rate = self.bench.as_ref().map(Bench::whole);
        if let Some(mut printer) = self.json {
            let elapsed_us = microseconds(self.begin.elapsed());
            let summary = Summary {
                bytes,
                operations,
                elapsed_us,
                error: outcome.err().map(name),
                rate,
            };
            printer.json_line(&summary).await?;
            return printer.finish().await;
        }
        let Ok(delivery) = outcome else {
            return Ok(());
        };
        let sends = if operations == 1 { "send" } else { "sends" };
        let rest = match delivery {
            Delivery::Complete => "",
            Delivery::PeerGoesOn => {
                "; the peer's system has them, but the peer did not end the connection in time"
            }
        };
        if let Some(rate) = rate {
            // What was asked for, and no remark.
            output::line(format_args!("{target} in {rate}"))?;
        }
        output::tell(format_args!(
            "sent {bytes} bytes to {target} in {operations} {sends}{rest}"
        ));
        Ok(())
    }
}

/// The name of a Winsock error, or else the sentence.
fn name(error: &anyhow::Error) -> String {
    let winsock = match error.downcast_ref::<Error>() {
        Some(error) => error.winsock(),
        None => error.downcast_ref::<WsaError>().copied(),
    };
    winsock.map_or_else(|| format!("{error:#}"), |error| error.name().to_owned())
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use anyhow::anyhow;

    use super::*;

    #[test]
    fn lines_of_json_have_the_documented_shape() {
        let line = CompletionLine {
            operation: 7,
            error: Some(WsaError::ConnReset.name()),
            transferred: 65536,
            notify: Notification::Event,
            elapsed_us: 12,
        };
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"operation":7,"error":"WSAECONNRESET","transferred":65536,"notify":"event","elapsed_us":12}"#
        );
        let summary = Summary {
            bytes: 5,
            operations: 1,
            elapsed_us: 3,
            error: None,
            rate: None,
        };
        assert_eq!(
            serde_json::to_string(&summary).unwrap(),
            r#"{"bytes":5,"operations":1,"elapsed_us":3,"error":null}"#
        );
    }

    #[test]
    fn errors_are_named_as_winsock_names_them() {
        assert_eq!(name(&anyhow!(WsaError::TimedOut)), "WSAETIMEDOUT");
        assert_eq!(
            name(&anyhow!(Error::Winsock(WsaError::Acces)).context("x")),
            "WSAEACCES"
        );
        assert_eq!(name(&anyhow!("inner").context("outer")), "outer: inner");
    }
}
