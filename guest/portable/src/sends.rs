//! `winsock:spi/gather`.

use std::net::SocketAddr;

use wsp_over_wasi::{EndpointId, Payload, TicketedSend};

use crate::bindings::Component;
use crate::bindings::exports::winsock::spi::{gather as wit, types};
use crate::exports::with;

impl wit::Guest for Component {
    fn send(ticket: wit::Ticket, buffers: Vec<Vec<u8>>) -> wit::SendOutcome {
        send(ticket, None, Payload::of_parts(buffers))
    }

    fn send_one(ticket: wit::Ticket, buffer: Vec<u8>) -> wit::SendOutcome {
        send(ticket, None, Payload::of_joined(1, buffer))
    }

    fn send_to(
        ticket: wit::Ticket,
        buffers: Vec<Vec<u8>>,
        to: types::SocketAddress,
    ) -> wit::SendOutcome {
        send(ticket, Some(to.into()), Payload::of_parts(buffers))
    }

    fn send_rest(
        ticket: wit::Ticket,
        buffers: Vec<Vec<u8>>,
        to: Option<types::SocketAddress>,
        sent: u64,
        timeout_ms: Option<u32>,
    ) -> wit::SendOutcome {
        let send = ticketed(ticket, to.map(Into::into));
        let payload = Payload::of_parts(buffers);
        let timeout = timeout_ms.map(u64::from);
        with(|machine| machine.send_rest(send, &payload, sent, timeout)).into()
    }
}

pub(crate) fn send(
    ticket: wit::Ticket,
    to: Option<SocketAddr>,
    payload: Payload,
) -> wit::SendOutcome {
    let send = ticketed(ticket, to);
    with(|machine| machine.send(send, payload)).into()
}

fn ticketed(ticket: wit::Ticket, to: Option<SocketAddr>) -> TicketedSend {
    TicketedSend {
        endpoint: EndpointId::from_number(ticket.endpoint),
        operation: ticket.operation,
        flags: ticket.flags.into(),
        to: to.filter(|_| ticket.flags.contains(wit::TicketFlags::ADDRESSED)),
        rest: ticket.rest.into(),
    }
}
