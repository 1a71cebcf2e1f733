//! A captured WSABUF array.

use std::io::IoSlice;

use bytes::Bytes;
use smallvec::SmallVec;
use wasmtime::component::WasmList;
use wasmtime::{AsContextMut, Result, StoreContext, StoreContextMut};

use crate::quota::Permit;

/// Parts that fit without an allocation.
const INLINE_PARTS: usize = 16;

/// The parts of an array as the system call wants them.
pub(crate) type Slices<'a> = SmallVec<[IoSlice<'a>; INLINE_PARTS]>;

/// The WSABUF array of one send.
#[derive(Debug)]
pub struct WsabufArray {
    parts: Parts,
    total_length: u64,
    /// What the array itself takes of the payload quota.
    _permit: Option<Permit>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "the large variant is the one on the send path, which must not allocate"
)]
enum Parts {
    /// Views into the program's memory, which stays as it is until the send returns.
    Views(SmallVec<[WasmList<u8>; INLINE_PARTS]>),
    /// An embedder's own buffers.
    Owned(SmallVec<[Bytes; INLINE_PARTS]>),
    /// It exceeded a limit: any send of it fails.
    Refused { count: u32 },
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, count) = match self {
            Parts::Views(parts) => ("Views", parts.len()),
            Parts::Owned(parts) => ("Owned", parts.len()),
            Parts::Refused { count } => ("Refused", *count as usize),
        };
        f.debug_tuple(kind).field(&count).finish()
    }
}

impl WsabufArray {
    /// What an array of `count` views takes of the payload quota, in bytes.
    pub(crate) fn cost(count: usize) -> usize {
        size_of::<WsabufArray>().saturating_add(count.saturating_mul(size_of::<WasmList<u8>>()))
    }

    /// Captures views; without a permit the array is refused when it is sent.
    pub(crate) fn of_views<T: 'static>(
        store: &mut StoreContextMut<'_, T>,
        buffers: &WasmList<WasmList<u8>>,
        permit: Option<Permit>,
    ) -> Result<WsabufArray> {
        if permit.is_none() {
            return Ok(WsabufArray {
                parts: Parts::Refused {
                    count: u32::try_from(buffers.len()).unwrap_or(u32::MAX),
                },
                total_length: 0,
                _permit: None,
            });
        }
        let mut parts = SmallVec::with_capacity(buffers.len());
        let mut total_length = 0;
        for index in 0..buffers.len() {
            if let Some(part) = buffers.get(store.as_context_mut(), index) {
                let part = part?;
                total_length += part.len() as u64;
                parts.push(part);
            }
        }
        Ok(WsabufArray {
            parts: Parts::Views(parts),
            total_length,
            _permit: permit,
        })
    }

    /// Takes an embedder's buffers as they are.
    pub(crate) fn of_bytes(buffers: impl IntoIterator<Item = Bytes>) -> WsabufArray {
        let parts: SmallVec<[Bytes; INLINE_PARTS]> = buffers.into_iter().collect();
        WsabufArray {
            total_length: parts.iter().map(|part| part.len() as u64).sum(),
            parts: Parts::Owned(parts),
            _permit: None,
        }
    }

    pub(crate) fn count(&self) -> u32 {
        let count = match &self.parts {
            Parts::Views(parts) => parts.len(),
            Parts::Owned(parts) => parts.len(),
            Parts::Refused { count } => return *count,
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    pub(crate) fn total_length(&self) -> u64 {
        self.total_length
    }

    pub(crate) fn refused(&self) -> bool {
        matches!(self.parts, Parts::Refused { .. })
    }

    /// The parts that are not empty, in order.
    pub(crate) fn slices<'a, T: 'static>(
        &'a self,
        store: &'a StoreContextMut<'_, T>,
    ) -> Slices<'a> {
        let not_empty = |part: &&[u8]| !part.is_empty();
        match &self.parts {
            Parts::Views(parts) => parts
                .iter()
                .map(|part| part.as_le_slice(StoreContext::from(store)))
                .filter(not_empty)
                .map(IoSlice::new)
                .collect(),
            Parts::Owned(parts) => parts
                .iter()
                .map(|part| &**part)
                .filter(not_empty)
                .map(IoSlice::new)
                .collect(),
            Parts::Refused { .. } => Slices::new(),
        }
    }

    /// What remains after the first `skip` bytes, captured: an embedder's
    /// buffers are shared, a program's memory is copied once.
    pub(crate) fn capture(&self, skip: u64, slices: &Slices<'_>) -> Vec<Bytes> {
        let mut skip = usize::try_from(skip).unwrap_or(usize::MAX);
        match &self.parts {
            Parts::Owned(parts) => {
                let mut rest = Vec::with_capacity(parts.len());
                for part in parts {
                    let skipped = skip.min(part.len());
                    skip -= skipped;
                    if skipped < part.len() {
                        rest.push(part.slice(skipped..));
                    }
                }
                rest
            }
            Parts::Views(_) | Parts::Refused { .. } => {
                let total: usize = slices.iter().map(|slice| slice.len()).sum();
                let mut rest = Vec::with_capacity(total.saturating_sub(skip));
                for slice in slices {
                    let skipped = skip.min(slice.len());
                    skip -= skipped;
                    rest.extend_from_slice(slice.get(skipped..).unwrap_or_default());
                }
                vec![Bytes::from(rest)]
            }
        }
    }
}
