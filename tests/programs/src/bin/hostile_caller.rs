//! Calls the provider as a program does, in the order of its script, and takes whatever it
//! answers.
//!
//! Arguments: SCRIPT, a list of commands separated by semicolons, each a name (see
//! `command` below) and a number; and TEXT, which the provider gets first.

#![no_main]

use std::{collections::BTreeMap, error::Error};

use bindings::winsock::spi::{
    extensions::{self, IpOption, PollEvents, PolledSocket},
    gather::{self, SendOutcome, TicketFlags},
    memory::{ReceiveBuffer, WsabufArray},
    provider::{self, Completion, CompletionRoutine, Event, Overlapped, Socket},
    tickets,
    types::{
        AddressFamily, GroupInterface, IpAddress, Ipv4SocketAddress, MessageFlags, ShutdownHow,
        SocketAddress, SocketFlags, SocketType,
    },
};
use wsp_sdk::println;

#[allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        features: ["tickets"],
        world: "spi-program",
        ownership: Borrowing { duplicate_if_necessary: false },
        generate_all,
    });
}

wsp_sdk::command!(main);

/// Things of a kind that there are at most.
const SLOTS: u64 = 3;

const ADDRESS: SocketAddress = SocketAddress::Inet(Ipv4SocketAddress {
    port: 9,
    address: (127, 0, 0, 1),
});

fn main() -> Result<(), Box<dyn Error>> {
    let script: String = wsp_sdk::argument(0, "SCRIPT")?;
    let text: String = wsp_sdk::argument(1, "TEXT")?;
    let mut things = Things {
        room: ReceiveBuffer::new(3000),
        sockets: BTreeMap::new(),
        events: BTreeMap::new(),
        overlapped: BTreeMap::new(),
        completions: Vec::new(),
    };
    taken(provider::wsp_string_to_address(AddressFamily::Inet, &text));
    let mut calls = 0;
    for command in script.split(';') {
        let mut words = command.split_whitespace();
        if let (Some(name), Some(number)) = (words.next(), words.next()) {
            let number = number.parse()?;
            things
                .command(name, number)
                .ok_or_else(|| format!("no such command: {command}"))?;
            calls += 1;
        }
    }
    println!("{calls} calls were answered");
    Ok(())
}

/// Whatever the answer is, the caller goes on.
fn taken<T>(_answer: T) {}

struct Things {
    sockets: BTreeMap<u64, Socket>,
    events: BTreeMap<u64, Event>,
    overlapped: BTreeMap<u64, Overlapped>,
    completions: Vec<Completion>,
    room: ReceiveBuffer,
}

impl Things {
    /// Makes one call; none for a name that is no command's.
    fn command(&mut self, name: &str, number: u64) -> Option<()> {
        let slot = number % SLOTS;
        let routine = number.is_multiple_of(2).then_some(CompletionRoutine {
            thread_id: 0,
            context: number,
        });
        match name {
            "startup" => taken(provider::wsp_startup(number as u16)),
            "cleanup" => taken(provider::wsp_cleanup()),
            "socket" => {
                let (family, flags) = (AddressFamily::Inet, SocketFlags::OVERLAPPED);
                let kind = match number % 2 {
                    0 => SocketType::Stream,
                    _ => SocketType::Dgram,
                };
                if let Ok(socket) = provider::wsp_socket(family, kind, flags) {
                    self.sockets.insert(slot, socket);
                }
            }
            "event" => taken(self.events.insert(slot, Event::new())),
            "overlapped" => {
                let overlapped = Overlapped::new(self.events.get(&slot));
                self.overlapped.insert(slot, overlapped);
            }
            "drop-socket" => taken(self.sockets.remove(&slot)),
            "drop-event" => taken(self.events.remove(&slot)),
            "drop-overlapped" => taken(self.overlapped.remove(&slot)),
            "drop-completions" => self.completions.clear(),
            "pump" => taken(provider::pump()),
            "completion" => self.completions.extend(provider::next_completion(0)),
            "read-completion" => {
                if let Some(completion) = self.completions.first() {
                    let _ = (completion.error(), completion.transferred());
                    let _ = (completion.message_flags(), completion.context());
                }
            }
            "set" => taken(self.events.get(&slot).map(Event::set)),
            "status" => {
                if let Some(overlapped) = self.overlapped.get(&slot) {
                    let _ = (overlapped.status(), overlapped.source());
                    let _ = overlapped.in_progress();
                }
            }
            "wait" => {
                let events: Vec<&Event> = self.events.values().collect();
                taken(provider::wait_for_events(&events, false, Some(0), Some(0)));
            }
            "sleep" => taken(provider::sleep_ex(Some(0), Some(0))),
            "wait-for-ended" => taken(extensions::wait_for_ended(number, Some(0), Some(0))),
            "select" => {
                let sockets: Vec<&Socket> = self.sockets.values().collect();
                taken(provider::wsp_select(&sockets, &sockets, &[], Some(0)));
            }
            "text" => taken(provider::wsp_address_to_string(ADDRESS)),
            "send-with-ticket" => self.send_with_ticket(slot, number, routine),
            _ => return self.with_socket(name, slot, routine),
        }
        Some(())
    }

    /// Sends as the library of a program does, with whatever ticket it is given.
    fn send_with_ticket(&self, slot: u64, number: u64, routine: Option<CompletionRoutine>) {
        let socket = self.sockets.get(&slot);
        let s = socket.map_or(number, tickets::socket_number);
        let overlapped = self.overlapped.get(&slot).map(tickets::overlapped_number);
        let parts = [b"a program's".as_slice(), b"bytes"];
        let flags = MessageFlags::empty();
        let Ok(ticket) = tickets::begin_send(s, 2, 16, flags, overlapped, routine) else {
            return;
        };
        let to = ticket
            .flags
            .contains(TicketFlags::ADDRESSED)
            .then_some(ADDRESS);
        let outcome = match to {
            Some(to) => gather::send_to(ticket, &parts, to),
            None => gather::send(ticket, &parts),
        };
        let outcome = match outcome {
            SendOutcome::Blocked(sent) => {
                let timeout = tickets::send_timeout(s);
                gather::send_rest(ticket, &parts, to, sent, timeout)
            }
            outcome => outcome,
        };
        taken(tickets::end_send(s, ticket.operation, outcome));
    }

    /// The calls about a socket.
    fn with_socket(
        &mut self,
        name: &str,
        slot: u64,
        routine: Option<CompletionRoutine>,
    ) -> Option<()> {
        let Some(socket) = self.sockets.get(&slot) else {
            return Some(());
        };
        let overlapped = self.overlapped.get(&slot);
        let flags = MessageFlags::empty();
        match name {
            "bind" => taken(provider::wsp_bind(socket, ADDRESS)),
            "connect" => taken(provider::wsp_connect(socket, ADDRESS)),
            "listen" => taken(provider::wsp_listen(socket, 1)),
            "accept-ex" => {
                let into = self.sockets.get(&((slot + 1) % SLOTS)).unwrap_or(socket);
                if let Some(overlapped) = overlapped {
                    let first_bytes = slot == 1;
                    taken(extensions::wsp_accept_ex(
                        socket,
                        into,
                        first_bytes,
                        overlapped,
                    ));
                }
            }
            "connect-ex" => {
                if let Some(overlapped) = overlapped {
                    let data = (slot == 1).then(|| WsabufArray::new(&[b"first", b"bytes"]));
                    taken(extensions::wsp_connect_ex(
                        socket, ADDRESS, data, overlapped,
                    ));
                }
            }
            "disconnect-ex" => {
                let reuse = slot == 1;
                taken(extensions::wsp_disconnect_ex(socket, reuse, overlapped));
            }
            "poll" => {
                let asked = [
                    PollEvents::READ | PollEvents::WRITE,
                    PollEvents::URGENT,
                    PollEvents::ERROR,
                ];
                let asked = asked
                    .get(slot as usize)
                    .copied()
                    .unwrap_or(PollEvents::empty());
                let sockets: Vec<PolledSocket<'_>> = self
                    .sockets
                    .values()
                    .map(|s| PolledSocket { s, asked })
                    .collect();
                taken(extensions::wsp_poll(&sockets, Some(0)));
            }
            "ip-option" => {
                let option = [IpOption::HopLimit, IpOption::V6Only, IpOption::AtMark];
                let option = option.get(slot as usize).copied();
                let option = option.unwrap_or(IpOption::MulticastLoop);
                taken(extensions::set_ip_option(socket, option, 1));
                taken(extensions::get_ip_option(socket, option));
            }
            "group" => {
                let group = IpAddress::Inet((239, 0, 0, slot as u8));
                let through = GroupInterface::Number(0);
                taken(extensions::join_group(socket, group, through));
                taken(extensions::set_group_interface(socket, through));
                taken(extensions::leave_group(socket, group, through));
            }
            "accept" => {
                if let Ok((accepted, _)) = provider::wsp_accept(socket) {
                    self.sockets.insert((slot + 1) % SLOTS, accepted);
                }
            }
            "send" => {
                let bytes = vec![b'p'; 2000];
                let array = WsabufArray::new(&[&bytes, b"rogram"]);
                taken(provider::wsp_send(
                    socket, array, flags, overlapped, routine,
                ));
            }
            "send-to" => {
                let array = WsabufArray::new(&[b"a datagram"]);
                let to = Some(ADDRESS);
                taken(provider::wsp_send_to(
                    socket, array, flags, to, overlapped, routine,
                ));
            }
            "receive" => {
                let room = &self.room;
                taken(provider::wsp_recv(socket, room, flags, overlapped, routine));
            }
            // The provider has lent a buffer that is gone afterwards.
            "receive-from" => {
                let room = ReceiveBuffer::new(70_000);
                taken(provider::wsp_recv_from(
                    socket, &room, flags, overlapped, routine,
                ));
            }
            "result" => {
                if let Some(overlapped) = overlapped {
                    taken(provider::wsp_get_overlapped_result(
                        socket, overlapped, false,
                    ));
                }
            }
            "cancel" => taken(provider::cancel_io_ex(socket, overlapped)),
            "shutdown" => taken(provider::wsp_shutdown(socket, ShutdownHow::Both)),
            "close" => taken(provider::wsp_close_socket(socket)),
            "names" => {
                taken(provider::wsp_get_sock_name(socket));
                taken(provider::wsp_get_peer_name(socket));
            }
            "events" => {
                let event = self.events.get(&slot);
                taken(provider::wsp_event_select(
                    socket,
                    event,
                    provider::NetworkEvents::all(),
                ));
                taken(provider::wsp_enum_network_events(socket, event));
            }
            "option" => {
                let name = provider::SocketOptionName::SoSndbuf;
                taken(provider::wsp_get_sock_opt(socket, name));
            }
            _ => return None,
        }
        Some(())
    }
}
