//! Sockets, as the transport has them.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use wsp_transport::{
    Arrived, Connecting, Direction, EndpointOption, NetworkSocket, Protocol, Readiness, SendFlags,
    TransportError,
};

use crate::state::{Role, Shared, Socket, State};

/// A socket, by its number. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct SimulatedSocket {
    shared: Arc<Shared>,
    number: u64,
    protocol: Protocol,
}

impl SimulatedSocket {
    pub(crate) fn new(shared: &Arc<Shared>, number: u64, protocol: Protocol) -> SimulatedSocket {
        SimulatedSocket {
            shared: Arc::clone(shared),
            number,
            protocol,
        }
    }

    fn with<R>(&self, call: impl FnOnce(&mut State, u64) -> R) -> R {
        self.shared.with(|state| call(state, self.number))
    }
}

impl Drop for SimulatedSocket {
    fn drop(&mut self) {
        self.with(State::close);
    }
}

impl State {
    fn readiness(&self, number: u64) -> Readiness {
        let Some(socket) = self.sockets.get(&number) else {
            return Readiness::all();
        };
        match &socket.role {
            Role::Fresh => Readiness::WRITABLE,
            Role::Listening(backlog) => match backlog.ready.is_empty() {
                true => Readiness::empty(),
                false => Readiness::READABLE,
            },
            Role::Connected { connection, side } => self.stream_readiness(*connection, *side),
            Role::Datagrams(datagrams) => datagrams.readiness(socket.buffers.0),
        }
    }

    fn unacknowledged(&self, number: u64) -> u64 {
        let connection = self.connection_of(number);
        connection.map_or(0, |(connection, side)| {
            connection.end(side).out.bytes.len() as u64
        })
    }

    /// Has who waits woken when something happens to the socket.
    fn wait(&mut self, number: u64, cx: &Context<'_>) -> Poll<()> {
        if let Some(Socket { wakers, .. }) = self.sockets.get_mut(&number)
            && !wakers.iter().any(|waker| waker.will_wake(cx.waker()))
        {
            wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl NetworkSocket for SimulatedSocket {
    fn bind(&self, local: SocketAddr, shares: bool) -> Result<(), TransportError> {
        self.with(|state, number| state.bind(number, local, shares))
    }

    fn connect(&self, peer: SocketAddr) -> Result<Connecting, TransportError> {
        self.with(|state, number| match self.protocol {
            Protocol::Tcp => state.connect(number, peer),
            Protocol::Udp => state.connect_datagrams(number, peer),
        })
    }

    fn attempt(&self) -> Option<Result<(), TransportError>> {
        self.with(State::attempt)
    }

    fn disconnect(&self) -> Result<(), TransportError> {
        self.with(State::disconnect)
    }

    fn listen(&self, backlog: u32) -> Result<(), TransportError> {
        self.with(|state, number| state.listen(number, backlog))
    }

    fn accept(&self) -> Result<(Arc<dyn NetworkSocket>, SocketAddr), TransportError> {
        let (number, peer) = self.with(State::accept)?;
        let accepted = SimulatedSocket::new(&self.shared, number, self.protocol);
        Ok((Arc::new(accepted), peer))
    }

    fn local_address(&self) -> SocketAddr {
        self.with(|state, number| state.local_address(number))
    }

    fn peer_address(&self) -> Option<SocketAddr> {
        self.with(|state, number| state.peer_address(number))
    }

    fn send(
        &self,
        parts: &[IoSlice<'_>],
        to: Option<SocketAddr>,
        flags: SendFlags,
    ) -> Result<usize, TransportError> {
        self.with(|state, number| match self.protocol {
            Protocol::Tcp => state.send_stream(number, parts, flags),
            // In parts (SendFlags::MORE) is not simulated.
            Protocol::Udp if flags.contains(SendFlags::MORE) => Err(TransportError::NotSupported),
            Protocol::Udp => state.send_datagram(number, parts, to),
        })
    }

    fn receive(&self, space: &mut [u8], peeks: bool) -> Result<Arrived, TransportError> {
        self.with(|state, number| match self.protocol {
            Protocol::Tcp => state.receive_stream(number, space, peeks),
            Protocol::Udp => state.receive_datagram(number, space, peeks),
        })
    }

    fn receive_urgent(&self, space: &mut [u8], peeks: bool) -> Result<Arrived, TransportError> {
        self.with(|state, number| state.receive_urgent(number, space, peeks))
    }

    fn available(&self) -> u64 {
        self.with(|state, number| {
            let stream = state.connection_of(number);
            let stream = stream.map(|(connection, side)| connection.end(side).inbox.bytes.len());
            let bytes = match state.sockets.get(&number).map(|socket| &socket.role) {
                Some(Role::Datagrams(datagrams)) => datagrams.first(),
                _ => stream.unwrap_or(0),
            };
            bytes as u64
        })
    }

    fn unacknowledged(&self) -> u64 {
        self.with(|state, number| state.unacknowledged(number))
    }

    fn poll_acknowledged(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.with(|state, number| match state.unacknowledged(number) {
            0 => Poll::Ready(()),
            _ => state.wait(number, cx),
        })
    }

    fn shutdown(&self, direction: Direction) -> Result<(), TransportError> {
        self.with(|state, number| state.shutdown(number, direction))
    }

    fn abort_on_close(&self, on: bool) {
        self.with(|state, number| {
            if let Ok(socket) = state.socket_mut(number) {
                socket.aborts = on;
            }
        });
    }

    fn option(&self, option: EndpointOption) -> Result<u32, TransportError> {
        self.with(|state, number| state.socket(number)?.option(option))
    }

    fn set_option(&self, option: EndpointOption, value: u32) -> Result<(), TransportError> {
        self.with(|state, number| state.set_option(number, option, value))
    }

    fn readiness(&self) -> Readiness {
        self.with(|state, number| state.readiness(number))
    }

    fn poll_ready(&self, wanted: Readiness, cx: &mut Context<'_>) -> Poll<()> {
        self.with(
            |state, number| match state.readiness(number).intersects(wanted) {
                true => Poll::Ready(()),
                false => state.wait(number, cx),
            },
        )
    }
}
