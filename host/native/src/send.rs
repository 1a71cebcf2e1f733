//! A send: the provider allows it, the transport moves the bytes, and the provider says what
//! that means.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wsp_core::{
    CompletionRoutine, MessageFlags, OverlappedId, Rest, SendOutcome, SendRequest, SocketId,
    Ticket, WsaError,
};
use wsp_transport::{Endpoint, Lender, Payload, SendOptions, Sent, Slices, Started, send_rest};

use crate::Provider;
use crate::convert::Convert as _;

/// What a send is given besides its buffers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sending {
    /// `dwFlags`.
    pub flags: MessageFlags,
    /// `lpTo`; a stream ignores it.
    pub to: Option<SocketAddr>,
    /// `lpOverlapped`.
    pub overlapped: Option<OverlappedId>,
    /// `lpCompletionRoutine`.
    pub routine: Option<CompletionRoutine>,
}

/// WSPSend or WSPSendTo: sends `buffers`, in order, as one operation. What stays pending
/// shares them.
///
/// # Errors
///
/// As [`wsp_core::Provider::send_to`]; `WSAENOBUFS` for more buffers than the quota allows.
pub fn send(
    provider: &mut Provider,
    s: SocketId,
    buffers: &[Bytes],
    sending: Sending,
) -> Result<u32, WsaError> {
    let guard = provider.transport().shared().guard();
    if guard.admit_parts(buffers.len()).is_err() {
        return Err(WsaError::NoBufs);
    }
    let mut slices = Slices::new();
    let payload = Payload::shared(buffers, &mut slices);
    let request = SendRequest {
        // No more of them were admitted than this counts.
        parts: u32::try_from(payload.count()).unwrap_or(u32::MAX),
        total_length: payload.total_length(),
        flags: sending.flags,
        to: sending.to,
        overlapped: sending.overlapped,
        routine: sending.routine,
    };
    let ticket = provider.begin_send(s, request)?;
    let endpoint = provider.endpoint(s)?.endpoint();
    let outcome = match transfer(endpoint, &payload, &ticket) {
        SendOutcome::Blocked(sent) => {
            let (endpoint, timeout) = (Arc::clone(endpoint), provider.send_timeout(s));
            let timeout = timeout.map(|ms| Duration::from_millis(ms.into()));
            let options = options(&ticket);
            let mut lent = Lent(buffers);
            let rest = send_rest(endpoint, &mut lent, options, sent, timeout);
            match provider.transport().wait_for(rest) {
                Some(Ok(rest)) => rest.convert(),
                None => SendOutcome::Blocked(sent),
            }
        }
        outcome => outcome,
    };
    match outcome {
        SendOutcome::Done(bytes) if ticket.silent => Ok(u32::try_from(bytes).unwrap_or(u32::MAX)),
        SendOutcome::Pending if ticket.accepted => Err(WsaError::IoPending),
        outcome => provider.end_send(s, ticket.operation, outcome),
    }
}

fn options(ticket: &Ticket) -> SendOptions {
    SendOptions {
        flags: ticket.flags.convert(),
        to: ticket.to,
        follows: ticket.follows,
    }
}

/// Sends what the kernel takes at once, and treats the remainder as the ticket says.
fn transfer(endpoint: &Arc<Endpoint>, payload: &Payload<'_>, ticket: &Ticket) -> SendOutcome {
    let call = tracing::trace_span!(target: "wsp::transport", "send", ?ticket);
    let _call = call.entered();
    let options = options(ticket);
    let sent = match ticket.rest {
        Rest::Refused => endpoint.try_send(payload, options).map(SendOutcome::Done),
        Rest::Captured => {
            let started = endpoint.start_send(payload, options, ticket.operation);
            started.map(|started| match started {
                Started::Done(bytes) => SendOutcome::Done(bytes),
                Started::Pending => SendOutcome::Pending,
            })
        }
        Rest::Awaited => endpoint
            .send_awaited(payload, options)
            .map(|sent| match sent {
                Sent::All(bytes) => SendOutcome::Done(bytes),
                Sent::Part(bytes) => SendOutcome::Blocked(bytes),
            }),
    };
    sent.unwrap_or_else(|error| SendOutcome::Failed(error.convert()))
}

/// The caller's buffers, while it waits.
struct Lent<'a>(&'a [Bytes]);

impl Lender for Lent<'_> {
    type Error = Infallible;

    fn lend<R>(&mut self, call: impl FnOnce(&Payload<'_>) -> R) -> Result<R, Infallible> {
        let mut slices = Slices::new();
        Ok(call(&Payload::shared(self.0, &mut slices)))
    }
}
