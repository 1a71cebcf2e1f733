//! The end of a command whose time is up, whatever its threads are doing.

use std::process;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long the sentence may take, where nobody reads standard error.
const SENTENCE: Duration = Duration::from_millis(200);

/// A thread that ends the process.
pub(crate) struct Watchdog;

impl Watchdog {
    /// Ends the process with `status` after `limit`, unless it ends before, and
    /// says `sentence` on standard error.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub(crate) fn start(limit: Duration, status: u8, sentence: String) -> std::io::Result<()> {
        let thread = thread::Builder::new().name("watchdog".to_owned());
        thread.spawn(move || {
            thread::sleep(limit);
            let (said, is_said) = mpsc::channel();
            thread::spawn(move || {
                crate::output::say(format_args!("{sentence}"));
                let _ = said.send(());
            });
            let _ = is_said.recv_timeout(SENTENCE);
            process::exit(status.into());
        })?;
        Ok(())
    }
}
