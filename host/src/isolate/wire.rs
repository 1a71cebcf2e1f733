//! What parent and child tell each other: the request is an argument of the child's
//! command line and the program its standard input; the answer is its standard output.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::compose::Interfaces;

/// The first argument of a child.
pub(super) const ROLE: &str = "wsp-isolated-compiler";

/// What a child is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Action {
    Compose,
    Compile,
}

/// The second argument of a child, as JSON.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) action: Action,
    pub(super) epochs: bool,
    pub(super) memory_bytes: u64,
    /// The parent's process id.
    pub(super) parent: u32,
}

/// What begins an answer. The bytes that were asked for follow.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    Done(Interfaces),
    Refused(String),
}

/// Writes an answer whole: the lengths of its two parts, and the parts.
pub(super) fn write(to: &mut impl Write, answer: &Answer, bytes: &[u8]) -> io::Result<()> {
    let answer = serde_json::to_vec(answer)?;
    for part in [&answer[..], bytes] {
        to.write_all(&(part.len() as u64).to_le_bytes())?;
    }
    to.write_all(&answer)?;
    to.write_all(bytes)
}

/// Reads an answer, if that is one, and whole.
pub(super) fn read(mut written: Vec<u8>) -> Option<(Answer, Vec<u8>)> {
    let length = |text: &[u8]| {
        let length = text.try_into().ok().map(u64::from_le_bytes)?;
        usize::try_from(length).ok()
    };
    let (of_answer, of_bytes) = (length(written.get(..8)?)?, length(written.get(8..16)?)?);
    let end = 16_usize.checked_add(of_answer)?;
    let answer = serde_json::from_slice(written.get(16..end)?).ok()?;
    if written.len().checked_sub(end)? != of_bytes {
        return None;
    }
    written.drain(..end);
    Some((answer, written))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn an_answer_is_read_as_it_was_written_and_no_part_of_one() {
        let answer = || Answer::Refused("no".to_owned());
        let mut written = Vec::new();
        write(&mut written, &answer(), b"component").unwrap();
        assert_eq!(
            read(written.clone()),
            Some((answer(), b"component".to_vec()))
        );
        for length in 0..written.len() {
            assert_eq!(read(written.get(..length).unwrap().to_vec()), None);
        }
        written.push(0);
        assert_eq!(read(written), None);
    }
}
