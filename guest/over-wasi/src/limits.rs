//! What a program may hold at once.

use std::cell::Cell;
use std::rc::Rc;

use wsp_core::TransportError;

/// Bounds of what the machine holds for its program, so that the program fails with an error
/// rather than with a full memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Endpoints at once; beyond, `too-many-endpoints`.
    pub endpoints: usize,
    /// Operations pending at once; beyond, `too-many-operations`.
    pub operations: usize,
    /// Bytes of payload at once, in arrays, pending sends and receive buffers; beyond,
    /// `out-of-buffers`.
    pub bytes: usize,
    /// Parts of an array; beyond, `out-of-buffers`.
    pub parts: usize,
}

impl Default for Limits {
    /// What wsp's own host has by default.
    fn default() -> Limits {
        Limits {
            endpoints: 1024,
            operations: 131_072,
            bytes: 64 << 20,
            parts: 65_536,
        }
    }
}

/// What is held at the moment.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) limits: Limits,
    operations: Cell<usize>,
    bytes: Cell<usize>,
}

impl Account {
    pub(crate) fn new(limits: Limits) -> Rc<Account> {
        Rc::new(Account {
            limits,
            operations: Cell::new(0),
            bytes: Cell::new(0),
        })
    }

    /// One more pending operation.
    pub(crate) fn operation(self: &Rc<Account>) -> Result<Charge, TransportError> {
        let operations = self.operations.get() + 1;
        if operations > self.limits.operations {
            return Err(TransportError::TooManyOperations);
        }
        self.operations.set(operations);
        Ok(Charge {
            account: Rc::clone(self),
            operations: 1,
            bytes: 0,
        })
    }

    /// So many more bytes.
    pub(crate) fn bytes(self: &Rc<Account>, bytes: usize) -> Result<Charge, TransportError> {
        let held = self.bytes.get().checked_add(bytes);
        let held = held.filter(|held| *held <= self.limits.bytes);
        self.bytes.set(held.ok_or(TransportError::OutOfBuffers)?);
        Ok(Charge {
            account: Rc::clone(self),
            operations: 0,
            bytes,
        })
    }
}

/// Something that is held, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    account: Rc<Account>,
    operations: usize,
    bytes: usize,
}

impl Drop for Charge {
    fn drop(&mut self) {
        let Account {
            operations, bytes, ..
        } = &*self.account;
        operations.set(operations.get().saturating_sub(self.operations));
        bytes.set(bytes.get().saturating_sub(self.bytes));
    }
}
