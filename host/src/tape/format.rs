//! A recording as a file.
//!
//! | bytes | content |
//! | --- | --- |
//! | 8 | `wsp-tape` |
//! | 4 | the version of this format, lowest byte first |
//! | | [`Header`], then entries, until the file ends |
//!
//! The header and each [`Entry`] are their length, in 4 bytes, and as many bytes of
//! [postcard](https://postcard.jamesmunns.com/wire-format). An entry is written as soon as what
//! it tells has happened, in one piece, so a program that was killed leaves all but the last.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::RecordingError;
use crate::quota::Limits;

/// What every recording begins with.
pub const MAGIC: [u8; 8] = *b"wsp-tape";

/// The version of this format.
const FORMAT: u32 = 1;

/// A program that was told of an end beside it has so many turns to make a call before it is
/// told of another, recorded and replayed: which came first would not be known otherwise.
pub(super) const TURNS: u32 = 64;

/// An entry has no more bytes; nothing longer is written or read.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// What a program was, and what it was given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    /// The version of this library.
    pub(super) wsp: String,
    /// The SHA-256 of the provider that programs are composed with.
    pub(super) provider: [u8; 32],
    /// The SHA-256 of the program, as it was before.
    pub(super) program: [u8; 32],
    pub(super) arguments: Vec<String>,
    pub(super) variables: Vec<(String, String)>,
    /// What the program's random numbers come from.
    pub(super) seed: [u8; 32],
    /// Whether standard input was a terminal.
    pub(super) terminal: bool,
    pub(super) limits: KeptLimits,
}

/// The limits that a program can tell from its answers alone.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct KeptLimits {
    sockets: u64,
    operations: u64,
    memory_bytes: Option<u64>,
    call_bytes: u64,
}

impl From<Limits> for KeptLimits {
    fn from(limits: Limits) -> KeptLimits {
        KeptLimits {
            sockets: limits.sockets as u64,
            operations: limits.operations as u64,
            memory_bytes: limits.memory_bytes.map(|bytes| bytes as u64),
            call_bytes: limits.call_bytes as u64,
        }
    }
}

impl From<KeptLimits> for Limits {
    fn from(kept: KeptLimits) -> Limits {
        let fitting = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let mut limits = Limits::default();
        limits.sockets = fitting(kept.sockets);
        limits.operations = fitting(kept.operations);
        limits.memory_bytes = kept.memory_bytes.map(fitting);
        limits.call_bytes = fitting(kept.call_bytes);
        limits
    }
}

/// What a function gave back, as [`Keep`](crate::imports::keep::Keep) has it, or why it trapped.
pub(super) type Answer = Result<Vec<u8>, String>;

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Entry {
    /// The program called a function, and went on with its answer.
    Call { call: Call, answer: Answer },
    /// It called a function that runs beside it. The first is number 0.
    Began { call: Call },
    /// Such a function has ended; at once, if the program did not have to wait for it.
    Ended {
        number: u64,
        at_once: bool,
        answer: Answer,
    },
    /// Standard input had this much for a program that reads beside what it does; nothing at
    /// its end.
    Input(Vec<u8>),
    /// The program ended.
    Exit(Exit),
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) function: String,
    /// As [`Tell`](crate::imports::tell::Tell) has them.
    pub(super) arguments: String,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Exit {
    pub(super) how: How,
    /// The SHA-256 of what it had printed to standard output.
    pub(super) printed: [u8; 32],
}

/// By itself, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum How {
    Exited(u8),
    Trapped(String),
}

/// Writes the beginning of a recording.
pub(super) fn begin(to: &mut dyn Write, header: &Header) -> io::Result<()> {
    to.write_all(&[&MAGIC[..], &FORMAT.to_le_bytes()].concat())?;
    append(to, header)
}

/// Writes the header or an entry.
pub(super) fn append<T: Serialize>(to: &mut dyn Write, entry: &T) -> io::Result<()> {
    let mut bytes = vec![0; 4];
    bytes = postcard::to_extend(entry, bytes).map_err(io::Error::other)?;
    let length = bytes.len().saturating_sub(4);
    if length > MOST_BYTES {
        let what = format!("a call gave the program {length} bytes, and {MOST_BYTES} can be kept");
        return Err(io::Error::other(what));
    }
    let length = u32::try_from(length).map_err(io::Error::other)?;
    for (byte, of_length) in bytes.iter_mut().zip(length.to_le_bytes()) {
        *byte = of_length;
    }
    to.write_all(&bytes)
}

/// A recording that is read.
pub(super) struct Tape {
    from: Box<dyn Read + Send>,
    /// Bytes that were read.
    offset: u64,
}

impl Tape {
    /// Reads the beginning of a recording.
    pub(super) fn begin(from: Box<dyn Read + Send>) -> Result<(Tape, Header), RecordingError> {
        let mut tape = Tape { from, offset: 0 };
        let mut magic = [0; MAGIC.len()];
        if !tape.fill(&mut magic)? || magic != MAGIC {
            return Err(RecordingError::NoRecording);
        }
        let mut format = [0; 4];
        if !tape.fill(&mut format)? {
            return Err(RecordingError::NoRecording);
        }
        let format = u32::from_le_bytes(format);
        if format != FORMAT {
            return Err(RecordingError::OtherFormat(format));
        }
        let header = tape.read()?.ok_or(RecordingError::NoRecording)?;
        Ok((tape, header))
    }

    /// How many bytes were read.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next entry; none at the end, also if that is in the middle of an entry, because
    /// the recorded program may have been killed.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, RecordingError> {
        self.read()
    }

    fn read<T: DeserializeOwned>(&mut self) -> Result<Option<T>, RecordingError> {
        let begin = self.offset;
        let damaged = |how: &str| RecordingError::Damaged {
            offset: begin,
            how: how.to_owned(),
        };
        let mut length = [0; 4];
        if !self.fill(&mut length)? {
            return Ok(None);
        }
        let length = u64::from(u32::from_le_bytes(length));
        if length > MOST_BYTES as u64 {
            return Err(damaged("an entry is longer than any that is written"));
        }
        // It grows as bytes come, whatever the length says.
        let mut bytes = Vec::new();
        let read = (&mut self.from).take(length).read_to_end(&mut bytes);
        read.map_err(RecordingError::CannotRead)?;
        self.offset = self.offset.saturating_add(bytes.len() as u64);
        if (bytes.len() as u64) < length {
            return Ok(None);
        }
        match postcard::take_from_bytes(&bytes) {
            Ok((entry, [])) => Ok(Some(entry)),
            Ok(_) => Err(damaged("an entry has bytes that mean nothing")),
            Err(_) => Err(damaged("an entry cannot be understood")),
        }
    }

    /// Fills `bytes`; false if the file ends before.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<bool, RecordingError> {
        match self.from.read_exact(bytes) {
            Ok(()) => {
                self.offset = self.offset.saturating_add(bytes.len() as u64);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(RecordingError::CannotRead(error)),
        }
    }
}
