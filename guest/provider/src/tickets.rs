//! `winsock:spi/tickets`: the calls before and after a send whose payload goes to the
//! host directly.

use wsp_core::{OverlappedId, SendRequest, SocketId};

use crate::bindings::{
    Component,
    exports::winsock::spi::{provider as wit, tickets},
    winsock::spi::{gather, types},
};
use crate::component::{overlapped, routine, socket, with};

impl tickets::Guest for Component {
    fn socket_number(s: wit::SocketBorrow<'_>) -> u64 {
        socket(&s).to_number()
    }

    fn overlapped_number(o: wit::OverlappedBorrow<'_>) -> u64 {
        overlapped(Some(o)).map_or(0, OverlappedId::to_number)
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
            flags: ticket.flags.into(),
            rest: ticket.rest.into(),
            remarks: remarks(&ticket),
        })
    })
}

fn remarks(ticket: &wsp_core::Ticket) -> gather::TicketRemarks {
    let mut remarks = gather::TicketRemarks::empty();
    remarks.set(gather::TicketRemarks::ADDRESSED, ticket.to.is_some());
    remarks.set(gather::TicketRemarks::SILENT, ticket.silent);
    remarks
}
