//! WSPGetSockOpt, WSPSetSockOpt and WSPIoctl.

use crate::{
    EndpointOption, Provider, SocketId, SocketType, Transport, TransportError, WsaError,
    completion::{count, maximum_message_size},
    socket::{State, StreamState},
};

/// SO_LINGER: `None` is off, else the time in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Linger(pub Option<u16>);

/// A socket option with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketOption {
    /// SO_ACCEPTCONN, read only.
    AcceptConn(bool),
    /// SO_BROADCAST.
    Broadcast(bool),
    /// SO_ERROR, read only, cleared by reading: a Winsock error number, or 0.
    Error(u32),
    /// SO_KEEPALIVE (streams).
    KeepAlive(bool),
    /// SO_LINGER (streams).
    Linger(Linger),
    /// SO_MAX_MSG_SIZE (datagrams), read only, in bytes.
    MaxMsgSize(u32),
    /// SO_OOBINLINE (streams).
    OobInline(bool),
    /// SO_RCVBUF, in bytes.
    RcvBuf(u32),
    /// SO_RCVTIMEO, in milliseconds; 0 is none.
    RcvTimeo(u32),
    /// SO_REUSEADDR.
    ReuseAddr(bool),
    /// SO_SNDBUF, in bytes.
    SndBuf(u32),
    /// SO_SNDTIMEO, in milliseconds; 0 is none.
    SndTimeo(u32),
    /// SO_TYPE, read only.
    Type(SocketType),
    /// TCP_NODELAY (streams).
    NoDelay(bool),
}

/// The name of a socket option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the name of a variant of SocketOption")]
#[non_exhaustive]
pub enum SocketOptionName {
    AcceptConn,
    Broadcast,
    Error,
    KeepAlive,
    Linger,
    MaxMsgSize,
    OobInline,
    RcvBuf,
    RcvTimeo,
    ReuseAddr,
    SndBuf,
    SndTimeo,
    Type,
    NoDelay,
}

impl<T: Transport> Provider<T> {
    /// WSPGetSockOpt.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOPROTOOPT` where the socket's type has no such option.
    pub fn get_option(
        &mut self,
        s: SocketId,
        name: SocketOptionName,
    ) -> Result<SocketOption, WsaError> {
        self.pump_outstanding();
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        let stream = socket.kind() == SocketType::Stream;
        let mut read = |option| match self.transport.get_option(&socket.endpoint, option) {
            Err(TransportError::NotSupported) => Err(WsaError::NoProtoOpt),
            other => Ok(other?),
        };
        Ok(match name {
            SocketOptionName::AcceptConn => {
                SocketOption::AcceptConn(socket.state == State::Stream(StreamState::Listening))
            }
            SocketOptionName::Broadcast if !stream => {
                SocketOption::Broadcast(read(EndpointOption::Broadcast)? != 0)
            }
            SocketOptionName::Error => {
                SocketOption::Error(socket.pending_error.take().map_or(0, WsaError::number))
            }
            SocketOptionName::KeepAlive if stream => {
                SocketOption::KeepAlive(read(EndpointOption::KeepAlive)? != 0)
            }
            SocketOptionName::Linger if stream => SocketOption::Linger(socket.linger),
            SocketOptionName::MaxMsgSize => SocketOption::MaxMsgSize(
                maximum_message_size(socket.family, socket.kind()).ok_or(WsaError::NoProtoOpt)?,
            ),
            SocketOptionName::OobInline if stream => {
                SocketOption::OobInline(read(EndpointOption::OobInline)? != 0)
            }
            SocketOptionName::RcvBuf => SocketOption::RcvBuf(match socket.receive_buffer_size {
                Some(set) => set,
                None => read(EndpointOption::ReceiveBufferSize)?,
            }),
            SocketOptionName::RcvTimeo => SocketOption::RcvTimeo(socket.receive_timeout),
            SocketOptionName::ReuseAddr => {
                SocketOption::ReuseAddr(read(EndpointOption::ReuseAddress)? != 0)
            }
            SocketOptionName::SndBuf => SocketOption::SndBuf(match socket.send_buffer_size {
                Some(set) => set,
                None => read(EndpointOption::SendBufferSize)?,
            }),
            SocketOptionName::SndTimeo => SocketOption::SndTimeo(socket.send_timeout),
            SocketOptionName::Type => SocketOption::Type(socket.kind()),
            SocketOptionName::NoDelay if stream => {
                SocketOption::NoDelay(read(EndpointOption::NoDelay)? != 0)
            }
            SocketOptionName::Broadcast
            | SocketOptionName::KeepAlive
            | SocketOptionName::Linger
            | SocketOptionName::OobInline
            | SocketOptionName::NoDelay => return Err(WsaError::NoProtoOpt),
        })
    }

    /// WSPSetSockOpt.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOPROTOOPT` where the option is read only or the
    /// socket's type has no such option.
    pub fn set_option(&mut self, s: SocketId, option: SocketOption) -> Result<(), WsaError> {
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        let stream = socket.kind() == SocketType::Stream;
        let mut write =
            |option, value| match self.transport.set_option(&socket.endpoint, option, value) {
                Err(TransportError::NotSupported) => Err(WsaError::NoProtoOpt),
                other => Ok(other?),
            };
        match option {
            SocketOption::Broadcast(on) if !stream => write(EndpointOption::Broadcast, on.into()),
            SocketOption::KeepAlive(on) if stream => write(EndpointOption::KeepAlive, on.into()),
            SocketOption::OobInline(on) if stream => write(EndpointOption::OobInline, on.into()),
            SocketOption::NoDelay(on) if stream => write(EndpointOption::NoDelay, on.into()),
            SocketOption::ReuseAddr(on) => write(EndpointOption::ReuseAddress, on.into()),
            SocketOption::Linger(linger) if stream => {
                socket.linger = linger;
                Ok(())
            }
            SocketOption::RcvBuf(bytes) => {
                write(EndpointOption::ReceiveBufferSize, bytes)?;
                socket.receive_buffer_size = Some(bytes);
                Ok(())
            }
            SocketOption::SndBuf(bytes) => {
                write(EndpointOption::SendBufferSize, bytes)?;
                socket.send_buffer_size = Some(bytes);
                Ok(())
            }
            SocketOption::RcvTimeo(milliseconds) => {
                socket.receive_timeout = milliseconds;
                Ok(())
            }
            SocketOption::SndTimeo(milliseconds) => {
                socket.send_timeout = milliseconds;
                Ok(())
            }
            _ => Err(WsaError::NoProtoOpt),
        }
    }

    /// WSPIoctl with FIONBIO.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`.
    pub fn set_nonblocking(&mut self, s: SocketId, nonblocking: bool) -> Result<(), WsaError> {
        self.open_socket_mut(s)?.nonblocking = nonblocking;
        Ok(())
    }

    /// WSPIoctl with FIONREAD: bytes that a receive would find now.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`.
    pub fn available(&mut self, s: SocketId) -> Result<u32, WsaError> {
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        Ok(count(self.transport.available(&socket.endpoint)?))
    }
}
