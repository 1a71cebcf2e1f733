//! A send whose program does nothing but wait for it: the waiting call sends the rest,
//! from where the buffers lie.

use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use tokio::sync::oneshot;
use wasmtime::component::WasmList;
use wasmtime::{Result, StoreContextMut};

use super::backoff::Backoff;
use super::endpoint::Endpoint;
use super::gather::{MAXIMUM_SLICES, SendOptions};
use super::payload::Payload;
use super::pending::{End, PendingSend, Rest, SendSide, Told};
use super::pump::{CALLS_PER_TURN, Turn};
use super::send::Unsent;
use super::skip::beyond;
use super::{Protocol, SendFlags, TransportError};
use crate::gather::SendOutcome;
use crate::memory;
use crate::quota::Permit;
use crate::sync::lock;

/// A send that its caller waits for. Given up, it is cancelled.
struct Waiting {
    endpoint: Arc<Endpoint>,
    /// Its place among the sends.
    position: u64,
    /// Whether the caller sends it; if not, the driver does.
    is_lent: bool,
    ended: oneshot::Receiver<End>,
    _permit: Permit,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.endpoint.cancel_send(self.position);
    }
}

impl Endpoint {
    /// Begins to wait for what remains of a send after its first `sent` bytes. The error is
    /// the answer if there is nothing to wait for.
    fn await_rest(
        self: &Arc<Endpoint>,
        payload: &Payload<'_>,
        options: SendOptions,
        sent: u64,
    ) -> Result<Waiting, SendOutcome> {
        self.check_send(payload, options)?;
        let total = payload.total_length();
        if sent > total || (self.protocol == Protocol::Udp && sent > 0) {
            return Err(TransportError::InvalidArgument.into());
        }
        if sent == total && total > 0 {
            return Err(SendOutcome::Done(total));
        }
        let mut sends = lock(&self.sends);
        // An urgent byte goes by itself, and a rate is the driver's affair.
        let is_lent = sends.is_empty()
            && !options.flags.contains(SendFlags::URGENT)
            && !self.shared.guard.account().is_paced();
        let held = if is_lent { 0 } else { total - sent };
        let Ok(taken) = self.admit_send(held) else {
            return Err(SendOutcome::Blocked(sent));
        };
        let permit = taken.keep();
        let (told, ended) = oneshot::channel();
        let position = sends.next();
        let rest = if is_lent {
            Rest::Lent(total - sent)
        } else {
            Rest::Captured(payload.capture(sent).into())
        };
        self.keep_rest(
            &mut sends,
            PendingSend {
                told: Told::Caller(told),
                rest,
                options,
                sent,
            },
        );
        drop(sends);
        if !is_lent {
            self.driver.kick();
        }
        Ok(Waiting {
            endpoint: Arc::clone(self),
            position,
            is_lent,
            ended,
            _permit: permit,
        })
    }

    /// One turn of the send that is lent, of which `payload` is all; `Empty` once it has ended.
    fn push_lent(&self, position: u64, payload: &Payload<'_>) -> Turn {
        let slices = payload.slices();
        // Each call walks the parts.
        let calls = CALLS_PER_TURN / (1 + slices.len() / MAXIMUM_SLICES);
        let mut sends = lock(&self.sends);
        for call in 0..calls.max(1) {
            let Some((rest, sent, options)) = sends.lent(position) else {
                return Turn::Empty;
            };
            // A program with several threads may have changed the list meanwhile.
            if sent.saturating_add(rest) != payload.total_length() {
                let ended = sends.remove(position);
                self.end_lent(&mut sends, ended, Some(TransportError::InvalidArgument));
                return Turn::Empty;
            }
            let slices = beyond(slices, sent);
            match self.send_now(&mut sends.total, &slices, rest, options) {
                Ok(bytes) => {
                    let ended = sends.take_sent(1, bytes).pop();
                    self.end_lent(&mut sends, ended, None);
                }
                // Paced sends are never lent.
                Err(Unsent::System(Errno::AGAIN) | Unsent::Paced(_)) => {
                    return Turn::Blocked { sent: call > 0 };
                }
                Err(Unsent::System(errno)) => {
                    let error = self.transfer_error(errno);
                    let ended = sends.remove(position);
                    self.end_lent(&mut sends, ended, Some(error));
                }
            }
        }
        Turn::Yield
    }

    /// Ends the send that is lent, if it has ended.
    fn end_lent(
        &self,
        sends: &mut SendSide,
        ended: Option<PendingSend>,
        error: Option<TransportError>,
    ) {
        let Some(ended) = ended else {
            return;
        };
        self.finish(ended.end(error));
        if sends.is_empty() {
            self.sends_ended(sends);
        }
    }
}

/// Goes on with a send after its first `sent` bytes, as long as `timeout` allows. Only the store's future waits: the thread goes on with other tasks.
pub(crate) async fn send_rest<T: Send + 'static>(
    mut store: StoreContextMut<'_, T>,
    endpoint: Arc<Endpoint>,
    buffers: &WasmList<WasmList<u8>>,
    options: SendOptions,
    sent: u64,
    timeout: Option<Duration>,
) -> Result<SendOutcome> {
    if let Err(refusal) = endpoint.admit_parts(buffers.len()) {
        return Ok(refusal.into());
    }
    let begun = memory::with_payload(&mut store, buffers, |payload| {
        endpoint.await_rest(payload, options, sent)
    })?;
    let mut waiting = match begun {
        Ok(waiting) => waiting,
        Err(answer) => return Ok(answer),
    };
    let ended = push_until_ended(store, buffers, &mut waiting);
    let ended = match timeout {
        None => ended.await,
        Some(timeout) => match tokio::time::timeout(timeout, ended).await {
            Ok(ended) => ended,
            Err(_) => return Ok(SendOutcome::TimedOut),
        },
    };
    Ok(match ended? {
        End { bytes, error: None } => SendOutcome::Done(bytes),
        End {
            error: Some(error), ..
        } => error.into(),
    })
}

async fn push_until_ended<T: Send + 'static>(
    mut store: StoreContextMut<'_, T>,
    buffers: &WasmList<WasmList<u8>>,
    waiting: &mut Waiting,
) -> Result<End> {
    let mut backoff = Backoff::default();
    while waiting.is_lent {
        let endpoint = &waiting.endpoint;
        let readiness = match endpoint.readiness() {
            Ok(readiness) => readiness,
            Err(error) => {
                endpoint.fail_sends(error);
                break;
            }
        };
        let room = tokio::select! {
            room = readiness.writable() => room,
            ended = &mut waiting.ended => return Ok(ended?),
        };
        let Ok(mut ready) = room else {
            endpoint.fail_sends(TransportError::Other);
            break;
        };
        let turn = memory::with_payload(&mut store, buffers, |payload| {
            endpoint.push_lent(waiting.position, payload)
        })?;
        match turn {
            Turn::Yield => {
                backoff.progressed();
                tokio::task::yield_now().await;
            }
            Turn::Blocked { sent } => {
                ready.clear_ready();
                backoff.blocked(sent).await;
            }
            // Paced sends are never lent.
            Turn::Empty | Turn::Paced { .. } => {
                endpoint.kick_after_send();
                break;
            }
        }
    }
    Ok((&mut waiting.ended).await?)
}
