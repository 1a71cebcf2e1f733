//! The operations of a provider, and their order.

use alloc::vec::Vec;

use slotmap::SlotMap;

use crate::{
    SocketId,
    operation::{Operation, OperationId, Purpose, Work},
};

/// The operations that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    outstanding: SlotMap<OperationId, Operation>,
    /// The latest position.
    offered: u64,
}

impl Operations {
    pub(crate) fn add(&mut self, socket: SocketId, purpose: Purpose, work: Work) -> OperationId {
        let position = self.next_position();
        self.outstanding.insert(Operation {
            position,
            socket,
            purpose,
            work,
        })
    }

    /// The place of a call among all that the transport was offered.
    pub(crate) fn next_position(&mut self) -> u64 {
        self.offered = self.offered.wrapping_add(1);
        self.offered
    }

    pub(crate) fn get(&self, id: OperationId) -> Option<&Operation> {
        self.outstanding.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: OperationId) -> Option<&mut Operation> {
        self.outstanding.get_mut(id)
    }

    pub(crate) fn remove(&mut self, id: OperationId) -> Option<Operation> {
        self.outstanding.remove(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.outstanding.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.outstanding.is_empty()
    }

    /// Operations of a socket, the newest first: if they are cancelled in this order,
    /// no operation goes out because one before it was cancelled.
    pub(crate) fn newest_first(
        &self,
        s: SocketId,
        which: impl Fn(OperationId, &Purpose) -> bool,
    ) -> Vec<OperationId> {
        let mut operations: Vec<(u64, OperationId)> = self
            .outstanding
            .iter()
            .filter(|(id, operation)| operation.socket == s && which(*id, &operation.purpose))
            .map(|(id, operation)| (operation.position, id))
            .collect();
        operations.sort_unstable_by(|one, other| other.cmp(one));
        operations.into_iter().map(|(_, id)| id).collect()
    }
}
