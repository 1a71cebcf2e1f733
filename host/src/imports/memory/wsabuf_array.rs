//! A WSABUF array: the host's own copy of what a send sends.

use bytes::Bytes;
use wasmtime::component::WasmList;
use wasmtime::{StoreContext, StoreContextMut};

use crate::quota::Permit;

/// A WSABUF array, as a program or embedder holds it.
#[derive(Debug)]
pub struct WsabufArray {
    parts: Parts,
    /// What it takes of the payload quota; an embedder's own bytes take nothing.
    _permit: Option<Permit>,
}

#[derive(Debug)]
enum Parts {
    Captured(Vec<Bytes>),
    /// It exceeded a limit: any send of it fails.
    Refused {
        count: usize,
        total_length: u64,
    },
}

impl WsabufArray {
    /// An embedder's own buffers, which are shared.
    pub(crate) fn shared(parts: impl IntoIterator<Item = Bytes>) -> WsabufArray {
        WsabufArray {
            parts: Parts::Captured(parts.into_iter().collect()),
            _permit: None,
        }
    }

    /// An array that exceeds a limit.
    pub(super) fn refused(count: usize, total_length: u64) -> WsabufArray {
        WsabufArray {
            parts: Parts::Refused {
                count,
                total_length,
            },
            _permit: None,
        }
    }

    /// What an array of so many parts with so many bytes takes of the payload quota.
    pub(super) fn cost(count: usize, total_length: u64) -> usize {
        let bytes = usize::try_from(total_length).unwrap_or(usize::MAX);
        size_of::<WsabufArray>()
            .saturating_add(count.saturating_mul(size_of::<Bytes>()))
            .saturating_add(bytes)
    }

    /// Copies a program's buffers, which `permit` admits.
    pub(super) fn captured<T: 'static>(
        store: &StoreContextMut<'_, T>,
        buffers: &[WasmList<u8>],
        permit: Permit,
    ) -> WsabufArray {
        let copy = |part: &WasmList<u8>| {
            Bytes::copy_from_slice(part.as_le_slice(StoreContext::from(store)))
        };
        WsabufArray {
            parts: Parts::Captured(buffers.iter().map(copy).collect()),
            _permit: Some(permit),
        }
    }

    /// `dwBufferCount`.
    pub(crate) fn count(&self) -> u32 {
        let count = match &self.parts {
            Parts::Captured(parts) => parts.len(),
            Parts::Refused { count, .. } => *count,
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The sum of the lengths of all parts, in bytes.
    pub(crate) fn total_length(&self) -> u64 {
        match &self.parts {
            Parts::Captured(parts) => parts.iter().map(|part| part.len() as u64).sum(),
            Parts::Refused { total_length, .. } => *total_length,
        }
    }

    /// The parts; none if it exceeded a limit.
    pub(crate) fn parts(&self) -> Option<&[Bytes]> {
        match &self.parts {
            Parts::Captured(parts) => Some(parts),
            Parts::Refused { .. } => None,
        }
    }
}
