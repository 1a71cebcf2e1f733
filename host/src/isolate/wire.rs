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
    ComposePortable,
    Compile,
}

/// The second argument of a child, as JSON.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) action: Action,
    pub(super) epochs: bool,
    pub(super) fuel: bool,
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

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;

    fn written(answer: &Answer, bytes: &[u8]) -> Vec<u8> {
        let mut written = Vec::new();
        write(&mut written, answer, bytes).unwrap();
        written
    }

    fn refused() -> Answer {
        Answer::Refused("no".to_owned())
    }

    fn done() -> Answer {
        let component = wat::parse_str(r#"(component (import "a:b/c" (instance)))"#).unwrap();
        Answer::Done(crate::compose::inspect(&component).unwrap())
    }

    #[test]
    fn an_answer_is_read_as_it_was_written_and_no_part_of_one() {
        for answer in [refused, done] {
            let mut written = written(&answer(), b"component");
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

    /// Lengths that do not fit what follows, or anything.
    fn length() -> impl Strategy<Value = u64> {
        prop_oneof![
            0..100_u64,
            any::<u64>(),
            select(vec![u64::MAX, u64::MAX - 16, 1 << 63, 1 << 32, 1 << 31]),
        ]
    }

    /// What may follow the lengths.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"Done\"",
            "\"Refused\"",
            "\"no\"",
            "\"imports\"",
            "\"exports\"",
            "\"asynchronous\"",
            "true",
            "\"instance_bytes\"",
            "-1",
            "1e400",
            "18446744073709551616",
            "\"\\ud800\"",
            "null",
            "\u{0}",
        ];
        let piece = prop_oneof![
            8 => select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
            1 => vec(any::<u8>(), 0..8),
            1 => (1..2000_usize).prop_map(|depth| vec![b'['; depth]),
        ];
        vec(piece, 0..16).prop_map(|pieces| pieces.concat())
    }

    /// Answers that were written, and some of their bytes changed, and parts that never were one.
    fn answers() -> impl Strategy<Value = Vec<u8>> {
        let changes = vec((any::<Index>(), any::<u8>()), 0..4);
        let damaged =
            (any::<bool>(), changes, any::<Index>()).prop_map(|(is_done, changes, cut)| {
                let answer = if is_done { done() } else { refused() };
                let mut written = written(&answer, b"component");
                for (at, to) in changes {
                    *at.get_mut(&mut written) = to;
                }
                if cut.index(4) == 0 {
                    written.truncate(cut.index(written.len()));
                }
                written
            });
        let made_up = (length(), length(), text()).prop_map(|(answer, bytes, text)| {
            [&answer.to_le_bytes()[..], &bytes.to_le_bytes(), &text].concat()
        });
        // Lengths that are right bring the reader to the text.
        let lengths_fit = (text(), vec(any::<u8>(), 0..20)).prop_map(|(text, bytes)| {
            let (of_text, of_bytes) = (text.len() as u64, bytes.len() as u64);
            [
                &of_text.to_le_bytes()[..],
                &of_bytes.to_le_bytes(),
                &text,
                &bytes,
            ]
            .concat()
        });
        prop_oneof![damaged, made_up, lengths_fit, vec(any::<u8>(), 0..200)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        /// Whatever the bytes are, and no more is held than they are.
        #[test]
        fn no_answer_is_too_much_for_the_reader(answer in answers()) {
            let (length, capacity) = (answer.len(), answer.capacity());
            if let Some((answer, bytes)) = read(answer) {
                prop_assert!(bytes.len() <= length && bytes.capacity() <= capacity);
                let again = read(written(&answer, &bytes));
                prop_assert_eq!(again, Some((answer, bytes)));
            }
        }
    }
}
