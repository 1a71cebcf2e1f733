//! `winsock:spi/tickets`: the calls before and after a send whose payload goes to the
//! host directly.

use wsp_core::{EventId, OverlappedId, SendFlags, SendRequest, SocketId, Ticket};

use crate::bindings::{
    Component,
    exports::winsock::spi::{provider as wit, tickets},
    winsock::spi::{gather, types},
};
use crate::component::{Event, overlapped, routine, socket, transfer, with, with_or_default};

impl tickets::Guest for Component {
    fn socket_number(s: wit::SocketBorrow<'_>) -> u64 {
        socket(&s).to_number()
    }

    fn overlapped_number(o: wit::OverlappedBorrow<'_>) -> u64 {
        overlapped(Some(o)).map_or(0, OverlappedId::to_number)
    }

    fn event_number(event: wit::EventBorrow<'_>) -> u64 {
        event.get::<Event>().0.to_number()
    }

    fn event_is_set(event: u64) -> bool {
        with_or_default(|provider| provider.event_is_set(EventId::from_number(event)))
    }

    fn overlapped_result(s: u64, o: u64) -> Result<wit::Transfer, types::WsaError> {
        let (s, o) = (SocketId::from_number(s), OverlappedId::from_number(o));
        with(|provider| provider.get_overlapped_result(s, o, false)).map(transfer)
    }

    fn begin_send(
        s: u64,
        parts: u32,
        total_length: u64,
        flags: types::MessageFlags,
        o: Option<u64>,
        r: Option<wit::CompletionRoutine>,
    ) -> Result<gather::Ticket, types::WsaError> {
        begin(
            s,
            SendRequest {
                parts,
                total_length,
                flags: flags.into(),
                to: None,
                overlapped: o.map(OverlappedId::from_number),
                routine: routine(r),
            },
        )
    }

    fn begin_send_to(
        s: u64,
        parts: u32,
        total_length: u64,
        flags: types::MessageFlags,
        to: types::SocketAddress,
        o: Option<u64>,
        r: Option<wit::CompletionRoutine>,
    ) -> Result<gather::Ticket, types::WsaError> {
        begin(
            s,
            SendRequest {
                parts,
                total_length,
                flags: flags.into(),
                to: Some(to.into()),
                overlapped: o.map(OverlappedId::from_number),
                routine: routine(r),
            },
        )
    }

    fn send_timeout(s: u64) -> Option<u32> {
        let timeout = with(|provider| Ok(provider.send_timeout(SocketId::from_number(s))));
        timeout.ok().flatten()
    }

    fn end_send(
        s: u64,
        operation: u64,
        outcome: gather::SendOutcome,
    ) -> Result<u32, types::WsaError> {
        with(|provider| provider.end_send(SocketId::from_number(s), operation, outcome.into()))
    }
}

fn begin(s: u64, request: SendRequest) -> Result<gather::Ticket, types::WsaError> {
    let s = SocketId::from_number(s);
    with(|provider| {
        let ticket = provider.begin_send(s, request)?;
        Ok(gather::Ticket {
            endpoint: provider.endpoint(s)?.number,
            operation: ticket.operation,
            flags: flags(&ticket),
            rest: ticket.rest.into(),
        })
    })
}

fn flags(ticket: &Ticket) -> gather::TicketFlags {
    use gather::TicketFlags as Wit;
    let mut flags = Wit::empty();
    flags.set(Wit::URGENT, ticket.flags.contains(SendFlags::URGENT));
    flags.set(
        Wit::DONT_ROUTE,
        ticket.flags.contains(SendFlags::DONT_ROUTE),
    );
    flags.set(Wit::MORE, ticket.flags.contains(SendFlags::MORE));
    flags.set(Wit::ADDRESSED, ticket.to.is_some());
    flags.set(Wit::SILENT, ticket.silent);
    flags.set(Wit::FOLLOWS, ticket.follows);
    flags.set(Wit::ACCEPTED, ticket.accepted);
    flags
}
