//! What the command prints: JSON lines on standard output, words on standard error.

use std::error::Error;
use std::fmt::{self, Arguments};
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

/// Pieces that wait to be printed before the command has to wait.
const QUEUE: usize = 64;

/// Prints one value as a line of JSON on standard output.
pub(crate) fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    write(&to_line(value)?)
}

fn to_line(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// Standard output through a thread of its own: if nobody reads it, only that
/// thread waits, and a caller that prints can still be told that the time is up.
pub(crate) struct Printer {
    queue: mpsc::Sender<Bytes>,
    /// Taken once it has told.
    printed: Option<oneshot::Receiver<anyhow::Result<()>>>,
}

impl Printer {
    /// A printer to standard output.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub(crate) fn new() -> anyhow::Result<Printer> {
        Printer::of(write)
    }

    fn of(
        mut write: impl FnMut(&[u8]) -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<Printer> {
        let (queue, mut pieces) = mpsc::channel::<Bytes>(QUEUE);
        let (told, printed) = oneshot::channel();
        let print = move || {
            let mut outcome = Ok(());
            while let Some(piece) = pieces.blocking_recv() {
                outcome = write(&piece);
                if outcome.is_err() {
                    break;
                }
            }
            // Before a caller that prints learns that nothing reads it.
            let _ = told.send(outcome);
        };
        let thread = thread::Builder::new().name("printer".to_owned());
        thread.spawn(print).context("cannot print")?;
        Ok(Printer {
            queue,
            printed: Some(printed),
        })
    }

    /// Queues one value as a line of JSON. Dropping the future queues nothing.
    ///
    /// # Errors
    ///
    /// Once standard output has failed, and then says why.
    pub(crate) async fn json_line(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        let mut piece = Some(to_line(value)?.into());
        self.print(&mut piece).await
    }

    /// Queues the piece, if there is one, and takes it away then. Dropping the
    /// future leaves it there.
    ///
    /// # Errors
    ///
    /// As [`Printer::json_line`].
    pub(crate) async fn print(&mut self, piece: &mut Option<Bytes>) -> anyhow::Result<()> {
        let Ok(room) = self.queue.reserve().await else {
            return self.outcome().await;
        };
        if let Some(piece) = piece.take() {
            room.send(piece);
        }
        Ok(())
    }

    /// Waits until everything is printed.
    ///
    /// # Errors
    ///
    /// When standard output has failed.
    pub(crate) async fn finish(mut self) -> anyhow::Result<()> {
        let (closed, _) = mpsc::channel(1);
        self.queue = closed;
        self.outcome().await
    }

    async fn outcome(&mut self) -> anyhow::Result<()> {
        let failed = || Err(anyhow!("standard output has failed"));
        let Some(printed) = &mut self.printed else {
            return failed();
        };
        let outcome = printed.await;
        self.printed = None;
        outcome.unwrap_or_else(|_| failed())
    }
}

/// Prints one line on standard output, where a terminal shows it and obeys nothing.
pub(crate) fn line(text: Arguments<'_>) -> anyhow::Result<()> {
    let mut line = text.to_string();
    if io::stdout().is_terminal() {
        line = plain(&line);
    }
    line.push('\n');
    write(line.as_bytes())
}

/// Writes bytes to standard output, now.
pub(crate) fn write(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.context("cannot write to standard output")
}

/// Whether only what went wrong is said.
static QUIET: AtomicBool = AtomicBool::new(false);

/// From now on [`tell`] says nothing, if `quiet`.
pub(crate) fn be_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Whether only what went wrong is said.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Says what is good to know, unless the command is to be quiet.
pub(crate) fn tell(text: Arguments<'_>) {
    if !is_quiet() {
        say(text);
    }
}

/// Prints one line on standard error; a terminal obeys nothing in it. When even that
/// is closed there is nowhere left to report.
pub(crate) fn say(text: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{}", plain(&text.to_string()));
}

/// A text of several lines as it can be printed, with names of files and peers in it.
fn plain(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(wsp::printable).collect();
    lines.join("\n")
}

/// `bytes` as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A mistake in the command line that clap cannot see; the exit status is 2.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UsageError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::sync::mpsc as plain;

    use super::*;

    #[test]
    fn nothing_that_is_printed_is_obeyed_by_a_terminal() {
        assert_eq!(plain("a\x1b[2J\r\u{9b}b"), r"a\u{1b}[2J\r\u{9b}b");
        assert_eq!(plain("\u{202e}cba"), r"\u{202e}cba");
        assert_eq!(plain("über\n\tzwölf"), "über\n\tzwölf");
    }

    #[tokio::test]
    async fn everything_is_printed_in_order_before_the_printer_is_finished() {
        let (pieces, printed) = plain::channel();
        let mut printer = Printer::of(move |piece| Ok(pieces.send(piece.to_vec())?)).unwrap();
        for number in 0..1000 {
            printer.json_line(&number).await.unwrap();
        }
        printer.finish().await.unwrap();
        let numbers: Vec<String> = (0..1000).map(|number| format!("{number}\n")).collect();
        let printed: Vec<Vec<u8>> = printed.iter().collect();
        assert_eq!(printed.concat(), numbers.concat().as_bytes());
    }

    #[tokio::test]
    async fn where_nobody_reads_the_queue_fills_up_and_a_piece_is_kept() {
        let (go_on, stopped) = plain::channel::<()>();
        let wait = move |_: &[u8]| Ok(stopped.recv()?);
        let mut printer = Printer::of(wait).unwrap();
        let mut piece = None;
        loop {
            piece.get_or_insert_with(|| Bytes::from("x"));
            tokio::select! {
                biased;
                printed = printer.print(&mut piece) => printed.unwrap(),
                () = tokio::task::yield_now() => break,
            }
        }
        assert_eq!(piece, Some(Bytes::from("x")));
        drop(go_on);
        // The writer may not have taken its first piece yet, which leaves room for one more.
        let error = loop {
            piece.get_or_insert_with(|| Bytes::from("x"));
            if let Err(error) = printer.print(&mut piece).await {
                break error;
            }
        };
        assert_eq!(error.to_string(), "receiving on a closed channel");
    }
}
