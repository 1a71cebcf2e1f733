//! WSPBind, WSPConnect and WSPListen.

use core::net::SocketAddr;

use crate::{
    EndpointOption, NetworkEvents, Provider, SocketId, SocketType, Started, Transport,
    TransportError, WaitOutcome, WsaError,
    operation::Purpose,
    socket::{DefaultPeer, State, StreamState},
    submit::Submitted,
    transport::is_nobodys,
};

impl<T: Transport> Provider<T> {
    /// WSPBind.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAEINVAL` when bound already; `WSAEFAULT` for an address
    /// of another family; `WSAEACCES`, `WSAEADDRINUSE`, `WSAEADDRNOTAVAIL` as the
    /// transport says. With SO_REUSEADDR an address that is not shared is `WSAEACCES`.
    pub fn bind(&mut self, s: SocketId, name: SocketAddr) -> Result<(), WsaError> {
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        if !socket.family.has(name) {
            return Err(WsaError::Fault);
        }
        if socket.bound() {
            return Err(WsaError::Inval);
        }
        if let Err(error) = self.transport.bind(&socket.endpoint, name) {
            let shares = EndpointOption::ReuseAddress;
            let refused = error == TransportError::AddressInUse
                && socket.kind() == SocketType::Stream
                && self.transport.get_option(&socket.endpoint, shares) == Ok(1);
            // What somebody has who does not share it, as Windows calls it.
            return Err(if refused {
                WsaError::Acces
            } else {
                error.into()
            });
        }
        match &mut socket.state {
            State::Stream(state) => *state = StreamState::Bound,
            State::Datagram { bound, .. } => *bound = true,
        }
        self.note_change(s);
        self.record_network_events(s);
        Ok(())
    }

    /// WSPListen. A `backlog` of 0 lets the transport choose.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAEOPNOTSUPP` for a datagram socket; `WSAEINVAL` when
    /// not bound; `WSAEISCONN`; `WSAEACCES`.
    pub fn listen(&mut self, s: SocketId, backlog: u32) -> Result<(), WsaError> {
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        let State::Stream(state) = &mut socket.state else {
            return Err(WsaError::OpNotSupp);
        };
        match state {
            StreamState::Fresh | StreamState::Connecting { .. } | StreamState::Accepting { .. } => {
                return Err(WsaError::Inval);
            }
            StreamState::Connected => return Err(WsaError::IsConn),
            StreamState::Listening => return Ok(()),
            StreamState::Bound => {}
        }
        self.transport.listen(&socket.endpoint, backlog)?;
        *state = StreamState::Listening;
        self.note_change(s);
        self.record_network_events(s);
        Ok(())
    }

    /// WSPConnect. A blocking stream socket waits; a nonblocking one answers
    /// `WSAEWOULDBLOCK`, then `WSAEALREADY`, and `WSAEISCONN` once it is
    /// connected, while SO_ERROR tells why it failed. A datagram socket gets its
    /// default peer, and loses it if the address is the unspecified one.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAEFAULT` for an address of another family; `WSAEINVAL`
    /// when listening, and while ConnectEx connects it; `WSAEISCONN`; `WSAEALREADY`; `WSAEADDRNOTAVAIL` for port 0
    /// and, of a stream, for the unspecified address; `WSAEACCES`,
    /// `WSAECONNREFUSED`, `WSAETIMEDOUT` and others as the transport says.
    pub fn connect(&mut self, s: SocketId, name: SocketAddr) -> Result<(), WsaError> {
        self.pump_outstanding();
        self.look_at_attempt(s);
        let socket = self.open_socket(s)?;
        if !socket.family.has(name) {
            return Err(WsaError::Fault);
        }
        match socket.state {
            State::Datagram { bound, .. } => self.connect_datagram(s, name, bound),
            State::Stream(StreamState::Fresh) => self.connect_stream(s, name, false),
            State::Stream(StreamState::Bound) => self.connect_stream(s, name, true),
            State::Stream(StreamState::Listening | StreamState::Accepting { .. }) => {
                Err(WsaError::Inval)
            }
            State::Stream(StreamState::Connecting { operation, .. }) => {
                Err(if self.is_connect_ex(operation) {
                    WsaError::Inval
                } else {
                    WsaError::Already
                })
            }
            State::Stream(StreamState::Connected) => Err(WsaError::IsConn),
        }
    }

    fn connect_datagram(
        &mut self,
        s: SocketId,
        name: SocketAddr,
        was_bound: bool,
    ) -> Result<(), WsaError> {
        // Every port of the unspecified address takes the default peer away.
        if is_nobodys(name) && !name.ip().is_unspecified() {
            return Err(WsaError::AddrNotAvail);
        }
        let mut is_broadcast = false;
        let connected = self.submit(s, Purpose::Connect, |transport, endpoint, number| {
            let connected = transport.start_connect(endpoint, name, number);
            // Systems refuse a broadcast address here without SO_BROADCAST, Winsock
            // with the send (WSPSend, WSAEACCES).
            if connected == Err(TransportError::NeedsBroadcast) {
                is_broadcast = true;
                return connect_to_broadcast(transport, endpoint, name, number);
            }
            connected
        })?;
        // A default peer is set at once, whatever the transport says.
        if let Submitted::Pending(operation) = connected {
            self.operations.remove(operation);
        }
        let socket = self.open_socket_mut(s)?;
        let dissolved = name.ip().is_unspecified();
        socket.state = State::Datagram {
            bound: was_bound || !dissolved,
            peer: (!dissolved).then_some(DefaultPeer {
                address: name,
                is_broadcast,
            }),
        };
        self.note_change(s);
        if dissolved {
            self.record_network_events(s);
        } else {
            self.record_connect(s, None);
        }
        Ok(())
    }

    fn connect_stream(
        &mut self,
        s: SocketId,
        name: SocketAddr,
        was_bound: bool,
    ) -> Result<(), WsaError> {
        if is_nobodys(name) {
            return Err(WsaError::AddrNotAvail);
        }
        self.enable_network_events(s, NetworkEvents::CONNECT);
        self.open_socket_mut(s)?.attempt_failed = false;
        let connected = self.submit(s, Purpose::Connect, |transport, endpoint, number| {
            transport.start_connect(endpoint, name, number)
        })?;
        let now = self.transport.now();
        let socket = self.open_socket_mut(s)?;
        match connected {
            Submitted::Done(_) => {
                socket.connected(now);
                self.record_connect(s, None);
                Ok(())
            }
            Submitted::Pending(operation) => {
                socket.state = State::Stream(StreamState::Connecting {
                    operation,
                    was_bound,
                    peer: name,
                });
                if socket.nonblocking {
                    return Err(WsaError::WouldBlock);
                }
                self.wait_connected(s)
            }
        }
    }

    /// Takes notice of an attempt that has succeeded by now: a peer that is here as
    /// well may have accepted the connection before this call.
    pub(crate) fn look_at_attempt(&mut self, s: SocketId) {
        if let Some(socket) = self.sockets.get(s)
            && socket.is_connecting()
        {
            self.transport.ready(&socket.endpoint);
            self.pump();
        }
    }

    fn wait_connected(&mut self, s: SocketId) -> Result<(), WsaError> {
        loop {
            self.pump();
            let socket = self.open_socket_mut(s)?;
            match socket.state {
                State::Stream(StreamState::Connecting { .. }) => {}
                State::Stream(StreamState::Connected) => return Ok(()),
                _ => {
                    // Who waited has been told.
                    let error = socket.connect_error.take();
                    return Err(error.unwrap_or(WsaError::SyscallFailure));
                }
            }
            // If waiting is impossible the attempt goes on, as on a nonblocking socket.
            if self.transport.wait_finished(None) == WaitOutcome::CannotBlock {
                return Err(WsaError::WouldBlock);
            }
        }
    }
}

fn connect_to_broadcast<T: Transport>(
    transport: &mut T,
    endpoint: &T::Endpoint,
    name: SocketAddr,
    operation: u64,
) -> Result<Started, TransportError> {
    let option = EndpointOption::Broadcast;
    transport.set_option(endpoint, option, 1)?;
    let connected = transport.start_connect(endpoint, name, operation);
    transport.set_option(endpoint, option, 0)?;
    connected
}
