//! Programs that are recorded, and replayed when they have ended.

use std::fs;
use std::io::{self, Cursor, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;
use wsp::run::{self, Program};
use wsp::tape::{Recorder, Replayer};

use crate::limit::within;
use crate::output::output;
use crate::program::call;
use crate::running::{Finished, Outcome};

/// A recording in memory, which others may look at while it is written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How it ended. Of a trap that is its reason: where its trace begins is told as the address of
/// an instruction, or the one after it.
fn ended(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Trap(trap) => {
            let reason = trap.rsplit(": ").next();
            Outcome::Trap(reason.unwrap_or_default().to_owned())
        }
        outcome => outcome.clone(),
    }
}

/// A program that is being recorded.
pub(crate) struct Recorded {
    written: Written,
    bytes: Vec<u8>,
    program: Program,
}

impl Recorded {
    /// Begins to record the program in `file`.
    pub(crate) fn begin(
        file: &Path,
        program: Program,
        arguments: &[String],
    ) -> (Recorded, Recorder) {
        let bytes = fs::read(file).expect("it was compiled a moment ago");
        let written = Written::default();
        let no_variables: [(&str, &str); 0] = [];
        let recorder = Recorder::new(written.clone(), &bytes, arguments, &no_variables);
        let recorder = recorder.expect("the system has random numbers");
        let recorded = Recorded {
            written,
            bytes,
            program,
        };
        (recorded, recorder)
    }

    fn replayer(&self) -> Replayer {
        let written = self.written.0.lock();
        let written = written.unwrap_or_else(PoisonError::into_inner).clone();
        Replayer::new(Cursor::new(written), &self.bytes).expect("it is a recording")
    }

    /// Replays it, and asserts that it did what it had done when it was recorded.
    pub(crate) async fn assert_replays(self, name: &str, recorded: &Finished) {
        let replayer = self.replayer();
        let (stdout, printed) = output();
        let (stderr, complaints) = output();
        let mut wasi = replayer.wasi(stdout);
        wasi.stderr(stderr);
        let replay = self.program.replay(wasi.build(), &replayer);
        let replay = replay.unwrap_or_else(|error| panic!("{name}: {error}"));
        drop(wasi);
        let replayed = within(&format!("{name} should end again"), call(replay)).await;
        drop(replayer);
        let replayed = Finished {
            outcome: replayed,
            stdout: printed.everything().await,
            stderr: complaints.everything().await,
        };
        assert_eq!(
            (ended(&replayed.outcome), &replayed.stdout, &replayed.stderr),
            (ended(&recorded.outcome), &recorded.stdout, &recorded.stderr),
            "{name} was replayed, and did something else"
        );
    }

    /// Replays what was recorded until its store was dropped, and asserts that nothing differs
    /// until there.
    pub(crate) async fn assert_replays_what_is_there(self, name: &str) {
        let replayer = self.replayer();
        let wasi = replayer.wasi(tokio::io::empty()).build();
        let replay = self.program.replay(wasi, &replayer);
        let replay = replay.unwrap_or_else(|error| panic!("{name}: {error}"));
        // Whoever computes for ever does so again.
        match timeout(Duration::from_secs(2), replay.run()).await {
            Ok(ended) => match ended.expect("it can be instantiated") {
                run::Outcome::Diverged(divergence) if divergence.is_cut_off() => {}
                ended => panic!("{name} was replayed, and {ended:?}"),
            },
            Err(_) => assert!(
                replayer.divergence().is_none(),
                "{:?}",
                replayer.divergence()
            ),
        }
    }
}
