//! The exports: each finds the provider, converts, and calls the core.
#![expect(
    unreachable_pub,
    reason = "the generated traits want their resource types public"
)]

use std::cell::RefCell;
use std::net::SocketAddr;

use wsp_core::{
    DESCRIPTION, EventId, OverlappedId, Provider, RoutineCall, SocketAttributes, SocketId,
    Transfer, VERSION, Waited, WsaError,
};

use crate::bindings::{
    Component,
    exports::winsock::spi::provider as wit,
    winsock::spi::memory::{ReceiveBuffer, WsabufArray},
    winsock::spi::types,
};
use crate::host_transport::HostTransport;

thread_local! {
    static PROVIDER: RefCell<Provider<HostTransport>> = RefCell::new(Provider::new(HostTransport));
}

/// Runs one entry point. A host that re-entered the component while it waits
/// finds `WSAEINPROGRESS`: a blocking call of the provider is running.
pub(crate) fn with<R>(
    call: impl FnOnce(&mut Provider<HostTransport>) -> Result<R, WsaError>,
) -> Result<R, types::WsaError> {
    PROVIDER.with(|provider| match provider.try_borrow_mut() {
        Ok(mut provider) => Ok(call(&mut provider)?),
        Err(_) => Err(types::WsaError::InProgress),
    })
}

/// As [`with`], for entry points that cannot fail.
pub(crate) fn with_or_default<R: Default>(
    call: impl FnOnce(&mut Provider<HostTransport>) -> R,
) -> R {
    with(|provider| Ok(call(provider))).unwrap_or_default()
}

/// `winsock:spi/provider.socket`.
pub struct Socket(SocketId);

impl Drop for Socket {
    fn drop(&mut self) {
        with_or_default(|provider| provider.drop_socket(self.0));
    }
}

impl wit::GuestSocket for Socket {
    fn protocol_info(&self) -> Result<wit::ProtocolInfo, types::WsaError> {
        with(|provider| provider.protocol_info(self.0)).map(Into::into)
    }
}

/// `winsock:spi/provider.event`.
pub struct Event(pub(crate) EventId);

impl Drop for Event {
    fn drop(&mut self) {
        with_or_default(|provider| provider.drop_event(self.0));
    }
}

impl wit::GuestEvent for Event {
    fn new() -> Event {
        Event(with_or_default(Provider::create_event))
    }

    fn set(&self) {
        with_or_default(|provider| provider.set_event(self.0));
    }

    fn reset(&self) {
        with_or_default(|provider| provider.reset_event(self.0));
    }

    fn is_set(&self) -> bool {
        with_or_default(|provider| provider.event_is_set(self.0))
    }
}

/// `winsock:spi/provider.overlapped`.
pub struct Overlapped(pub(crate) OverlappedId);

impl Drop for Overlapped {
    fn drop(&mut self) {
        with_or_default(|provider| provider.drop_overlapped(self.0));
    }
}

impl wit::GuestOverlapped for Overlapped {
    fn new(event: Option<wit::EventBorrow<'_>>) -> Overlapped {
        let event = self::event(event);
        Overlapped(with_or_default(|provider| {
            provider.create_overlapped(event)
        }))
    }

    fn in_progress(&self) -> bool {
        with_or_default(|provider| provider.overlapped_in_progress(self.0))
    }

    fn status(&self) -> wit::OverlappedStatus {
        let status = with_or_default(|provider| provider.overlapped_status(self.0));
        wit::OverlappedStatus {
            internal: status.internal,
            internal_high: status.internal_high,
            offset: status.offset,
            offset_high: status.offset_high,
        }
    }

    fn source(&self) -> Option<types::SocketAddress> {
        with_or_default(|provider| provider.overlapped_source(self.0)).map(Into::into)
    }
}

/// `winsock:spi/provider.completion`.
pub struct Completion(RoutineCall);

impl Drop for Completion {
    fn drop(&mut self) {
        with_or_default(|provider| provider.routine_returned(self.0.socket));
    }
}

impl wit::GuestCompletion for Completion {
    fn error(&self) -> Option<types::WsaError> {
        self.0.error.map(Into::into)
    }

    fn transferred(&self) -> u32 {
        self.0.transferred
    }

    fn message_flags(&self) -> types::MessageFlags {
        self.0.flags.into()
    }

    fn context(&self) -> u64 {
        self.0.context
    }
}

pub(crate) fn socket(s: &wit::SocketBorrow<'_>) -> SocketId {
    s.get::<Socket>().0
}

fn sockets(sockets: &[wit::SocketBorrow<'_>]) -> Vec<SocketId> {
    sockets.iter().map(socket).collect()
}

fn event(event: Option<wit::EventBorrow<'_>>) -> Option<EventId> {
    event.map(|event| event.get::<Event>().0)
}

pub(crate) fn overlapped(overlapped: Option<wit::OverlappedBorrow<'_>>) -> Option<OverlappedId> {
    overlapped.map(|overlapped| overlapped.get::<Overlapped>().0)
}

pub(crate) fn routine(
    routine: Option<wit::CompletionRoutine>,
) -> Option<wsp_core::CompletionRoutine> {
    routine.map(|routine| wsp_core::CompletionRoutine {
        thread_id: routine.thread_id,
        context: routine.context,
    })
}

pub(crate) fn transfer(transfer: Transfer) -> wit::Transfer {
    wit::Transfer {
        bytes: transfer.bytes,
        flags: transfer.flags.into(),
    }
}

pub(crate) fn waited(waited: Waited) -> wit::WaitOutcome {
    match waited {
        Waited::Signalled(index) => wit::WaitOutcome::Signalled(index),
        Waited::IoCompletion => wit::WaitOutcome::IoCompletion,
        Waited::TimedOut => wit::WaitOutcome::TimedOut,
    }
}

impl wit::Guest for Component {
    type Socket = Socket;
    type Event = Event;
    type Overlapped = Overlapped;
    type Completion = Completion;

    fn configure(configuration: wit::Configuration) -> Result<(), types::WsaError> {
        with(|provider| provider.configure(configuration.into()))
    }

    fn wsp_startup(version_requested: u16) -> Result<wit::WspData, types::WsaError> {
        let version = with(|provider| provider.startup(version_requested))?;
        Ok(wit::WspData {
            version,
            high_version: VERSION,
            description: DESCRIPTION.to_owned(),
        })
    }

    fn wsp_cleanup() -> Result<(), types::WsaError> {
        with(Provider::cleanup)
    }

    fn wsp_socket(
        family: types::AddressFamily,
        kind: types::SocketType,
        flags: types::SocketFlags,
    ) -> Result<wit::Socket, types::WsaError> {
        let attributes = SocketAttributes {
            overlapped: flags.contains(types::SocketFlags::OVERLAPPED),
        };
        let id = with(|provider| provider.socket(family.into(), kind.into(), attributes))?;
        Ok(wit::Socket::new(Socket(id)))
    }

    fn wsp_bind(
        s: wit::SocketBorrow<'_>,
        name: types::SocketAddress,
    ) -> Result<(), types::WsaError> {
        with(|provider| provider.bind(socket(&s), name.into()))
    }

    fn wsp_connect(
        s: wit::SocketBorrow<'_>,
        name: types::SocketAddress,
    ) -> Result<(), types::WsaError> {
        with(|provider| provider.connect(socket(&s), name.into()))
    }

    fn wsp_listen(s: wit::SocketBorrow<'_>, backlog: u32) -> Result<(), types::WsaError> {
        with(|provider| provider.listen(socket(&s), backlog))
    }

    fn wsp_accept(
        s: wit::SocketBorrow<'_>,
    ) -> Result<(wit::Socket, types::SocketAddress), types::WsaError> {
        let (id, peer) = with(|provider| provider.accept(socket(&s)))?;
        Ok((wit::Socket::new(Socket(id)), peer.into()))
    }

    fn wsp_send(
        s: wit::SocketBorrow<'_>,
        buffers: WsabufArray,
        flags: types::MessageFlags,
        o: Option<wit::OverlappedBorrow<'_>>,
        r: Option<wit::CompletionRoutine>,
    ) -> Result<u32, types::WsaError> {
        let (s, o, r) = (socket(&s), overlapped(o), routine(r));
        with(|provider| provider.send(s, &buffers, flags.into(), o, r))
    }

    fn wsp_send_to(
        s: wit::SocketBorrow<'_>,
        buffers: WsabufArray,
        flags: types::MessageFlags,
        to: Option<types::SocketAddress>,
        o: Option<wit::OverlappedBorrow<'_>>,
        r: Option<wit::CompletionRoutine>,
    ) -> Result<u32, types::WsaError> {
        let (s, o, r) = (socket(&s), overlapped(o), routine(r));
        let to = to.map(SocketAddr::from);
        with(|provider| provider.send_to(s, &buffers, flags.into(), to, o, r))
    }

    fn wsp_recv(
        s: wit::SocketBorrow<'_>,
        room: &ReceiveBuffer,
        flags: types::MessageFlags,
        o: Option<wit::OverlappedBorrow<'_>>,
        r: Option<wit::CompletionRoutine>,
    ) -> Result<wit::Transfer, types::WsaError> {
        let (s, o, r) = (socket(&s), overlapped(o), routine(r));
        let received = with(|provider| provider.receive(s, room, flags.into(), o, r))?;
        Ok(transfer(received.transfer))
    }

    fn wsp_recv_from(
        s: wit::SocketBorrow<'_>,
        room: &ReceiveBuffer,
        flags: types::MessageFlags,
        o: Option<wit::OverlappedBorrow<'_>>,
        r: Option<wit::CompletionRoutine>,
    ) -> Result<wit::ReceivedFrom, types::WsaError> {
        let (s, o, r) = (socket(&s), overlapped(o), routine(r));
        let received = with(|provider| provider.receive_from(s, room, flags.into(), o, r))?;
        Ok(wit::ReceivedFrom {
            transfer: transfer(received.transfer),
            source: received.source.map(Into::into),
        })
    }

    fn wsp_get_overlapped_result(
        s: wit::SocketBorrow<'_>,
        o: wit::OverlappedBorrow<'_>,
        wait: bool,
    ) -> Result<wit::Transfer, types::WsaError> {
        let o = o.get::<Overlapped>().0;
        with(|provider| provider.get_overlapped_result(socket(&s), o, wait)).map(transfer)
    }

    fn cancel_io_ex(
        s: wit::SocketBorrow<'_>,
        o: Option<wit::OverlappedBorrow<'_>>,
    ) -> Result<u32, types::WsaError> {
        let o = overlapped(o);
        with(|provider| provider.cancel_io_ex(socket(&s), o))
    }

    fn wsp_shutdown(
        s: wit::SocketBorrow<'_>,
        how: types::ShutdownHow,
    ) -> Result<(), types::WsaError> {
        with(|provider| provider.shutdown(socket(&s), how.into()))
    }

    fn wsp_close_socket(s: wit::SocketBorrow<'_>) -> Result<(), types::WsaError> {
        with(|provider| provider.close_socket(socket(&s)))
    }

    fn wsp_get_sock_name(
        s: wit::SocketBorrow<'_>,
    ) -> Result<types::SocketAddress, types::WsaError> {
        with(|provider| provider.local_address(socket(&s))).map(Into::into)
    }

    fn wsp_get_peer_name(
        s: wit::SocketBorrow<'_>,
    ) -> Result<types::SocketAddress, types::WsaError> {
        with(|provider| provider.peer_address(socket(&s))).map(Into::into)
    }

    fn ioctl_fionbio(s: wit::SocketBorrow<'_>, nonblocking: bool) -> Result<(), types::WsaError> {
        with(|provider| provider.set_nonblocking(socket(&s), nonblocking))
    }

    fn ioctl_fionread(s: wit::SocketBorrow<'_>) -> Result<u32, types::WsaError> {
        with(|provider| provider.available(socket(&s)))
    }

    fn ioctl_sio_flush(s: wit::SocketBorrow<'_>) -> Result<(), types::WsaError> {
        with(|provider| provider.flush(socket(&s)))
    }

    fn wsp_event_select(
        s: wit::SocketBorrow<'_>,
        e: Option<wit::EventBorrow<'_>>,
        events: wit::NetworkEvents,
    ) -> Result<(), types::WsaError> {
        let e = event(e);
        with(|provider| provider.event_select(socket(&s), e, events.into()))
    }

    fn wsp_enum_network_events(
        s: wit::SocketBorrow<'_>,
        e: Option<wit::EventBorrow<'_>>,
    ) -> Result<wit::RecordedEvents, types::WsaError> {
        let e = event(e);
        with(|provider| provider.enum_network_events(socket(&s), e)).map(Into::into)
    }

    fn wsp_select(
        read: Vec<wit::SocketBorrow<'_>>,
        write: Vec<wit::SocketBorrow<'_>>,
        except: Vec<wit::SocketBorrow<'_>>,
        timeout_ms: Option<u32>,
    ) -> Result<wit::SelectedSockets, types::WsaError> {
        let (read, write, except) = (sockets(&read), sockets(&write), sockets(&except));
        let selected = with(|provider| provider.select(&read, &write, &except, timeout_ms))?;
        Ok(wit::SelectedSockets {
            read: selected.read,
            write: selected.write,
            except: selected.except,
        })
    }

    fn wsp_address_to_string(address: types::SocketAddress) -> String {
        wsp_core::address_to_string(address.into())
    }

    fn wsp_string_to_address(
        family: types::AddressFamily,
        text: String,
    ) -> Result<types::SocketAddress, types::WsaError> {
        Ok(wsp_core::string_to_address(family.into(), &text)?.into())
    }

    fn wsp_send_disconnect(s: wit::SocketBorrow<'_>) -> Result<(), types::WsaError> {
        with(|provider| provider.send_disconnect(socket(&s)))
    }

    fn wsp_recv_disconnect(s: wit::SocketBorrow<'_>) -> Result<(), types::WsaError> {
        with(|provider| provider.recv_disconnect(socket(&s)))
    }

    fn wsp_join_leaf(
        s: wit::SocketBorrow<'_>,
        name: types::SocketAddress,
    ) -> Result<wit::Socket, types::WsaError> {
        let id = with(|provider| provider.join_leaf(socket(&s), name.into()))?;
        Ok(wit::Socket::new(Socket(id)))
    }

    fn wsp_duplicate_socket(
        s: wit::SocketBorrow<'_>,
        process_id: u32,
    ) -> Result<(), types::WsaError> {
        with(|provider| provider.duplicate_socket(socket(&s), process_id))
    }

    fn wsp_get_sock_opt(
        s: wit::SocketBorrow<'_>,
        name: wit::SocketOptionName,
    ) -> Result<wit::SocketOption, types::WsaError> {
        with(|provider| provider.get_option(socket(&s), name.into())?.try_into())
    }

    fn wsp_set_sock_opt(
        s: wit::SocketBorrow<'_>,
        option: wit::SocketOption,
    ) -> Result<(), types::WsaError> {
        with(|provider| provider.set_option(socket(&s), option.into()))
    }

    fn wait_for_events(
        events: Vec<wit::EventBorrow<'_>>,
        all: bool,
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<wit::WaitOutcome, types::WsaError> {
        let events: Vec<EventId> = events.iter().map(|event| event.get::<Event>().0).collect();
        with(|provider| provider.wait_for_events(&events, all, timeout_ms, alertable)).map(waited)
    }

    fn sleep_ex(
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<wit::WaitOutcome, types::WsaError> {
        with(|provider| provider.sleep_ex(timeout_ms, alertable)).map(waited)
    }

    fn next_completion(thread_id: u32) -> Option<wit::Completion> {
        let call = with_or_default(|provider| provider.next_completion(thread_id))?;
        Some(wit::Completion::new(Completion(call)))
    }

    fn pump() -> u64 {
        with_or_default(Provider::pump)
    }
}
