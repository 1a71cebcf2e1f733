//! A send whose program does nothing but wait for it: the waiting call sends the rest,
//! from where the buffers lie.

use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use tokio::sync::oneshot;
use wsp_guard::quota::Permit;
use wsp_guard::sync::lock;

use super::SendOptions;
use super::backoff::Backoff;
use super::endpoint::Endpoint;
use super::lane::Ended;
use super::payload::Payload;
use super::pending::{End, PendingSend, Remaining, Sends, Told};
use super::send::Unsent;
use super::sending::{CALLS_PER_TURN, Turn};
use super::slices::beyond;
use super::system_call::MAXIMUM_SLICES;
use super::trace::Kind;
use super::tracer::Traced;
use super::{Protocol, SendFlags, TransportError};

/// What became of the rest of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestOutcome {
    /// All of the send is sent: this many bytes.
    Done(u64),
    /// Nobody may wait for it now: this many bytes are sent.
    Blocked(u64),
    /// The time ran out.
    TimedOut,
    /// Why it failed.
    Failed(TransportError),
}

impl From<TransportError> for RestOutcome {
    fn from(error: TransportError) -> RestOutcome {
        RestOutcome::Failed(error)
    }
}

/// Who has the buffers of a blocking send, and lends them for each turn of it.
pub trait Lender {
    /// Why they cannot be lent.
    type Error;

    /// Calls `call` with the buffers, which are the same each time.
    ///
    /// # Errors
    ///
    /// If they cannot be lent.
    fn lend<R>(&mut self, call: impl FnOnce(&Payload<'_>) -> R) -> Result<R, Self::Error>;
}
/// A send that its caller waits for. Given up, it is cancelled.
struct Waiting {
    endpoint: Arc<Endpoint>,
    /// Its place among the sends.
    position: u64,
    /// Whether the caller sends it; if not, the driver does.
    is_lent: bool,
    ended: oneshot::Receiver<End>,
    /// Its number for the trace, until that was told of its end.
    traced: Traced,
    _permit: Permit,
}

impl Waiting {
    /// Tells the trace of the end, once.
    fn trace_ended(&mut self, bytes: u64, error: Option<TransportError>) {
        let traced = std::mem::take(&mut self.traced);
        self.endpoint.trace_ended(traced, bytes, error);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.endpoint.cancel_send(self.position);
        self.trace_ended(0, Some(TransportError::Cancelled));
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
    ) -> Result<Waiting, RestOutcome> {
        let _in_force = self.check_send(payload, options)?;
        let total = payload.total_length();
        if sent > total || (self.protocol == Protocol::Udp && sent > 0) {
            return Err(TransportError::InvalidArgument.into());
        }
        if sent == total && total > 0 {
            return Err(RestOutcome::Done(total));
        }
        let mut sends = lock(&self.sends);
        // An urgent byte goes by itself, and a rate is the driver's affair.
        let is_lent = sends.lane.is_empty()
            && !options.flags.contains(SendFlags::URGENT)
            && !self.shared.guard.account().is_paced();
        let held = if is_lent { 0 } else { total - sent };
        let Ok(taken) = self.admit_send(held) else {
            return Err(RestOutcome::Blocked(sent));
        };
        let permit = taken.keep();
        let begun = self.trace_begin(Kind::SendRest, total - sent, options.to);
        let begun = begun.as_ref();
        let traced = self.trace_pending(begun, 0);
        let (told, ended) = oneshot::channel();
        let position = sends.lane.next_position();
        let rest = if is_lent {
            Remaining::Lent(total - sent)
        } else {
            Remaining::Captured(payload.capture(sent))
        };
        self.keep_rest(
            &mut sends,
            PendingSend {
                told: Told::Caller(told),
                rest,
                options,
                sent,
                traced,
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
            traced,
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
            let Some((rest, sent, options)) = sends.lane.lent(position) else {
                return Turn::Empty;
            };
            // A program with several threads may have changed the list meanwhile.
            if sent.saturating_add(rest) != payload.total_length() {
                let error = Some(TransportError::InvalidArgument);
                let ended = sends.lane.end(position, error);
                self.lent_ended(&mut sends, ended);
                return Turn::Empty;
            }
            let slices = beyond(slices, sent);
            match self.send_now(&slices, rest, options) {
                Ok(bytes) => {
                    self.sent(&mut sends, 1, bytes);
                    self.lent_ended(&mut sends, Ended::default());
                }
                // Paced sends are never lent.
                Err(Unsent::System(Errno::AGAIN) | Unsent::Paced(_)) => {
                    return Turn::Blocked { sent: call > 0 };
                }
                Err(Unsent::Revoked(error)) => {
                    let ended = sends.lane.end(position, Some(error));
                    self.lent_ended(&mut sends, ended);
                }
                Err(Unsent::System(errno)) => {
                    let error = self.transfer_error(errno);
                    let ended = sends.lane.end(position, Some(error));
                    self.lent_ended(&mut sends, ended);
                }
            }
        }
        Turn::Yield
    }

    /// After a turn of the send that is lent, which may have ended it.
    fn lent_ended(&self, sends: &mut Sends, ended: Ended) {
        self.finish(ended);
        if sends.lane.is_empty() {
            self.sends_ended(sends);
        }
    }
}

/// Goes on with a send after its first `sent` bytes, as long as `timeout` allows. Dropping
/// the future cancels it.
///
/// # Errors
///
/// Those of the lender.
pub async fn send_rest<L: Lender>(
    endpoint: Arc<Endpoint>,
    buffers: &mut L,
    options: SendOptions,
    sent: u64,
    timeout: Option<Duration>,
) -> Result<RestOutcome, L::Error> {
    let begun = buffers.lend(|payload| endpoint.await_rest(payload, options, sent))?;
    let mut waiting = match begun {
        Ok(waiting) => waiting,
        Err(answer) => return Ok(answer),
    };
    let ended = push_until_ended(buffers, &mut waiting);
    let ended = match timeout {
        None => ended.await?,
        Some(timeout) => match tokio::time::timeout(timeout, ended).await {
            Ok(ended) => ended?,
            Err(_) => return Ok(RestOutcome::TimedOut),
        },
    };
    waiting.trace_ended(ended.bytes.saturating_sub(sent), ended.error);
    Ok(match ended {
        End { bytes, error: None } => RestOutcome::Done(bytes),
        End {
            error: Some(error), ..
        } => error.into(),
    })
}

async fn push_until_ended<L: Lender>(
    buffers: &mut L,
    waiting: &mut Waiting,
) -> Result<End, L::Error> {
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
            // What was told counts before what could be done, and one run is as the other.
            biased;
            ended = &mut waiting.ended => return Ok(End::of(ended)),
            room = readiness.writable() => room,
        };
        let Ok(mut ready) = room else {
            endpoint.fail_sends(TransportError::Other);
            break;
        };
        let turn = buffers.lend(|payload| endpoint.push_lent(waiting.position, payload))?;
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
    Ok(End::of((&mut waiting.ended).await))
}
