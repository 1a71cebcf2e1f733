//! Reads trace files, which may be cut, or be anything.

use std::io::{self, BufRead, Read};

use super::assembler::Assembler;
use super::format::{HEADER, Line, VERSION};
use super::history::History;

/// The most bytes of a line: none that is written is half as long.
const LONGEST_LINE: u64 = 4096;

/// Why a file is no trace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CannotRead {
    /// It cannot be read at all.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is no trace of this library.
    #[error("it is no trace of wsp; `wsp run --trace FILE` and `wsp send --trace FILE` write one")]
    NoTrace,
    /// It is of a version that this library does not know.
    #[error(
        "its format is version {0}, and this wsp reads version 1; read it with the wsp that wrote it"
    )]
    Version(u32),
    /// A line of it makes no sense.
    #[error(
        "line {line}: {mistake}; a trace is read as it was written, so trace the program again"
    )]
    Line {
        /// The line, counting from 1.
        line: u64,
        /// What is wrong with it.
        mistake: String,
    },
}

impl History {
    /// Reads what a [`TraceFile`](super::TraceFile) wrote. A file that ends in the middle is
    /// read up to there.
    ///
    /// # Errors
    ///
    /// When it cannot be read, was written by something else, or was changed so that it makes
    /// no sense. The memory that it takes is a few times the file's length at most.
    pub fn read(file: impl BufRead) -> Result<History, CannotRead> {
        Reader::default().read(file)
    }
}

#[derive(Default)]
struct Reader {
    assembler: Assembler,
    line: u64,
}

impl Reader {
    fn read(mut self, mut file: impl BufRead) -> Result<History, CannotRead> {
        let mut text = Vec::new();
        let mut is_closed = false;
        while self.next(&mut file, &mut text)? {
            let content = match text.as_slice() {
                [content @ .., b'\n'] => content,
                // The last line, whose end is missing.
                _ if self.line > 2 => {
                    break;
                }
                content => content,
            };
            let content = content.strip_suffix(b",").unwrap_or(content);
            match (self.line, content) {
                (1, b"[") => {}
                (1, _) => return Err(CannotRead::NoTrace),
                (2, content) => header(content)?,
                (_, b"]") if !is_closed => is_closed = true,
                (_, content) if !is_closed => self.content(content)?,
                _ => return Err(self.mistake("something follows the end of the trace")),
            }
            text.clear();
        }
        if self.line < 2 {
            return Err(CannotRead::NoTrace);
        }
        let mut history = self.assembler.history;
        history.is_cut = !is_closed;
        Ok(history)
    }

    /// The next line; false if there is none.
    fn next(&mut self, file: &mut impl BufRead, text: &mut Vec<u8>) -> Result<bool, CannotRead> {
        file.by_ref().take(LONGEST_LINE).read_until(b'\n', text)?;
        if text.is_empty() {
            return Ok(false);
        }
        self.line += 1;
        if text.len() as u64 >= LONGEST_LINE {
            return Err(match self.line {
                1 | 2 => CannotRead::NoTrace,
                _ => self.mistake("it is longer than any line of a trace"),
            });
        }
        Ok(true)
    }

    fn mistake(&self, mistake: &str) -> CannotRead {
        CannotRead::Line {
            line: self.line,
            mistake: mistake.to_owned(),
        }
    }

    fn content(&mut self, content: &[u8]) -> Result<(), CannotRead> {
        let line: Line<'_> = serde_json::from_slice(content).map_err(|error| {
            self.mistake(&format!(
                "it is no event of a trace ({})",
                crate::one_line(&error.to_string())
            ))
        })?;
        let taken = self.assembler.take(line);
        taken.map_err(|mistake| self.mistake(mistake))
    }
}

fn header(content: &[u8]) -> Result<(), CannotRead> {
    let Ok(line) = serde_json::from_slice::<Line<'_>>(content) else {
        return Err(CannotRead::NoTrace);
    };
    match line.args.version {
        Some(VERSION) if line.name == HEADER => Ok(()),
        Some(version) if line.name == HEADER => Err(CannotRead::Version(version)),
        _ => Err(CannotRead::NoTrace),
    }
}
