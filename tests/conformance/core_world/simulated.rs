//! A simulated network.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use wsp_core::{MessageFlags, Provider, SocketId, TransportError, WsaError};
use wsp_simulated::{Network, Simulated};

use super::{Around, Sending};
use crate::world::{End, Fault, Listener, Peer, Peers, Socket};

/// What the simulated systems take before the peer reads.
const ROOM: usize = 100_000;

/// The network of a provider over a simulated transport.
pub struct SimulatedNetwork {
    network: Rc<RefCell<Network>>,
    addresses: Vec<SocketAddr>,
    peers: Vec<SimulatedPeer>,
}

enum SimulatedPeer {
    /// Of the endpoint with that number.
    Stream(u32),
    Datagrams(SocketAddr),
}

impl SimulatedNetwork {
    fn endpoint_of(&self, peer: Peer) -> u32 {
        match self.peers[peer.0] {
            SimulatedPeer::Stream(endpoint) => endpoint,
            SimulatedPeer::Datagrams(_) => panic!("a stream's peer is needed"),
        }
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

impl Around for SimulatedNetwork {
    type Transport = Simulated;

    fn new(limits: Option<usize>) -> (SimulatedNetwork, Simulated) {
        let transport = Simulated::new(ROOM);
        let network = Rc::clone(&transport.0);
        network.borrow_mut().maximum_operations = limits;
        let network = SimulatedNetwork {
            network,
            addresses: Vec::new(),
            peers: Vec::new(),
        };
        (network, transport)
    }

    fn send(
        provider: &mut Provider<Simulated>,
        s: SocketId,
        buffers: &[&[u8]],
        sending: Sending,
    ) -> Result<u32, WsaError> {
        let buffers = buffers.iter().map(|part| part.to_vec()).collect();
        let Sending {
            flags,
            to,
            overlapped,
            routine,
        } = sending;
        provider.send_to(s, &buffers, flags, to, overlapped, routine)
    }

    fn receive(
        provider: &mut Provider<Simulated>,
        s: SocketId,
        _capacity: u32,
    ) -> Result<Vec<u8>, WsaError> {
        let room = RefCell::new(Vec::new());
        provider.receive(s, &room, MessageFlags::empty(), None, None)?;
        Ok(room.into_inner())
    }

    fn inject(&mut self, fault: Fault) {
        // Said once, as systems do: what is lost for good the provider remembers.
        self.network.borrow_mut().fail_next_send = Some(error_of(fault));
    }

    fn inject_meanwhile(
        &mut self,
        provider: &mut Provider<Simulated>,
        s: Socket,
        _b: Peer,
        fault: Fault,
    ) {
        // Endpoints are numbered as sockets are made, one for each.
        let endpoint = s.0 as u32;
        provider
            .transport_mut()
            .during_a_wait(move |network| network.fails(endpoint, error_of(fault)));
    }
}

impl Peers for SimulatedNetwork {
    fn stream_listener(&mut self) -> (Listener, SocketAddr) {
        let address = self.network.borrow_mut().listen();
        self.addresses.push(address);
        (Listener(self.addresses.len() - 1), address)
    }

    fn accepted(&mut self, listener: Listener) -> Peer {
        let address = self.addresses[listener.0];
        let endpoint = self.network.borrow_mut().accepted(address);
        let endpoint = endpoint.expect("somebody has connected");
        self.peers.push(SimulatedPeer::Stream(endpoint));
        Peer(self.peers.len() - 1)
    }

    fn datagram_peer(&mut self) -> (Peer, SocketAddr) {
        let address = self.network.borrow_mut().address();
        self.peers.push(SimulatedPeer::Datagrams(address));
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
        let SimulatedPeer::Datagrams(address) = self.peers[peer.0] else {
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
