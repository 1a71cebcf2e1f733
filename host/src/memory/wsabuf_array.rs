//! A WSABUF array: which buffers a send sends.

use std::io::IoSlice;

use bytes::Bytes;
use smallvec::SmallVec;
use wasmtime::component::WasmList;
use wasmtime::{AsContextMut, Result, StoreContext, StoreContextMut};

use super::{beyond, consume};

/// Parts that a system call gets without an allocation.
const INLINE_PARTS: usize = 16;

/// The longest vector that an array keeps when it describes other buffers, in parts.
const KEPT_PARTS: usize = 1024;

/// The parts of an array as the system call wants them.
pub(crate) type Slices<'a> = SmallVec<[IoSlice<'a>; INLINE_PARTS]>;

/// A WSABUF array, as a program or embedder holds it. It is used again and again,
/// so that a send allocates nothing.
#[derive(Debug, Default)]
pub struct WsabufArray {
    parts: Parts,
    total_length: u64,
    /// Bytes that the array itself takes of the payload quota.
    charge: usize,
}

enum Parts {
    /// Views into the program's memory, which stays as it is until the send returns.
    Views(Vec<WasmList<u8>>),
    /// An embedder's own buffers.
    Owned(Vec<Bytes>),
    /// It exceeded a limit: any send of it fails.
    Refused { count: usize },
}

impl Default for Parts {
    fn default() -> Parts {
        Parts::Owned(Vec::new())
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, count) = match self {
            Parts::Views(parts) => ("Views", parts.len()),
            Parts::Owned(parts) => ("Owned", parts.len()),
            Parts::Refused { count } => ("Refused", *count),
        };
        f.debug_tuple(kind).field(&count).finish()
    }
}

impl WsabufArray {
    /// What an array of `count` views takes of the payload quota, in bytes.
    pub(super) fn cost(count: usize) -> usize {
        size_of::<WsabufArray>().saturating_add(count.saturating_mul(size_of::<WasmList<u8>>()))
    }

    pub(super) fn charge(&self) -> usize {
        self.charge
    }

    pub(super) fn set_charge(&mut self, charge: usize) {
        self.charge = charge;
    }

    /// Describes a program's buffers; what was not admitted is refused when it is sent.
    pub(super) fn describe<T: 'static>(
        &mut self,
        store: &mut StoreContextMut<'_, T>,
        buffers: &WasmList<WasmList<u8>>,
        admitted: bool,
    ) -> Result<()> {
        self.total_length = 0;
        if !admitted {
            let count = buffers.len();
            self.parts = Parts::Refused { count };
            return Ok(());
        }
        let mut views = match std::mem::take(&mut self.parts) {
            Parts::Views(views) if views.capacity() <= KEPT_PARTS => views,
            _ => Vec::new(),
        };
        views.clear();
        views.reserve(buffers.len());
        // A view copies nothing, whatever its length, and their number was admitted.
        let call_bytes = store.hostcall_fuel();
        store.set_hostcall_fuel(usize::MAX);
        let viewed = self.view(store, buffers, &mut views);
        store.set_hostcall_fuel(call_bytes);
        viewed?;
        self.parts = Parts::Views(views);
        Ok(())
    }

    fn view<T: 'static>(
        &mut self,
        store: &mut StoreContextMut<'_, T>,
        buffers: &WasmList<WasmList<u8>>,
        views: &mut Vec<WasmList<u8>>,
    ) -> Result<()> {
        for part in buffers.iter(store.as_context_mut())? {
            let part = part?;
            self.total_length += part.len() as u64;
            views.push(part);
        }
        Ok(())
    }

    /// Describes an embedder's buffers, which it shares, and counts them.
    pub(crate) fn fill(&mut self, buffers: impl IntoIterator<Item = Bytes>) -> usize {
        let mut owned = match std::mem::take(&mut self.parts) {
            Parts::Owned(owned) if owned.capacity() <= KEPT_PARTS => owned,
            _ => Vec::new(),
        };
        owned.clear();
        owned.extend(buffers);
        self.total_length = owned.iter().map(|part| part.len() as u64).sum();
        let count = owned.len();
        self.parts = Parts::Owned(owned);
        count
    }

    /// Takes an embedder's buffers out.
    pub(super) fn take_owned(&mut self) -> Vec<Bytes> {
        self.total_length = 0;
        match std::mem::take(&mut self.parts) {
            Parts::Owned(owned) => owned,
            Parts::Views(_) | Parts::Refused { .. } => Vec::new(),
        }
    }

    pub(crate) fn count(&self) -> u32 {
        let count = match &self.parts {
            Parts::Views(parts) => parts.len(),
            Parts::Owned(parts) => parts.len(),
            Parts::Refused { count } => *count,
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    pub(crate) fn total_length(&self) -> u64 {
        self.total_length
    }

    pub(crate) fn refused(&self) -> bool {
        matches!(self.parts, Parts::Refused { .. })
    }

    /// Puts the parts that are not empty into `slices`, in order.
    pub(crate) fn slices<'a, T: 'static>(
        &'a self,
        store: &'a StoreContextMut<'_, T>,
        slices: &mut Slices<'a>,
    ) {
        let not_empty = |part: &&[u8]| !part.is_empty();
        match &self.parts {
            Parts::Views(parts) => {
                slices.reserve(parts.len());
                let parts = parts.iter();
                let parts = parts.map(|part| part.as_le_slice(StoreContext::from(store)));
                slices.extend(parts.filter(not_empty).map(IoSlice::new));
            }
            Parts::Owned(parts) => {
                slices.reserve(parts.len());
                let parts = parts.iter().map(|part| &**part);
                slices.extend(parts.filter(not_empty).map(IoSlice::new));
            }
            Parts::Refused { .. } => {}
        }
    }

    /// What remains after the first `skip` bytes, captured: an embedder's
    /// buffers are shared, a program's memory is copied once.
    pub(crate) fn capture(&self, skip: u64, slices: &Slices<'_>) -> Vec<Bytes> {
        match &self.parts {
            Parts::Owned(parts) => {
                let not_empty = parts.iter().filter(|part| !part.is_empty());
                let mut rest: Vec<Bytes> = not_empty.cloned().collect();
                let gone = consume(&mut rest, skip);
                rest.drain(..gone);
                rest
            }
            Parts::Views(_) | Parts::Refused { .. } => {
                let rest = beyond(slices, skip);
                let mut whole = Vec::with_capacity(rest.iter().map(|part| part.len()).sum());
                for part in &rest {
                    whole.extend_from_slice(part);
                }
                vec![Bytes::from(whole)]
            }
        }
    }
}
