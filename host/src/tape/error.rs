//! Recordings that cannot be replayed, and programs that do something else than was recorded.

use std::fmt;
use std::io;

use super::format::Call;
use crate::printable::one_line;

/// Why a recording cannot be used, as a sentence whose subject is the recording.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    CannotRead(io::Error),
    /// It does not begin as a recording does.
    #[error("it is no recording: make one with wsp run --record")]
    NoRecording,
    /// Its format is another version.
    #[error("it has version {0} of the format, which this wsp does not read: record it again")]
    OtherFormat(u32),
    /// It was made by another version of this library, whose calls may be others.
    #[error(
        "it was made by wsp {recorded}, and this is {}: replay it with that one, or record it again",
        env!("CARGO_PKG_VERSION")
    )]
    OtherVersion {
        /// The version that made it.
        recorded: String,
    },
    /// It was made with another build of the provider, of the same version.
    #[error("it was made by another build of wsp {}: record it again", env!("CARGO_PKG_VERSION"))]
    OtherBuild,
    /// It is of another program.
    #[error(
        "it is of another program, or of another build of it: name the one that was recorded, or replay it with --changed"
    )]
    OtherProgram,
    /// It holds what no recording holds.
    #[error("it is damaged at byte {offset}: {how}; take an undamaged copy, or record it again")]
    Damaged {
        /// Where the entry begins, in bytes from the beginning of the file.
        offset: u64,
        /// What is wrong.
        how: String,
    },
}

/// The first thing that a replayed program did otherwise than it was recorded. It prints as one
/// sentence whose subject is the program.
#[derive(Debug)]
pub struct Divergence {
    /// The number of the call, from 1.
    pub(super) call: u64,
    pub(super) what: Difference,
}

/// What is different.
#[derive(Debug)]
pub(super) enum Difference {
    /// Another call.
    Called { recorded: Call, now: Call },
    /// Another call after the last one.
    CalledMore { now: Call },
    /// A call that comes after the end of a recording that was cut off.
    CutOff { now: Call, offset: u64 },
    /// It ended before this call.
    CalledLess { recorded: Call },
    /// It ended before something other than a call.
    EndedEarlier,
    /// It ended in another way.
    Ended { recorded: String, now: String },
    /// It printed something else.
    Printed,
    /// It cannot be told, because the recording is of no use from here on.
    Unusable(RecordingError),
}

impl Divergence {
    /// The number of the call that differs, from 1; of calls that run beside the program,
    /// their beginning counts.
    #[must_use]
    pub fn call(&self) -> u64 {
        self.call
    }

    /// Whether the recording ends here, because what was recorded was cut off, as it is if a
    /// program was killed: until here nothing differed.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        matches!(self.what, Difference::CutOff { .. })
    }

    /// Why the recording cannot be used from here on, if that is why.
    #[must_use]
    pub fn unusable(&self) -> Option<&RecordingError> {
        match &self.what {
            Difference::Unusable(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.call;
        match &self.what {
            Difference::Called { recorded, now } => write!(
                f,
                "differs from its recording at call {call}: it called {now}, but {recorded} was recorded"
            ),
            Difference::CalledMore { now } => write!(
                f,
                "differs from its recording at call {call}: it called {now}, but had ended when it was recorded"
            ),
            Difference::CutOff { now, offset } => write!(
                f,
                "did all that was recorded of it; the recording was cut off after byte {offset}, before call {call}, {now}"
            ),
            Difference::CalledLess { recorded } => write!(
                f,
                "differs from its recording at call {call}: it ended, but {recorded} was recorded"
            ),
            Difference::EndedEarlier => write!(
                f,
                "differs from its recording at call {call}: it ended, but went on when it was recorded"
            ),
            Difference::Ended { recorded, now } => write!(
                f,
                "differs from its recording after its last call: it {now}, but {recorded} was recorded"
            ),
            Difference::Printed => f.write_str(
                "differs from its recording: it made the same calls, but printed something else",
            ),
            Difference::Unusable(error) => write!(
                f,
                "cannot be replayed further than call {call}, because of its recording: {error}"
            ),
        }
    }
}

impl std::error::Error for Divergence {}

impl fmt::Display for Call {
    /// Both may be made up by whoever wrote the recording.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}({})", self.function, self.arguments);
        f.write_str(&one_line(&text))
    }
}
