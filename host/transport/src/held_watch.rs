//! A watch for room whose caller drives the endpoint itself, which takes no task.

use std::future::poll_fn;
use std::sync::Arc;

use super::driver::Driver;
use super::endpoint::Endpoint;
use super::watches::Wanted;
use super::{Started, TransportError};

/// Who watches for room after a send that found none.
#[derive(Debug, Default)]
pub enum RoomWatch {
    /// A task of the runtime.
    #[default]
    Task,
    /// The caller of the provider: it gets the watch that the provider starts.
    Caller(Option<HeldWatch>),
}

impl RoomWatch {
    /// Starts the watch.
    pub fn start(
        &mut self,
        endpoint: &Arc<Endpoint>,
        operation: u64,
    ) -> Result<Started, TransportError> {
        endpoint.begin_watch(Wanted::Writable, operation)?;
        match self {
            // An endpoint has one driver, and wakes one.
            RoomWatch::Caller(held @ None) if !endpoint.driver.is_running() => {
                *held = Some(HeldWatch {
                    driver: Arc::clone(&endpoint.driver),
                    operation,
                });
            }
            RoomWatch::Task | RoomWatch::Caller(_) => endpoint.driver.kick(),
        }
        Ok(Started::Pending)
    }

    /// The watch that was started, if one was.
    pub fn take(&mut self) -> Option<HeldWatch> {
        match std::mem::take(self) {
            RoomWatch::Task => None,
            RoomWatch::Caller(held) => held,
        }
    }
}

/// A watch for room in the caller's hands. Given up, it goes on in a task.
#[derive(Debug)]
pub struct HeldWatch {
    driver: Arc<Driver<Endpoint>>,
    operation: u64,
}

impl HeldWatch {
    /// Waits until there is room, and reports it as any watch does. A socket that
    /// is closed meanwhile ends the watch with the others of its endpoint. If a task
    /// drives, the caller has to wait for finished operations too, as who has no held
    /// watch does.
    pub async fn watch(&self) {
        poll_fn(|cx| self.driver.poll_until_ended(self.operation, cx)).await;
    }
}

impl Drop for HeldWatch {
    fn drop(&mut self) {
        self.driver.entrust();
    }
}
