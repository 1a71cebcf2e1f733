//! The cases on the core alone, over a simulated network.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use wsp_core::{
    AddressFamily, CompletionRoutine, Configuration, EventId, MessageFlags, NetworkEvents,
    OverlappedId, OverlappedStatus, Provider, RecordedEvents, SelectedSockets, ShutdownHow,
    SocketAttributes, SocketId, SocketOption, SocketOptionName, SocketType, Transfer,
    TransportError, Waited, WsaError,
};
use wsp_simulated::{Network, Simulated};

use crate::world::{Call, End, Event, Fault, How, Listener, Overlapped, Peer, Socket, World};

/// What the simulated systems take before the peer reads.
const ROOM: usize = 100_000;

/// A provider over a simulated network.
pub struct Native {
    provider: Provider<Simulated>,
    network: Rc<RefCell<Network>>,
    sockets: Vec<SocketId>,
    events: Vec<EventId>,
    overlapped: Vec<OverlappedId>,
    calls: Vec<SocketId>,
    addresses: Vec<SocketAddr>,
    peers: Vec<NativePeer>,
}

enum NativePeer {
    /// Of the endpoint with that number.
    Stream(u32),
    Datagrams(SocketAddr),
}

impl Native {
    pub fn new() -> Native {
        let transport = Simulated::new(ROOM);
        let network = Rc::clone(&transport.0);
        Native {
            provider: Provider::new(transport),
            network,
            sockets: Vec::new(),
            events: Vec::new(),
            overlapped: Vec::new(),
            calls: Vec::new(),
            addresses: Vec::new(),
            peers: Vec::new(),
        }
    }

    fn endpoint_of(&self, peer: Peer) -> u32 {
        match self.peers[peer.0] {
            NativePeer::Stream(endpoint) => endpoint,
            NativePeer::Datagrams(_) => panic!("a stream's peer is needed"),
        }
    }

    fn routine(how: How) -> Option<CompletionRoutine> {
        let (thread_id, context) = how.routine?;
        Some(CompletionRoutine { thread_id, context })
    }

    fn ids(&self, sockets: &[Socket]) -> Vec<SocketId> {
        sockets.iter().map(|s| self.sockets[s.0]).collect()
    }

    /// Endpoints are numbered as sockets are made, one for each.
    fn endpoint(&self, s: Socket) -> u32 {
        s.0 as u32
    }
}

fn error_of(fault: Fault) -> TransportError {
    match fault {
        Fault::NetworkDown => TransportError::NetworkDown,
        Fault::OutOfBuffers => TransportError::OutOfBuffers,
        Fault::WouldBlock => TransportError::WouldBlock,
        Fault::TimedOut => TransportError::TimedOut,
        Fault::KeepAlive => TransportError::KeepAliveFailed,
        Fault::Aborted => TransportError::ConnectionAborted,
    }
}

impl World for Native {
    fn limit_operations(&mut self, operations: usize) {
        self.network.borrow_mut().maximum_operations = Some(operations);
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
        let buffers = buffers.iter().map(|part| part.to_vec()).collect();
        let overlapped = how.overlapped.map(|o| self.overlapped[o.0]);
        let s = self.sockets[s.0];
        let routine = Native::routine(how);
        self.provider
            .send(s, &buffers, how.flags, overlapped, routine)
    }

    fn send_to(
        &mut self,
        s: Socket,
        buffers: &[&[u8]],
        to: Option<SocketAddr>,
        how: How,
    ) -> Result<u32, WsaError> {
        let buffers = buffers.iter().map(|part| part.to_vec()).collect();
        let overlapped = how.overlapped.map(|o| self.overlapped[o.0]);
        let s = self.sockets[s.0];
        let routine = Native::routine(how);
        self.provider
            .send_to(s, &buffers, how.flags, to, overlapped, routine)
    }

    fn receive(&mut self, s: Socket, _capacity: u32) -> Result<Vec<u8>, WsaError> {
        let room = RefCell::new(Vec::new());
        let flags = MessageFlags::empty();
        let s = self.sockets[s.0];
        self.provider.receive(s, &room, flags, None, None)?;
        Ok(room.into_inner())
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
        wsp_core::Transport::now(self.provider.transport_mut())
    }

    fn inject(&mut self, _: Socket, fault: Fault) {
        // Said once, as systems do: what is lost for good the provider remembers.
        self.network.borrow_mut().fail_next_send = Some(error_of(fault));
    }

    fn inject_meanwhile(&mut self, s: Socket, _: Peer, fault: Fault) {
        let endpoint = self.endpoint(s);
        self.provider
            .transport_mut()
            .during_a_wait(move |network| network.fails(endpoint, error_of(fault)));
    }

    fn stream_listener(&mut self) -> (Listener, SocketAddr) {
        let address = self.network.borrow_mut().listen();
        self.addresses.push(address);
        (Listener(self.addresses.len() - 1), address)
    }

    fn accepted(&mut self, listener: Listener) -> Peer {
        let address = self.addresses[listener.0];
        let endpoint = self.network.borrow_mut().accepted(address);
        let endpoint = endpoint.expect("somebody has connected");
        self.peers.push(NativePeer::Stream(endpoint));
        Peer(self.peers.len() - 1)
    }

    fn datagram_peer(&mut self) -> (Peer, SocketAddr) {
        let address = self.network.borrow_mut().address();
        self.peers.push(NativePeer::Datagrams(address));
        (Peer(self.peers.len() - 1), address)
    }

    fn dead_address(&mut self) -> SocketAddr {
        self.network.borrow_mut().address()
    }

    fn peer_reads(&mut self, peer: Peer, count: usize) -> Vec<u8> {
        let endpoint = self.endpoint_of(peer);
        let read = self
            .network
            .borrow_mut()
            .peer_reads_at_most(endpoint, count);
        assert_eq!(read.len(), count, "so much should have been sent");
        read
    }

    fn peer_reads_meanwhile(&mut self, peer: Peer) {
        let endpoint = self.endpoint_of(peer);
        self.network.borrow_mut().peer_reads_meanwhile(endpoint);
    }

    fn read_meanwhile(&mut self, peer: Peer, count: usize) -> Vec<u8> {
        let endpoint = self.endpoint_of(peer);
        let mut network = self.network.borrow_mut();
        let rest = network.peer_reads(endpoint);
        let read = network.read_meanwhile(endpoint);
        read.extend(rest);
        assert_eq!(read.len(), count, "so much should have been sent");
        std::mem::take(read)
    }

    fn peer_reads_to_end(&mut self, peer: Peer) -> (Vec<u8>, End) {
        let endpoint = self.endpoint_of(peer);
        let mut network = self.network.borrow_mut();
        let read = network.peer_reads(endpoint);
        assert!(network.ended(endpoint), "the stream should have ended");
        let end = match network.was_reset(endpoint) {
            true => End::Reset,
            false => End::Graceful,
        };
        (read, end)
    }

    fn peer_reads_urgent(&mut self, peer: Peer) -> u8 {
        let endpoint = self.endpoint_of(peer);
        let urgent = self.network.borrow_mut().urgent(endpoint);
        *urgent.last().expect("an urgent byte should have been sent")
    }

    fn peer_receives(&mut self, peer: Peer) -> Vec<u8> {
        let NativePeer::Datagrams(address) = self.peers[peer.0] else {
            panic!("a peer of datagrams is needed");
        };
        let datagram = self.network.borrow_mut().datagram_to(address);
        datagram.expect("a datagram should have been sent")
    }

    fn peer_sends(&mut self, peer: Peer, bytes: &[u8]) {
        let endpoint = self.endpoint_of(peer);
        self.network.borrow_mut().peer_sends(endpoint, bytes);
    }

    fn peer_closes(&mut self, peer: Peer) {
        let endpoint = self.endpoint_of(peer);
        self.network.borrow_mut().peer_ends(endpoint);
    }

    fn peer_resets(&mut self, peer: Peer) {
        let endpoint = self.endpoint_of(peer);
        let reset = TransportError::ConnectionReset;
        self.network.borrow_mut().fails(endpoint, reset);
    }
}
