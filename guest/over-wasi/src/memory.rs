//! Payload: captured arrays, and room for receives.

use std::cell::RefCell;
use std::rc::Rc;

use wsp_core::TransportError;

use crate::limits::{Account, Charge};

/// 64 bytes, the lowest first, as `words` carries them.
pub type Words = [u64; 8];

/// What a send sends: the parts in one piece, which is what streams of WASI take.
#[derive(Debug)]
pub struct Payload {
    pub(crate) count: usize,
    pub(crate) bytes: Bytes,
}

/// Bytes of a send's own, or of an array that is sent.
#[derive(Debug)]
pub(crate) enum Bytes {
    Owned(Vec<u8>),
    /// The first so many of the words.
    Words(Vec<Words>, usize),
    Shared(Rc<Captured>),
}

impl Bytes {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Owned(bytes) => bytes,
            Bytes::Words(words, length) => {
                let bytes: &[u8] = bytemuck::cast_slice(words);
                bytes.get(..*length).unwrap_or(bytes)
            }
            Bytes::Shared(captured) => &captured.bytes,
        }
    }
}

impl Payload {
    /// The parts of a send. One alone is not copied.
    #[must_use]
    pub fn of_parts(mut parts: Vec<Vec<u8>>) -> Payload {
        let count = parts.len();
        let bytes = match (count, parts.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                parts.extend(last);
                parts.concat()
            }
        };
        Payload::of_joined(count, bytes)
    }

    /// So many parts that are joined already.
    #[must_use]
    pub fn of_joined(count: usize, bytes: Vec<u8>) -> Payload {
        Payload {
            count,
            bytes: Bytes::Owned(bytes),
        }
    }

    /// One part, the first `length` bytes of these words.
    ///
    /// # Errors
    ///
    /// `invalid-argument` if they are fewer.
    pub fn of_words(words: Vec<Words>, length: u32) -> Result<Payload, TransportError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if size_of_val(words.as_slice()) < length {
            return Err(TransportError::InvalidArgument);
        }
        Ok(Payload {
            count: 1,
            bytes: Bytes::Words(words, length),
        })
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// What it takes of the limit while its send is pending; an array was charged already.
    pub(crate) fn charge(&self, account: &Rc<Account>) -> Result<Charge, TransportError> {
        account.bytes(match &self.bytes {
            Bytes::Owned(bytes) => bytes.len(),
            Bytes::Words(words, _) => size_of_val(words.as_slice()),
            Bytes::Shared(_) => 0,
        })
    }

    /// What every send asks of its payload.
    pub(crate) fn check(&self) -> Result<(), TransportError> {
        let too_long = u32::try_from(self.as_slice().len()).is_err();
        if self.count == 0 || too_long {
            return Err(TransportError::InvalidArgument);
        }
        Ok(())
    }
}

/// A captured WSABUF array.
#[derive(Debug)]
pub struct Array {
    count: usize,
    total: u64,
    /// None if it exceeded a limit.
    captured: Option<Rc<Captured>>,
}

#[derive(Debug)]
pub(crate) struct Captured {
    bytes: Vec<u8>,
    _charge: Charge,
}

impl Array {
    pub(crate) fn new(account: &Rc<Account>, parts: Vec<Vec<u8>>) -> Array {
        let count = parts.len();
        let total: usize = parts.iter().map(Vec::len).sum();
        let charge = if count > account.limits.parts {
            Err(TransportError::OutOfBuffers)
        } else {
            account.bytes(total)
        };
        let captured = charge.ok().map(|charge| {
            Rc::new(Captured {
                bytes: parts.concat(),
                _charge: charge,
            })
        });
        Array {
            count,
            total: total as u64,
            captured,
        }
    }

    /// The number of its parts, empty ones included.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.count).unwrap_or(u32::MAX)
    }

    /// The sum of the lengths of its parts, in bytes.
    #[must_use]
    pub fn total_length(&self) -> u64 {
        self.total
    }

    /// What a send of it sends.
    pub(crate) fn payload(&self) -> Result<Payload, TransportError> {
        let captured = self.captured.as_ref().ok_or(TransportError::OutOfBuffers)?;
        Ok(Payload {
            count: self.count,
            bytes: Bytes::Shared(Rc::clone(captured)),
        })
    }
}

/// Room for a receive. Clones are the same room.
#[derive(Clone, Debug)]
pub struct Room(Rc<Inside>);

#[derive(Debug)]
struct Inside {
    capacity: usize,
    /// None if it exceeded the limit.
    charge: Option<Charge>,
    content: RefCell<Content>,
}

#[derive(Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    busy: bool,
}

impl Room {
    pub(crate) fn new(account: &Rc<Account>, capacity: u32) -> Room {
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        Room(Rc::new(Inside {
            capacity,
            charge: account.bytes(capacity).ok(),
            content: RefCell::default(),
        }))
    }

    /// Up to `length` of the bytes that the last receive delivered, from `offset` on; none
    /// while a receive is pending.
    #[must_use]
    pub fn read(&self, offset: u32, length: u32) -> Vec<u8> {
        self.read_with(offset, length, <[u8]>::to_vec)
    }

    /// The same in words, of which the last are filled up with zeros, and how many bytes they
    /// are.
    #[must_use]
    pub fn read_words(&self, offset: u32, length: u32) -> (Vec<Words>, u32) {
        self.read_with(offset, length, |bytes| {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            (bytemuck::pod_collect_to_vec(bytes), length)
        })
    }

    fn read_with<R>(&self, offset: u32, length: u32, call: impl FnOnce(&[u8]) -> R) -> R {
        let content = self.0.content.borrow();
        if content.busy {
            return call(&[]);
        }
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let rest = content.bytes.get(from..).unwrap_or_default();
        call(rest.get(..length).unwrap_or(rest))
    }

    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// Whether a receive into it may begin.
    pub(crate) fn check(&self) -> Result<(), TransportError> {
        if self.0.charge.is_none() {
            return Err(TransportError::OutOfBuffers);
        }
        if self.0.content.borrow().busy {
            return Err(TransportError::InvalidArgument);
        }
        Ok(())
    }

    /// A receive into it is pending from now on.
    pub(crate) fn begin(&self) {
        *self.0.content.borrow_mut() = Content {
            bytes: Vec::new(),
            busy: true,
        };
    }

    /// A receive into it has ended with these bytes.
    pub(crate) fn end(&self, bytes: Vec<u8>) {
        *self.0.content.borrow_mut() = Content { bytes, busy: false };
    }
}
