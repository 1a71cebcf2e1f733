//! The WSABUF arrays that a store holds, and what they take of its quota.

use std::sync::Arc;

use bytes::Bytes;
use wasmtime::Result;
use wsp_guard::Guard;

use super::WsabufArray;
use crate::ctx::unknown;
use crate::keyed::Keyed;
use crate::quota::Part;

/// The WSABUF arrays of one store.
#[derive(Debug)]
pub(crate) struct Arrays {
    slots: Keyed<WsabufArray>,
    guard: Arc<Guard>,
    /// Bytes of the payload quota that the arrays take, all together.
    charged: usize,
}

impl Arrays {
    pub(crate) fn new(guard: Arc<Guard>) -> Arrays {
        Arrays {
            slots: Keyed::default(),
            guard,
            charged: 0,
        }
    }

    /// The number of the new array's handle.
    pub(crate) fn insert(&mut self, array: WsabufArray) -> usize {
        self.slots.insert(array)
    }

    /// The key of the array with that number.
    pub(crate) fn key(&self, number: u32) -> Result<u64> {
        self.slots.key(number).ok_or_else(no_array)
    }

    pub(crate) fn get(&self, key: u64) -> Result<&WsabufArray> {
        self.slots.with_key(key).ok_or_else(no_array)
    }

    /// Takes an array for the time of a call, because the views in it need the
    /// whole store; [`Arrays::put_back`] ends it.
    pub(crate) fn lend(&mut self, key: u64) -> Result<WsabufArray> {
        let array = self.slots.with_key_mut(key).ok_or_else(no_array)?;
        Ok(std::mem::take(array))
    }

    pub(crate) fn put_back(&mut self, key: u64, lent: WsabufArray) {
        // Nothing drops an array while it is lent.
        if let Some(array) = self.slots.with_key_mut(key) {
            *array = lent;
        }
    }

    /// Makes an embedder's array describe other buffers, and counts them.
    pub(crate) fn fill(&mut self, key: u64, buffers: impl IntoIterator<Item = Bytes>) -> usize {
        let array = self.slots.with_key_mut(key);
        array.map_or(0, |array| array.fill(buffers))
    }

    /// The bytes of an embedder's buffers, all together.
    pub(crate) fn total_length(&self, key: u64) -> u64 {
        let array = self.slots.with_key(key);
        array.map_or(0, WsabufArray::total_length)
    }

    /// Takes an embedder's buffers out of its array.
    pub(crate) fn take(&mut self, key: u64) -> Vec<Bytes> {
        let array = self.slots.with_key_mut(key);
        array.map(WsabufArray::take_owned).unwrap_or_default()
    }

    /// Ends an array, of which the handle is gone.
    pub(crate) fn remove(&mut self, number: u32) -> Result<()> {
        let array = self.slots.remove(number).ok_or_else(no_array)?;
        self.charged -= array.charge();
        self.guard.release(Part::Payload(array.charge()));
        Ok(())
    }

    /// Takes of the quota what an array of `count` views needs, in place of what
    /// it had. False refuses it.
    pub(super) fn admit(&mut self, array: &mut WsabufArray, count: usize) -> bool {
        let had = array.charge();
        let needs = WsabufArray::cost(count);
        if self.guard.admit_parts(count).is_err() {
            return false;
        }
        if needs > had {
            let more = Part::Payload(needs - had);
            if self.guard.charge(more).is_err() {
                return false;
            }
        } else {
            self.guard.release(Part::Payload(had - needs));
        }
        self.charged = self.charged + needs - had;
        array.set_charge(needs);
        true
    }
}

impl Drop for Arrays {
    fn drop(&mut self) {
        self.guard.release(Part::Payload(self.charged));
    }
}

fn no_array() -> wasmtime::Error {
    unknown("WSABUF array")
}
