//! Parts without the bytes that have gone already, or only with those.

use std::io::IoSlice;

use bytes::{Buf, Bytes};
use smallvec::SmallVec;

/// Parts that a system call gets without an allocation.
pub const INLINE_PARTS: usize = 16;

/// Parts as the system call wants them.
pub type Slices<'a> = SmallVec<[IoSlice<'a>; INLINE_PARTS]>;

/// The first `length` bytes of a gather.
pub(super) fn first<'a>(slices: &'a [IoSlice<'_>], length: u64) -> Slices<'a> {
    let mut rest = usize::try_from(length).unwrap_or(usize::MAX);
    let mut taken = Slices::new();
    for slice in slices {
        let part = slice.get(..rest.min(slice.len())).unwrap_or_default();
        rest -= part.len();
        if !part.is_empty() {
            taken.push(IoSlice::new(part));
        }
    }
    taken
}

/// A gather without its first `length` bytes.
pub(super) fn beyond<'a>(slices: &'a [IoSlice<'_>], length: u64) -> Slices<'a> {
    let mut skip = usize::try_from(length).unwrap_or(usize::MAX);
    let mut rest = Slices::new();
    for slice in slices {
        let skipped = skip.min(slice.len());
        skip -= skipped;
        let part = slice.get(skipped..).unwrap_or_default();
        if !part.is_empty() {
            rest.push(IoSlice::new(part));
        }
    }
    rest
}

/// Takes the first `length` bytes out of `parts`, and returns how many parts at their
/// beginning are empty now.
pub fn consume<'a>(parts: impl IntoIterator<Item = &'a mut Bytes>, length: u64) -> usize {
    let mut rest = usize::try_from(length).unwrap_or(usize::MAX);
    let mut empty = 0;
    for part in parts {
        let step = rest.min(part.len());
        part.advance(step);
        rest -= step;
        if !part.is_empty() {
            break;
        }
        empty += 1;
    }
    empty
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [&[u8]; 4] = [b"ab", b"", b"cde", b"f"];

    #[test]
    fn what_comes_first_and_what_comes_beyond_are_the_whole_without_empty_parts() {
        let slices = PARTS.map(IoSlice::new);
        for length in 0..=7 {
            let (begin, rest) = (first(&slices, length), beyond(&slices, length));
            assert!(begin.iter().chain(&rest).all(|part| !part.is_empty()));
            let joined = |parts: &Slices<'_>| -> Vec<u8> {
                parts.iter().flat_map(|part| part.to_vec()).collect()
            };
            assert_eq!(joined(&begin).len() as u64, length.min(6));
            assert_eq!([joined(&begin), joined(&rest)].concat(), b"abcdef");
        }
    }

    #[test]
    fn consumed_parts_are_counted_with_the_empty_ones_that_follow() {
        let consumed = |length| {
            let mut parts = PARTS.map(Bytes::from_static);
            (consume(&mut parts, length), parts.concat())
        };
        assert_eq!(consumed(0), (0, b"abcdef".to_vec()));
        assert_eq!(consumed(1), (0, b"bcdef".to_vec()));
        assert_eq!(consumed(2), (2, b"cdef".to_vec()));
        assert_eq!(consumed(6), (4, Vec::new()));
        assert_eq!(consumed(u64::MAX), (4, Vec::new()));
    }
}
