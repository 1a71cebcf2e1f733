//! A provider component that is none: whatever it is asked, it makes calls into the host's
//! `memory` and `transport`, as its script says, and answers nonsense.
//!
//! The first text that `wsp-string-to-address` is given is the script: turns, separated by
//! `|`, one for each call, from the first again after the last. A turn is a number, from
//! which the answer follows, and the commands that come first (see `calls.rs`; `trap` ends
//! the program), separated by semicolons.

#![no_main]

#[path = "../calls.rs"]
mod calls;

use std::{cell::RefCell, mem, process};

use bindings::{
    exports::winsock::spi::{extensions, provider as wit, threads, tickets},
    winsock::spi::{
        gather::{Rest, SendOutcome, Ticket, TicketFlags},
        memory::{ReceiveBuffer, WsabufArray},
        transport::ReceiveFlags,
        types::{self, SendFlags},
    },
};
use calls::{State, Words};
use wit::{EventBorrow, OverlappedBorrow, SocketBorrow};

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
        world: "spi-provider",
        ownership: Borrowing { duplicate_if_necessary: false },
        generate_all,
    });

    export!(Component);

    pub struct Component;
}

/// Calls of each turn that go on with what they were lent.
const SLOTS: u64 = 4;

#[derive(Default)]
struct Script {
    state: State,
    turns: Vec<String>,
    done: usize,
}

thread_local! {
    static SCRIPT: RefCell<Script> = RefCell::default();
}

/// The next turn.
fn turn() -> Nonsense {
    turn_with(|_, _| ())
}

/// The next turn, which goes on with `more`.
fn turn_with(more: impl FnOnce(&mut State, Nonsense)) -> Nonsense {
    SCRIPT.with(|script| {
        let Ok(mut script) = script.try_borrow_mut() else {
            return Nonsense(0);
        };
        let script = &mut *script;
        let turn = script.done.checked_rem(script.turns.len());
        let Some(turn) = turn.and_then(|turn| script.turns.get(turn)) else {
            return Nonsense(1);
        };
        let mut parts = turn.split(';');
        let number: u64 = parts
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or_default();
        for command in parts {
            let mut words = command.split_whitespace();
            match words.next() {
                Some("trap") => process::abort(),
                // A command of another program is none here.
                Some(name) => {
                    let _ = script.state.command(name, &mut Words(words));
                }
                None => {}
            }
        }
        let nonsense = Nonsense(number.wrapping_add(script.done as u64));
        script.done += 1;
        more(&mut script.state, nonsense);
        nonsense
    })
}

/// Sends an array that somebody gave.
fn send(array: &WsabufArray) -> Nonsense {
    turn_with(|state, nonsense| {
        if let Some(endpoint) = state.endpoints.get(&nonsense.slot()) {
            let flags = SendFlags::empty();
            let _ = endpoint.start_send(array, flags, None, nonsense.0);
        }
    })
}

/// Receives into a buffer that somebody lent, and goes on when it is back.
fn receive(room: &ReceiveBuffer) -> Nonsense {
    turn_with(|state, nonsense| {
        if let Some(endpoint) = state.endpoints.get(&nonsense.slot()) {
            let flags = ReceiveFlags::FILL;
            let _ = endpoint.start_receive(room, flags, nonsense.0);
        }
        room.read(nonsense.number(), nonsense.number());
    })
}

/// What answers follow from.
#[derive(Clone, Copy)]
struct Nonsense(u64);

impl Nonsense {
    fn slot(self) -> usize {
        (self.0 % SLOTS) as usize
    }

    fn number(self) -> u32 {
        match self.0 % 6 {
            0 => 0,
            1 => 1,
            2 => u32::MAX,
            3 => i32::MAX as u32,
            _ => self.0 as u32,
        }
    }

    fn error(self) -> types::WsaError {
        match self.0 % 7 {
            0 => types::WsaError::IoPending,
            1 => types::WsaError::WouldBlock,
            2 => types::WsaError::IoIncomplete,
            3 => types::WsaError::NotSock,
            4 => types::WsaError::InvalidHandle,
            5 => types::WsaError::OperationAborted,
            _ => types::WsaError::SyscallFailure,
        }
    }

    fn or_error<T>(self, answer: impl FnOnce(Nonsense) -> T) -> Result<T, types::WsaError> {
        match self.0 % 3 {
            0 => Err(self.error()),
            _ => Ok(answer(self)),
        }
    }

    fn done(self) -> Result<(), types::WsaError> {
        self.or_error(|_| ())
    }

    fn address(self) -> types::SocketAddress {
        types::SocketAddress::Inet(types::Ipv4SocketAddress {
            port: self.0 as u16,
            address: (0, 0, 0, self.0 as u8),
        })
    }

    fn text(self) -> String {
        "\u{1b}".repeat((self.0 % 100_000) as usize)
    }

    fn flags(self) -> types::MessageFlags {
        match self.0 % 2 {
            0 => types::MessageFlags::all(),
            _ => types::MessageFlags::empty(),
        }
    }

    fn transfer(self) -> wit::Transfer {
        wit::Transfer {
            bytes: self.number(),
            flags: self.flags(),
        }
    }

    fn waited(self) -> wit::WaitOutcome {
        match self.0 % 2 {
            0 => wit::WaitOutcome::IoCompletion,
            _ => wit::WaitOutcome::Signalled(self.number()),
        }
    }

    /// A ticket of nobody's, of what may be an endpoint, and of what may be under way.
    fn ticket(self) -> Ticket {
        Ticket {
            endpoint: ((self.0 % 9) << 32) | (self.0 % SLOTS),
            operation: self.0 % 5,
            flags: TicketFlags::from_bits_truncate(self.0 as u8),
            rest: match self.0 % 3 {
                0 => Rest::Refused,
                1 => Rest::Captured,
                _ => Rest::Awaited,
            },
        }
    }

    /// Sometimes it makes many, and never gives them back.
    fn socket(self) -> wit::Socket {
        if self.0.is_multiple_of(5) {
            let kept: Vec<wit::Socket> = (0..200).map(|_| wit::Socket::new(Thing(self))).collect();
            mem::forget(kept);
        }
        wit::Socket::new(Thing(self))
    }
}

/// Every resource.
pub struct Thing(Nonsense);

impl Drop for Thing {
    fn drop(&mut self) {
        turn();
    }
}

impl wit::GuestSocket for Thing {
    fn protocol_info(&self) -> Result<wit::ProtocolInfo, types::WsaError> {
        Err(types::WsaError::OpNotSupp)
    }
}

impl wit::GuestEvent for Thing {
    fn new() -> Thing {
        Thing(turn())
    }

    fn set(&self) {
        turn();
    }

    fn reset(&self) {
        turn();
    }

    fn is_set(&self) -> bool {
        turn().0.is_multiple_of(2)
    }
}

impl wit::GuestOverlapped for Thing {
    fn new(_event: Option<EventBorrow<'_>>) -> Thing {
        Thing(turn())
    }

    fn in_progress(&self) -> bool {
        turn().0.is_multiple_of(2)
    }

    fn status(&self) -> wit::OverlappedStatus {
        let number = turn().number();
        wit::OverlappedStatus {
            internal: number,
            internal_high: number,
            offset: number,
            offset_high: number,
        }
    }

    fn source(&self) -> Option<types::SocketAddress> {
        Some(turn().address())
    }
}

impl wit::GuestCompletion for Thing {
    fn error(&self) -> Option<types::WsaError> {
        Some(turn().error())
    }

    fn transferred(&self) -> u32 {
        turn().number()
    }

    fn message_flags(&self) -> types::MessageFlags {
        turn().flags()
    }

    fn context(&self) -> u64 {
        self.0.0
    }
}

impl wit::Guest for bindings::Component {
    type Socket = Thing;
    type Event = Thing;
    type Overlapped = Thing;
    type Completion = Thing;

    fn configure(_: wit::Configuration) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_startup(_version_requested: u16) -> Result<wit::WspData, types::WsaError> {
        let mut sum = String::new();
        let nonsense = turn_with(|state, _| sum = state.sum());
        nonsense.or_error(|nonsense| wit::WspData {
            version: nonsense.0 as u16,
            high_version: nonsense.0 as u16,
            description: sum + &nonsense.text(),
        })
    }

    fn wsp_cleanup() -> Result<(), types::WsaError> {
        turn_with(|state, nonsense| {
            if nonsense.0.is_multiple_of(2) {
                state.end();
            }
        })
        .done()
    }

    fn wsp_socket(
        _: types::AddressFamily,
        _: types::SocketType,
        _: types::SocketFlags,
    ) -> Result<wit::Socket, types::WsaError> {
        turn().or_error(Nonsense::socket)
    }

    fn wsp_bind(_: SocketBorrow<'_>, _: types::SocketAddress) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_connect(_: SocketBorrow<'_>, _: types::SocketAddress) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_listen(_: SocketBorrow<'_>, _: u32) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_accept(
        _: SocketBorrow<'_>,
    ) -> Result<(wit::Socket, types::SocketAddress), types::WsaError> {
        turn().or_error(|nonsense| (nonsense.socket(), nonsense.address()))
    }

    fn wsp_send(
        _: SocketBorrow<'_>,
        buffers: WsabufArray,
        _: types::MessageFlags,
        _: Option<OverlappedBorrow<'_>>,
        _: Option<wit::CompletionRoutine>,
    ) -> Result<u32, types::WsaError> {
        let nonsense = send(&buffers);
        // It keeps the array, whose bytes are another program's.
        turn_with(|state, nonsense| drop(state.arrays.insert(nonsense.slot(), buffers)));
        nonsense.or_error(Nonsense::number)
    }

    fn wsp_send_to(
        _: SocketBorrow<'_>,
        buffers: WsabufArray,
        _: types::MessageFlags,
        _: Option<types::SocketAddress>,
        _: Option<OverlappedBorrow<'_>>,
        _: Option<wit::CompletionRoutine>,
    ) -> Result<u32, types::WsaError> {
        send(&buffers).or_error(Nonsense::number)
    }

    fn wsp_recv(
        _: SocketBorrow<'_>,
        room: &ReceiveBuffer,
        _: types::MessageFlags,
        _: Option<OverlappedBorrow<'_>>,
        _: Option<wit::CompletionRoutine>,
    ) -> Result<wit::Transfer, types::WsaError> {
        receive(room).or_error(Nonsense::transfer)
    }

    fn wsp_recv_from(
        _: SocketBorrow<'_>,
        room: &ReceiveBuffer,
        _: types::MessageFlags,
        _: Option<OverlappedBorrow<'_>>,
        _: Option<wit::CompletionRoutine>,
    ) -> Result<wit::ReceivedFrom, types::WsaError> {
        receive(room).or_error(|nonsense| wit::ReceivedFrom {
            transfer: nonsense.transfer(),
            source: Some(nonsense.address()),
        })
    }

    fn wsp_get_overlapped_result(
        _: SocketBorrow<'_>,
        _: OverlappedBorrow<'_>,
        _: bool,
    ) -> Result<wit::Transfer, types::WsaError> {
        turn().or_error(Nonsense::transfer)
    }

    fn cancel_io_ex(
        _: SocketBorrow<'_>,
        _: Option<OverlappedBorrow<'_>>,
    ) -> Result<u32, types::WsaError> {
        turn().or_error(Nonsense::number)
    }

    fn wsp_shutdown(_: SocketBorrow<'_>, _: types::ShutdownHow) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_close_socket(_: SocketBorrow<'_>) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_get_sock_name(_: SocketBorrow<'_>) -> Result<types::SocketAddress, types::WsaError> {
        turn().or_error(Nonsense::address)
    }

    fn wsp_get_peer_name(_: SocketBorrow<'_>) -> Result<types::SocketAddress, types::WsaError> {
        turn().or_error(Nonsense::address)
    }

    fn ioctl_fionbio(_: SocketBorrow<'_>, _: bool) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn ioctl_fionread(_: SocketBorrow<'_>) -> Result<u32, types::WsaError> {
        turn().or_error(Nonsense::number)
    }

    fn ioctl_sio_flush(_: SocketBorrow<'_>) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_event_select(
        _: SocketBorrow<'_>,
        _: Option<EventBorrow<'_>>,
        _: wit::NetworkEvents,
    ) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_enum_network_events(
        _: SocketBorrow<'_>,
        _: Option<EventBorrow<'_>>,
    ) -> Result<wit::RecordedEvents, types::WsaError> {
        turn().or_error(|nonsense| {
            let error = wit::NetworkEventError {
                event: wit::NetworkEvents::all(),
                error: nonsense.error(),
            };
            wit::RecordedEvents {
                events: wit::NetworkEvents::all(),
                errors: vec![error; (nonsense.0 % 10_000) as usize],
            }
        })
    }

    fn wsp_select(
        _: Vec<SocketBorrow<'_>>,
        _: Vec<SocketBorrow<'_>>,
        _: Vec<SocketBorrow<'_>>,
        _: Option<u32>,
    ) -> Result<wit::SelectedSockets, types::WsaError> {
        turn().or_error(|nonsense| {
            let positions = vec![nonsense.number(); (nonsense.0 % 10_000) as usize];
            wit::SelectedSockets {
                read: positions.clone(),
                write: positions.clone(),
                except: positions,
            }
        })
    }

    fn wsp_address_to_string(_: types::SocketAddress) -> String {
        turn().text()
    }

    fn wsp_string_to_address(
        _: types::AddressFamily,
        text: String,
    ) -> Result<types::SocketAddress, types::WsaError> {
        SCRIPT.with_borrow_mut(|script| {
            if script.turns.is_empty() {
                script.turns = text.split('|').map(str::to_owned).collect();
            }
        });
        turn().or_error(Nonsense::address)
    }

    fn wsp_send_disconnect(_: SocketBorrow<'_>) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_recv_disconnect(_: SocketBorrow<'_>) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_join_leaf(
        _: SocketBorrow<'_>,
        _: types::SocketAddress,
    ) -> Result<wit::Socket, types::WsaError> {
        turn().or_error(Nonsense::socket)
    }

    fn wsp_duplicate_socket(_: SocketBorrow<'_>, _: u32) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_get_sock_opt(
        _: SocketBorrow<'_>,
        _: wit::SocketOptionName,
    ) -> Result<wit::SocketOption, types::WsaError> {
        turn().or_error(|nonsense| wit::SocketOption::SoError(nonsense.number()))
    }

    fn wsp_set_sock_opt(_: SocketBorrow<'_>, _: wit::SocketOption) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wait_for_events(
        _: Vec<EventBorrow<'_>>,
        _: bool,
        _: Option<u32>,
        _: Option<u32>,
    ) -> Result<wit::WaitOutcome, types::WsaError> {
        turn().or_error(Nonsense::waited)
    }

    fn sleep_ex(_: Option<u32>, _: Option<u32>) -> Result<wit::WaitOutcome, types::WsaError> {
        turn().or_error(Nonsense::waited)
    }

    fn next_completion(_thread_id: u32) -> Option<wit::Completion> {
        Some(wit::Completion::new(Thing(turn())))
    }

    fn pump() -> u64 {
        turn().0
    }
}

impl extensions::Guest for bindings::Component {
    fn wsp_accept_ex(
        _: SocketBorrow<'_>,
        _: SocketBorrow<'_>,
        _: bool,
        _: OverlappedBorrow<'_>,
    ) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_connect_ex(
        _: SocketBorrow<'_>,
        _: types::SocketAddress,
        data: Option<WsabufArray>,
        _: OverlappedBorrow<'_>,
    ) -> Result<(), types::WsaError> {
        match data {
            Some(data) => send(&data).done(),
            None => turn().done(),
        }
    }

    fn wsp_disconnect_ex(
        _: SocketBorrow<'_>,
        _: bool,
        _: Option<OverlappedBorrow<'_>>,
    ) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn wsp_poll(
        _: Vec<extensions::PolledSocket<'_>>,
        _: Option<u32>,
    ) -> Result<Vec<extensions::PollEvents>, types::WsaError> {
        turn().or_error(|nonsense| {
            vec![extensions::PollEvents::all(); (nonsense.0 % 10_000) as usize]
        })
    }

    fn wait_for_ended(
        _: u64,
        _: Option<u32>,
        _: Option<u32>,
    ) -> Result<wit::WaitOutcome, types::WsaError> {
        turn().or_error(Nonsense::waited)
    }

    fn get_ip_option(_: SocketBorrow<'_>, _: extensions::IpOption) -> Result<u32, types::WsaError> {
        turn().or_error(Nonsense::number)
    }

    fn set_ip_option(
        _: SocketBorrow<'_>,
        _: extensions::IpOption,
        _: u32,
    ) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn join_group(
        _: SocketBorrow<'_>,
        _: types::IpAddress,
        _: types::GroupInterface,
    ) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn leave_group(
        _: SocketBorrow<'_>,
        _: types::IpAddress,
        _: types::GroupInterface,
    ) -> Result<(), types::WsaError> {
        turn().done()
    }

    fn set_group_interface(
        _: SocketBorrow<'_>,
        _: types::GroupInterface,
    ) -> Result<(), types::WsaError> {
        turn().done()
    }
}

impl tickets::Guest for bindings::Component {
    fn socket_number(_: SocketBorrow<'_>) -> u64 {
        turn().0
    }

    fn event_number(_: EventBorrow<'_>) -> u64 {
        turn().0
    }

    fn event_is_set(_: u64) -> bool {
        turn().0.is_multiple_of(2)
    }

    fn overlapped_result(_: u64, _: u64) -> Result<wit::Transfer, types::WsaError> {
        turn().or_error(Nonsense::transfer)
    }

    fn overlapped_number(_: OverlappedBorrow<'_>) -> u64 {
        turn().0
    }

    fn begin_send(
        _: u64,
        _: u32,
        _: u64,
        _: types::MessageFlags,
        _: Option<u64>,
        _: Option<wit::CompletionRoutine>,
    ) -> Result<Ticket, types::WsaError> {
        turn().or_error(Nonsense::ticket)
    }

    fn begin_send_to(
        _: u64,
        _: u32,
        _: u64,
        _: types::MessageFlags,
        _: types::SocketAddress,
        _: Option<u64>,
        _: Option<wit::CompletionRoutine>,
    ) -> Result<Ticket, types::WsaError> {
        turn().or_error(Nonsense::ticket)
    }

    fn send_timeout(_: u64) -> Option<u32> {
        // One that the peer does not take would end with the sequence.
        Some(turn().0 as u32 % 4 + 1)
    }

    fn end_send(_: u64, _: u64, _: SendOutcome) -> Result<u32, types::WsaError> {
        turn().or_error(Nonsense::number)
    }
}

impl threads::Guest for bindings::Component {
    fn watch(_: u64, _: threads::Awaited) -> Result<bool, types::WsaError> {
        turn().or_error(|turn| turn.0.is_multiple_of(2))
    }

    fn is_watched(_: u64, _: threads::Awaited) -> bool {
        turn().0.is_multiple_of(2)
    }

    fn next_changed() -> Option<u64> {
        let turn = turn().0;
        turn.is_multiple_of(3).then_some(turn)
    }

    fn is_connected(_: u64) -> Result<bool, types::WsaError> {
        turn().or_error(|turn| turn.0.is_multiple_of(2))
    }

    fn wait_for_progress(_: u64, _: Option<u32>) -> Result<u64, types::WsaError> {
        turn().or_error(|turn| turn.0)
    }
}
