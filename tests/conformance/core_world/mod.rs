//! The cases on the core in this process: alone over a simulated network, and over the host's
//! transport with loopback sockets, as an embedder may have it.

mod native;
mod simulated;

use std::net::SocketAddr;

use wsp_core::{
    AddressFamily, CompletionRoutine, Configuration, EventId, MessageFlags, NetworkEvents,
    OverlappedId, OverlappedStatus, Provider, RecordedEvents, SelectedSockets, ShutdownHow,
    SocketAttributes, SocketId, SocketOption, SocketOptionName, SocketType, Transfer, Transport,
    Waited, WsaError,
};

pub use native::NativeNetwork;
pub use simulated::SimulatedNetwork;

use crate::world::{Call, Calls, Event, Fault, How, Overlapped, Peer, Peers, Socket, Surrounded};

/// A network, and how the provider over it is given buffers.
pub trait Around: Peers + Sized {
    type Transport: Transport;

    /// Before a case begins, which may bound the operations outstanding at once.
    fn new(operations: Option<usize>) -> (Self, Self::Transport);
    fn send(
        provider: &mut Provider<Self::Transport>,
        s: SocketId,
        buffers: &[&[u8]],
        sending: Sending,
    ) -> Result<u32, WsaError>;
    fn receive(
        provider: &mut Provider<Self::Transport>,
        s: SocketId,
        capacity: u32,
    ) -> Result<Vec<u8>, WsaError>;
    /// What happens to the next system call that sends.
    fn inject(&mut self, fault: Fault);
    /// What happens to a send of `s` while somebody waits for it.
    fn inject_meanwhile(
        &mut self,
        provider: &mut Provider<Self::Transport>,
        s: Socket,
        b: Peer,
        fault: Fault,
    );
}

/// What a send is given besides its buffers.
pub struct Sending {
    pub flags: MessageFlags,
    pub to: Option<SocketAddr>,
    pub overlapped: Option<OverlappedId>,
    pub routine: Option<CompletionRoutine>,
}

/// The core with a network around it.
pub struct Core<N: Around> {
    provider: Provider<N::Transport>,
    network: N,
    sockets: Vec<SocketId>,
    events: Vec<EventId>,
    overlapped: Vec<OverlappedId>,
    calls: Vec<SocketId>,
}

impl<N: Around> Core<N> {
    pub fn new() -> Core<N> {
        Core::with_operations(None)
    }

    fn with_operations(operations: Option<usize>) -> Core<N> {
        let (network, transport) = N::new(operations);
        Core {
            provider: Provider::new(transport),
            network,
            sockets: Vec::new(),
            events: Vec::new(),
            overlapped: Vec::new(),
            calls: Vec::new(),
        }
    }

    fn start_send(
        &mut self,
        s: Socket,
        buffers: &[&[u8]],
        to: Option<SocketAddr>,
        how: How,
    ) -> Result<u32, WsaError> {
        let routine = how
            .routine
            .map(|(thread_id, context)| CompletionRoutine { thread_id, context });
        let sending = Sending {
            flags: how.flags,
            to,
            overlapped: how.overlapped.map(|o| self.overlapped[o.0]),
            routine,
        };
        N::send(&mut self.provider, self.sockets[s.0], buffers, sending)
    }

    fn ids(&self, sockets: &[Socket]) -> Vec<SocketId> {
        sockets.iter().map(|s| self.sockets[s.0]).collect()
    }
}

impl<N: Around> Calls for Core<N> {
    fn limit_operations(&mut self, operations: usize) {
        assert!(self.sockets.is_empty(), "limits come first");
        *self = Core::with_operations(Some(operations));
    }

    fn configure(&mut self, configuration: Configuration) -> Result<(), WsaError> {
        self.provider.configure(configuration)
    }

    fn startup(&mut self, version: u16) -> Result<u16, WsaError> {
        self.provider.startup(version)
    }

    fn cleanup(&mut self) -> Result<(), WsaError> {
        self.provider.cleanup()
    }

    fn socket(&mut self, kind: SocketType, overlapped: bool) -> Result<Socket, WsaError> {
        let attributes = SocketAttributes { overlapped };
        let s = self
            .provider
            .socket(AddressFamily::Inet, kind, attributes)?;
        self.sockets.push(s);
        Ok(Socket(self.sockets.len() - 1))
    }

    fn bind(&mut self, s: Socket, name: SocketAddr) -> Result<(), WsaError> {
        self.provider.bind(self.sockets[s.0], name)
    }

    fn connect(&mut self, s: Socket, name: SocketAddr) -> Result<(), WsaError> {
        self.provider.connect(self.sockets[s.0], name)
    }

    fn listen(&mut self, s: Socket) -> Result<(), WsaError> {
        self.provider.listen(self.sockets[s.0], 0)
    }

    fn send(&mut self, s: Socket, buffers: &[&[u8]], how: How) -> Result<u32, WsaError> {
        self.start_send(s, buffers, None, how)
    }

    fn send_to(
        &mut self,
        s: Socket,
        buffers: &[&[u8]],
        to: Option<SocketAddr>,
        how: How,
    ) -> Result<u32, WsaError> {
        self.start_send(s, buffers, to, how)
    }

    fn receive(&mut self, s: Socket, capacity: u32) -> Result<Vec<u8>, WsaError> {
        N::receive(&mut self.provider, self.sockets[s.0], capacity)
    }

    fn overlapped_result(
        &mut self,
        s: Socket,
        overlapped: Overlapped,
        wait: bool,
    ) -> Result<Transfer, WsaError> {
        let overlapped = self.overlapped[overlapped.0];
        self.provider
            .get_overlapped_result(self.sockets[s.0], overlapped, wait)
    }

    fn shutdown(&mut self, s: Socket, how: ShutdownHow) -> Result<(), WsaError> {
        self.provider.shutdown(self.sockets[s.0], how)
    }

    fn close(&mut self, s: Socket) -> Result<(), WsaError> {
        self.provider.close_socket(self.sockets[s.0])
    }

    fn local_address(&mut self, s: Socket) -> Result<SocketAddr, WsaError> {
        self.provider.local_address(self.sockets[s.0])
    }

    fn set_nonblocking(&mut self, s: Socket, nonblocking: bool) -> Result<(), WsaError> {
        self.provider
            .set_nonblocking(self.sockets[s.0], nonblocking)
    }

    fn event_select(
        &mut self,
        s: Socket,
        event: Event,
        events: NetworkEvents,
    ) -> Result<(), WsaError> {
        let event = self.events[event.0];
        self.provider
            .event_select(self.sockets[s.0], Some(event), events)
    }

    fn enum_network_events(
        &mut self,
        s: Socket,
        event: Option<Event>,
    ) -> Result<RecordedEvents, WsaError> {
        let event = event.map(|event| self.events[event.0]);
        self.provider.enum_network_events(self.sockets[s.0], event)
    }

    fn select(
        &mut self,
        read: &[Socket],
        write: &[Socket],
        except: &[Socket],
        timeout_ms: u32,
    ) -> Result<SelectedSockets, WsaError> {
        let (read, write, except) = (self.ids(read), self.ids(write), self.ids(except));
        self.provider
            .select(&read, &write, &except, Some(timeout_ms))
    }

    fn option(&mut self, s: Socket, name: SocketOptionName) -> Result<SocketOption, WsaError> {
        self.provider.get_option(self.sockets[s.0], name)
    }

    fn set_option(&mut self, s: Socket, option: SocketOption) -> Result<(), WsaError> {
        self.provider.set_option(self.sockets[s.0], option)
    }

    fn refused_slots(&mut self, s: Socket) -> [Result<(), WsaError>; 4] {
        let s = self.sockets[s.0];
        let address = SocketAddr::from(([224, 0, 0, 1], 9));
        [
            self.provider.send_disconnect(s),
            self.provider.recv_disconnect(s),
            self.provider.join_leaf(s, address).map(drop),
            self.provider.duplicate_socket(s, 1),
        ]
    }

    fn event(&mut self) -> Event {
        self.events.push(self.provider.create_event());
        Event(self.events.len() - 1)
    }

    fn set_event(&mut self, event: Event) {
        self.provider.set_event(self.events[event.0]);
    }

    fn reset_event(&mut self, event: Event) {
        self.provider.reset_event(self.events[event.0]);
    }

    fn is_set(&mut self, event: Event) -> bool {
        self.provider.event_is_set(self.events[event.0])
    }

    fn drop_event(&mut self, event: Event) {
        self.provider.drop_event(self.events[event.0]);
    }

    fn overlapped(&mut self, event: Option<Event>) -> Overlapped {
        let event = event.map(|event| self.events[event.0]);
        self.overlapped.push(self.provider.create_overlapped(event));
        Overlapped(self.overlapped.len() - 1)
    }

    fn status(&mut self, overlapped: Overlapped) -> OverlappedStatus {
        self.provider
            .overlapped_status(self.overlapped[overlapped.0])
    }

    fn wait(
        &mut self,
        events: &[Event],
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<Waited, WsaError> {
        let events: Vec<EventId> = events.iter().map(|event| self.events[event.0]).collect();
        self.provider
            .wait_for_events(&events, false, timeout_ms, alertable)
    }

    fn sleep(
        &mut self,
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<Waited, WsaError> {
        self.provider.sleep_ex(timeout_ms, alertable)
    }

    fn next_completion(&mut self, thread: u32) -> Option<Call> {
        let call = self.provider.next_completion(thread)?;
        self.calls.push(call.socket);
        Some(Call {
            error: call.error,
            transferred: call.transferred,
            flags: call.flags,
            context: call.context,
            token: self.calls.len() - 1,
        })
    }

    fn routine_returned(&mut self, call: Call) {
        self.provider.routine_returned(self.calls[call.token]);
    }

    fn now(&mut self) -> u64 {
        self.provider.transport_mut().now()
    }

    fn inject(&mut self, _: Socket, fault: Fault) {
        self.network.inject(fault);
    }

    fn inject_meanwhile(&mut self, s: Socket, b: Peer, fault: Fault) {
        self.network
            .inject_meanwhile(&mut self.provider, s, b, fault);
    }
}

impl<N: Around> Surrounded for Core<N> {
    fn peers(&mut self) -> &mut dyn Peers {
        &mut self.network
    }
}
