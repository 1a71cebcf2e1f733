//! A blocking send that goes on from where its buffers lie: its program does
//! nothing but wait for it, so the wait itself sends the rest.

use std::sync::{Arc, Weak};
use std::time::Duration;

use rustix::io::Errno;
use wasmtime::component::Access;
use wasmtime::{AsContextMut, Result, StoreContextMut};

use super::backoff::Backoff;
use super::endpoint::Endpoint;
use super::gather::{How, MAXIMUM_SLICES};
use super::pending::{PendingSend, SendSide};
use super::pump::{CALLS_PER_TURN, Turn};
use super::send::Unsent;
use super::{TransportError, WaitOutcome};
use crate::ctx::{CtxView, Wsp};
use crate::memory::{Slices, WsabufArray, beyond};
use crate::sync::lock;

/// The send of a store that is in place. There is one at most, since its program waits.
#[derive(Debug)]
pub(crate) struct InPlace {
    /// Weak, so that a closed socket is gone at once, whatever became of the send.
    pub(super) endpoint: Weak<Endpoint>,
    /// The key of its WSABUF array.
    pub(super) buffers: u64,
    pub(super) operation: u64,
}

impl Endpoint {
    /// Whether that send is still in place.
    pub(super) fn is_in_place(&self, operation: u64) -> bool {
        let sends = lock(&self.sends);
        let front = sends.front();
        front.is_some_and(|send| send.is_in_place(operation))
    }

    /// One turn of a send in place, of which `slices` are all the parts; `Empty`
    /// when it has ended.
    pub(super) fn push_in_place(
        &self,
        operation: u64,
        array: &WsabufArray,
        slices: &Slices<'_>,
    ) -> Turn {
        // Each call walks the parts.
        let calls = CALLS_PER_TURN / (1 + slices.len() / MAXIMUM_SLICES);
        let mut sends = lock(&self.sends);
        for call in 0..calls.max(1) {
            let Some((total, sent, how)) = self.in_place(&mut sends, operation, array) else {
                return Turn::Empty;
            };
            let slices = beyond(slices, sent);
            let mut counted = sends.total;
            let sent = self.send_now(&mut counted, &slices, total, how);
            sends.total = counted;
            match sent {
                Ok(bytes) => {
                    let ended = sends.take_sent(1, bytes);
                    self.end_in_place(&mut sends, ended.first(), None);
                }
                // Paced sends are never in place.
                Err(Unsent::System(Errno::AGAIN) | Unsent::Paced(_)) => {
                    return Turn::Blocked { sent: call > 0 };
                }
                Err(Unsent::System(errno)) => {
                    let error = self.transfer_error(errno);
                    let ended = sends.pop_front();
                    self.end_in_place(&mut sends, ended.as_ref(), Some(error));
                }
            }
        }
        Turn::Yield
    }

    /// What the send in place has still to send, what it has sent, and how, unless it
    /// has ended. It ends if its array describes other buffers than when it began.
    fn in_place(
        &self,
        sends: &mut SendSide,
        operation: u64,
        array: &WsabufArray,
    ) -> Option<(u64, u64, How)> {
        let front = sends.front()?;
        if !front.is_in_place(operation) {
            return None;
        }
        let (rest, sent, how) = (front.remaining(), front.sent, front.how);
        if array.refused() || sent.saturating_add(rest) != array.total_length() {
            let ended = sends.pop_front();
            let error = TransportError::InvalidArgument;
            self.end_in_place(sends, ended.as_ref(), Some(error));
            return None;
        }
        Some((rest, sent, how))
    }

    /// Reports the send in place, if it has ended.
    fn end_in_place(
        &self,
        sends: &mut SendSide,
        ended: Option<&PendingSend>,
        error: Option<TransportError>,
    ) {
        let Some(ended) = ended else {
            return;
        };
        self.finish([ended.ended(error)]);
        if sends.is_empty() {
            self.sends_ended(sends);
        }
    }
}

/// Lends a WSABUF array to `call`, with its parts.
pub(super) fn with_parts<T: 'static, R>(
    host: &mut Access<'_, T, Wsp>,
    buffers: u64,
    call: impl FnOnce(&WsabufArray, &Slices<'_>) -> R,
) -> Result<R> {
    let array = host.get().ctx.arrays.lend(buffers)?;
    let result = {
        let store = host.as_context_mut();
        let mut slices = Slices::new();
        array.slices(&store, &mut slices);
        call(&array, &slices)
    };
    host.get().ctx.arrays.put_back(buffers, array);
    Ok(result)
}

/// Waits until something has finished, and goes on with the send in place meanwhile.
/// Only who owns the store waits: the thread goes on with other tasks.
pub(super) async fn wait_finished<T: Send + 'static>(
    mut store: StoreContextMut<'_, T>,
    get: fn(&mut T) -> CtxView<'_>,
    timeout: Option<Duration>,
) -> Result<WaitOutcome> {
    let shared = Arc::clone(&get(store.data_mut()).ctx.shared);
    let finished = async {
        push_until_ended(&mut store, get).await?;
        shared.completions.wait().await;
        Ok(WaitOutcome::Finished)
    };
    match timeout {
        None => finished.await,
        Some(timeout) => match tokio::time::timeout(timeout, finished).await {
            Ok(outcome) => outcome,
            Err(_) => Ok(WaitOutcome::TimedOut),
        },
    }
}

/// Goes on with the send in place until it, or another operation, has ended.
async fn push_until_ended<T: Send + 'static>(
    store: &mut StoreContextMut<'_, T>,
    get: fn(&mut T) -> CtxView<'_>,
) -> Result<()> {
    let mut backoff = Backoff::default();
    loop {
        let in_place = get(store.data_mut()).ctx.in_place.as_ref();
        let Some(endpoint) = in_place.and_then(|in_place| in_place.endpoint.upgrade()) else {
            return Ok(());
        };
        let readiness = match endpoint.readiness() {
            Ok(readiness) => readiness,
            Err(error) => {
                endpoint.fail_sends(error);
                return Ok(());
            }
        };
        let room = tokio::select! {
            room = readiness.writable() => room,
            () = endpoint.shared.completions.wait() => return Ok(()),
        };
        let Ok(mut ready) = room else {
            endpoint.fail_sends(TransportError::Other);
            return Ok(());
        };
        match push(store.as_context_mut(), get)? {
            Turn::Yield => {
                backoff.progressed();
                tokio::task::yield_now().await;
            }
            Turn::Blocked { sent } => {
                ready.clear_ready();
                backoff.blocked(sent).await;
            }
            // Paced sends are never in place.
            Turn::Empty | Turn::Paced { .. } => return Ok(()),
        }
    }
}

/// One turn of the send in place; `Empty` when it has ended, however that came.
fn push<T: 'static>(store: StoreContextMut<'_, T>, get: fn(&mut T) -> CtxView<'_>) -> Result<Turn> {
    let mut host = Access::<T, Wsp>::new(store, get);
    let Some(in_place) = host.get().ctx.in_place.take() else {
        return Ok(Turn::Empty);
    };
    let operation = in_place.operation;
    let Some(endpoint) = in_place.endpoint.upgrade() else {
        return Ok(Turn::Empty);
    };
    if !endpoint.is_in_place(operation) {
        return Ok(Turn::Empty);
    }
    let turn = with_parts(&mut host, in_place.buffers, |array, slices| {
        endpoint.push_in_place(operation, array, slices)
    })?;
    if matches!(turn, Turn::Empty) {
        endpoint.kick_after_send();
    } else {
        host.get().ctx.in_place = Some(in_place);
    }
    Ok(turn)
}
