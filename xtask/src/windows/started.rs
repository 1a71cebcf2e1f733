//! A program that was started, whose waits have a bound.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// How often it is asked whether a program has ended.
const STEP: Duration = Duration::from_millis(20);

/// Killed when it is dropped.
pub(super) struct Started {
    name: String,
    child: Child,
    lines: Receiver<String>,
    complaints: Receiver<String>,
    deadline: Instant,
}

/// How a program ended.
pub(super) struct Ended {
    pub(super) status: Option<i32>,
    /// The lines of standard output that nobody has taken before.
    pub(super) lines: Vec<String>,
    /// What it said on standard error.
    pub(super) said: String,
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Started {
    /// Starts it; it may take so long.
    pub(super) fn start(name: &str, mut command: Command, limit: Duration) -> Result<Started> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let (line, lines) = mpsc::channel();
        thread::spawn(move || {
            for text in BufReader::new(output?).lines() {
                // Nobody takes them any more when the program is dropped.
                line.send(text.ok()?.trim_end().to_owned()).ok()?;
            }
            Some(())
        });
        let (complaint, complaints) = mpsc::channel();
        thread::spawn(move || {
            let mut said = Vec::new();
            errors?.read_to_end(&mut said).ok()?;
            complaint
                .send(String::from_utf8_lossy(&said).into_owned())
                .ok()
        });
        Ok(Started {
            name: name.to_owned(),
            child,
            lines,
            complaints,
            deadline: Instant::now() + limit,
        })
    }

    /// The next line of its standard output.
    pub(super) fn line(&mut self) -> Result<String> {
        match self.lines.recv_timeout(self.left()) {
            Ok(line) => Ok(line),
            Err(_) => bail!("{} printed no line: {}", self.name, self.said()),
        }
    }

    /// Waits for its end.
    pub(super) fn end(mut self) -> Result<Ended> {
        let status = loop {
            match self.child.try_wait()? {
                Some(status) => break status.code(),
                None if self.left() > Duration::ZERO => thread::sleep(STEP),
                None => bail!("{} takes too long", self.name),
            }
        };
        let mut lines = Vec::new();
        // The thread ends with the stream.
        while let Ok(line) = self.lines.recv_timeout(self.left()) {
            lines.push(line);
        }
        Ok(Ended {
            status,
            lines,
            said: self.said(),
        })
    }

    /// Waits for its end, which must be a success, and returns its lines.
    pub(super) fn succeed(self) -> Result<Vec<String>> {
        let name = self.name.clone();
        let ended = self.end()?;
        match ended.status {
            Some(0) => Ok(ended.lines),
            status => bail!("{name} ended with {status:?}: {}", ended.said),
        }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn said(&self) -> String {
        let said = self.complaints.recv_timeout(Duration::from_secs(1));
        said.unwrap_or_default()
    }
}
