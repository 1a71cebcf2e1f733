//! A watch for room that whoever waits for it does itself, which takes no task.

use std::sync::{Arc, Weak};

use super::endpoint::Endpoint;
use super::{Started, TransportError};

/// Who watches for room after a send that found none.
#[derive(Debug, Default)]
pub(crate) enum RoomWatch {
    /// A task of the runtime.
    #[default]
    Task,
    /// The caller of the provider: it gets the watch that the provider starts.
    Caller(Option<HeldWatch>),
}

impl RoomWatch {
    /// Starts the watch, for whoever it is that watches.
    pub(super) fn start(
        &mut self,
        endpoint: &Arc<Endpoint>,
        operation: u64,
    ) -> Result<Started, TransportError> {
        match self {
            RoomWatch::Caller(held @ None) => {
                let started = endpoint.hold_watch(operation)?;
                *held = Some(HeldWatch {
                    endpoint: Arc::downgrade(endpoint),
                    operation,
                });
                Ok(started)
            }
            RoomWatch::Task | RoomWatch::Caller(Some(_)) => {
                endpoint.start_watch(super::Interest::Writable, operation)
            }
        }
    }

    /// The watch that was started, if one was.
    pub(crate) fn take(&mut self) -> Option<HeldWatch> {
        match std::mem::take(self) {
            RoomWatch::Task => None,
            RoomWatch::Caller(held) => held,
        }
    }
}

/// A watch for room in the caller's hands. Given up, it goes on in a task.
#[derive(Debug)]
pub(crate) struct HeldWatch {
    /// Weak, so that nothing keeps a closed socket while nobody polls.
    endpoint: Weak<Endpoint>,
    operation: u64,
}

impl HeldWatch {
    /// Waits until there is room, and reports it as any watch does. A socket that
    /// is closed meanwhile ends the watch with the others of its endpoint.
    pub(crate) async fn watch(&self) {
        if let Some(endpoint) = self.endpoint.upgrade() {
            let outcome = endpoint.wait_writable().await;
            endpoint.end_watch(self.operation, outcome);
        }
    }
}

impl Drop for HeldWatch {
    fn drop(&mut self) {
        if let Some(endpoint) = self.endpoint.upgrade() {
            endpoint.entrust_watches();
        }
    }
}
