//! What a send sends, for the time of a call.

use std::io::IoSlice;

use bytes::Bytes;

use super::pending::Captured;
use super::slices::{Slices, beyond, consume};

/// The buffers of one send.
#[derive(Clone, Copy)]
pub struct Payload<'a> {
    /// The parts that are not empty, in order.
    slices: &'a [IoSlice<'a>],
    /// The number of parts, empty ones included.
    count: usize,
    total_length: u64,
    /// The same parts, if the host may share them.
    shared: Option<&'a [Bytes]>,
}

impl<'a> Payload<'a> {
    /// Buffers of a guest's memory, of which what stays pending is copied. `slices` is
    /// where they are described.
    pub fn borrowed<'parts: 'a>(
        parts: impl ExactSizeIterator<Item = &'parts [u8]>,
        slices: &'a mut Slices<'parts>,
    ) -> Payload<'a> {
        let count = parts.len();
        let mut total_length = 0;
        slices.reserve(count);
        for part in parts {
            if !part.is_empty() {
                total_length += part.len() as u64;
                slices.push(IoSlice::new(part));
            }
        }
        Payload {
            slices,
            count,
            total_length,
            shared: None,
        }
    }

    /// A single buffer of a guest's memory.
    pub fn one(slice: &'a [IoSlice<'a>; 1]) -> Payload<'a> {
        let [only] = slice;
        Payload {
            slices: if only.is_empty() { &[] } else { slice },
            count: 1,
            total_length: only.len() as u64,
            shared: None,
        }
    }

    /// Buffers of the host, which what stays pending shares.
    pub fn shared<'parts: 'a>(
        parts: &'parts [Bytes],
        slices: &'a mut Slices<'parts>,
    ) -> Payload<'a> {
        Payload {
            shared: Some(parts),
            ..Payload::borrowed(parts.iter().map(|part| &**part), slices)
        }
    }

    pub(super) fn slices(&self) -> &'a [IoSlice<'a>] {
        self.slices
    }

    /// The number of parts, empty ones included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The sum of the lengths of all parts, in bytes.
    #[must_use]
    pub fn total_length(&self) -> u64 {
        self.total_length
    }

    /// What remains after the first `skip` bytes, to keep beyond the call.
    pub(super) fn capture(&self, skip: u64) -> Captured {
        if let ([only], None, 0) = (self.slices, self.shared, skip) {
            return Bytes::copy_from_slice(only).into();
        }
        if let Some(parts) = self.shared {
            let not_empty = parts.iter().filter(|part| !part.is_empty());
            let mut rest: Vec<Bytes> = not_empty.cloned().collect();
            let gone = consume(&mut rest, skip);
            rest.drain(..gone);
            return rest.into();
        }
        let rest = beyond(self.slices, skip);
        let mut whole = Vec::with_capacity(rest.iter().map(|part| part.len()).sum());
        for part in &rest {
            whole.extend_from_slice(part);
        }
        Bytes::from(whole).into()
    }
}
