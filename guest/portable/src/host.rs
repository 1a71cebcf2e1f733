//! The host's WASI 0.2, as the machine calls it.

use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};

use wasi::clocks::monotonic_clock;
use wasi::io::poll::{self, Pollable};
use wasi::io::streams::{InputStream, OutputStream, StreamError as WasiStreamError};
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::ip_name_lookup::{ResolveAddressStream, resolve_addresses};
use wasi::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
    Network,
};
use wasi::sockets::tcp::{ShutdownType, TcpSocket};
use wasi::sockets::tcp_create_socket::create_tcp_socket;
use wasi::sockets::udp::{
    IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket,
};
use wasi::sockets::udp_create_socket::create_udp_socket;
use wsp_core::{AddressFamily, TransportError};
use wsp_over_wasi::wasi::{Accepted, Incoming, NextAddress, Setting, StreamError, Wasi};

/// WASI counts times in nanoseconds, and Winsock keep-alives in seconds.
const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// The host, with the one network that it gives.
pub(crate) struct Host(Network);

impl Host {
    pub(crate) fn new() -> Host {
        Host(instance_network())
    }
}

/// An answer with the host's code, in the words of the transport.
fn told<T>(answer: Result<T, ErrorCode>) -> Result<T, TransportError> {
    answer.map_err(|code| match code {
        ErrorCode::AccessDenied => TransportError::AccessDenied,
        ErrorCode::NotSupported => TransportError::NotSupported,
        ErrorCode::InvalidArgument | ErrorCode::InvalidState | ErrorCode::ConcurrencyConflict => {
            TransportError::InvalidArgument
        }
        ErrorCode::OutOfMemory => TransportError::OutOfBuffers,
        ErrorCode::Timeout => TransportError::TimedOut,
        ErrorCode::WouldBlock | ErrorCode::NotInProgress => TransportError::WouldBlock,
        ErrorCode::NewSocketLimit => TransportError::TooManyEndpoints,
        ErrorCode::AddressNotBindable => TransportError::AddressNotAvailable,
        ErrorCode::AddressInUse => TransportError::AddressInUse,
        ErrorCode::RemoteUnreachable => TransportError::HostUnreachable,
        ErrorCode::ConnectionRefused => TransportError::ConnectionRefused,
        ErrorCode::ConnectionReset => TransportError::ConnectionReset,
        ErrorCode::ConnectionAborted => TransportError::ConnectionAborted,
        ErrorCode::DatagramTooLarge => TransportError::MessageTooLarge,
        _ => TransportError::Other,
    })
}

fn told_of_stream<T>(answer: Result<T, WasiStreamError>) -> Result<T, StreamError> {
    answer.map_err(|error| match error {
        WasiStreamError::Closed => StreamError::Closed,
        WasiStreamError::LastOperationFailed(error) => StreamError::Failed(error.to_debug_string()),
    })
}

fn to_wasi(address: SocketAddr) -> IpSocketAddress {
    match address {
        SocketAddr::V4(v4) => IpSocketAddress::Ipv4(Ipv4SocketAddress {
            port: v4.port(),
            address: v4.ip().octets().into(),
        }),
        SocketAddr::V6(v6) => IpSocketAddress::Ipv6(Ipv6SocketAddress {
            port: v6.port(),
            flow_info: v6.flowinfo(),
            scope_id: v6.scope_id(),
            address: v6.ip().segments().into(),
        }),
    }
}

fn from_wasi(address: IpSocketAddress) -> SocketAddr {
    match address {
        IpSocketAddress::Ipv4(v4) => {
            SocketAddrV4::new(<[u8; 4]>::from(v4.address).into(), v4.port).into()
        }
        IpSocketAddress::Ipv6(v6) => SocketAddrV6::new(
            <[u16; 8]>::from(v6.address).into(),
            v6.port,
            v6.flow_info,
            v6.scope_id,
        )
        .into(),
    }
}

fn family_to_wasi(family: AddressFamily) -> IpAddressFamily {
    match family {
        AddressFamily::Inet => IpAddressFamily::Ipv4,
        AddressFamily::Inet6 => IpAddressFamily::Ipv6,
    }
}

fn number(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn seconds(nanoseconds: u64) -> u32 {
    number(nanoseconds / NANOSECONDS_PER_SECOND)
}

fn nanoseconds(seconds: u32) -> u64 {
    u64::from(seconds) * NANOSECONDS_PER_SECOND
}

fn byte(value: u32) -> Result<u8, TransportError> {
    u8::try_from(value).map_err(|_| TransportError::InvalidArgument)
}

impl Wasi for Host {
    type Tcp = TcpSocket;
    type Input = InputStream;
    type Output = OutputStream;
    type Udp = UdpSocket;
    type Arrivals = IncomingDatagramStream;
    type Departures = OutgoingDatagramStream;
    type Names = ResolveAddressStream;
    type Pollable = Pollable;

    fn create_tcp(&self, family: AddressFamily) -> Result<TcpSocket, TransportError> {
        told(create_tcp_socket(family_to_wasi(family)))
    }

    fn start_bind(&self, socket: &TcpSocket, local: SocketAddr) -> Result<(), TransportError> {
        told(socket.start_bind(&self.0, to_wasi(local)))
    }

    fn finish_bind(&self, socket: &TcpSocket) -> Result<(), TransportError> {
        told(socket.finish_bind())
    }

    fn start_connect(&self, socket: &TcpSocket, peer: SocketAddr) -> Result<(), TransportError> {
        told(socket.start_connect(&self.0, to_wasi(peer)))
    }

    fn finish_connect(
        &self,
        socket: &TcpSocket,
    ) -> Result<(InputStream, OutputStream), TransportError> {
        told(socket.finish_connect())
    }

    fn set_backlog(&self, socket: &TcpSocket, backlog: u64) -> Result<(), TransportError> {
        told(socket.set_listen_backlog_size(backlog))
    }

    fn start_listen(&self, socket: &TcpSocket) -> Result<(), TransportError> {
        told(socket.start_listen())
    }

    fn finish_listen(&self, socket: &TcpSocket) -> Result<(), TransportError> {
        told(socket.finish_listen())
    }

    fn accept(&self, socket: &TcpSocket) -> Result<Accepted<Host>, TransportError> {
        told(socket.accept())
    }

    fn shutdown(&self, socket: &TcpSocket, sends: bool) -> Result<(), TransportError> {
        told(socket.shutdown(if sends {
            ShutdownType::Send
        } else {
            ShutdownType::Receive
        }))
    }

    fn local_address(&self, socket: &TcpSocket) -> Result<SocketAddr, TransportError> {
        told(socket.local_address()).map(from_wasi)
    }

    fn remote_address(&self, socket: &TcpSocket) -> Result<SocketAddr, TransportError> {
        told(socket.remote_address()).map(from_wasi)
    }

    fn get(&self, socket: &TcpSocket, setting: Setting) -> Result<u32, TransportError> {
        told(match setting {
            Setting::KeepAlive => socket.keep_alive_enabled().map(u32::from),
            Setting::KeepAliveIdle => socket.keep_alive_idle_time().map(seconds),
            Setting::KeepAliveInterval => socket.keep_alive_interval().map(seconds),
            Setting::KeepAliveCount => socket.keep_alive_count(),
            Setting::HopLimit => socket.hop_limit().map(u32::from),
            Setting::ReceiveBufferSize => socket.receive_buffer_size().map(number),
            Setting::SendBufferSize => socket.send_buffer_size().map(number),
        })
    }

    fn set(&self, socket: &TcpSocket, setting: Setting, value: u32) -> Result<(), TransportError> {
        told(match setting {
            Setting::KeepAlive => socket.set_keep_alive_enabled(value != 0),
            Setting::KeepAliveIdle => socket.set_keep_alive_idle_time(nanoseconds(value)),
            Setting::KeepAliveInterval => socket.set_keep_alive_interval(nanoseconds(value)),
            Setting::KeepAliveCount => socket.set_keep_alive_count(value),
            Setting::HopLimit => socket.set_hop_limit(byte(value)?),
            Setting::ReceiveBufferSize => socket.set_receive_buffer_size(value.into()),
            Setting::SendBufferSize => socket.set_send_buffer_size(value.into()),
        })
    }

    fn subscribe(&self, socket: &TcpSocket) -> Pollable {
        socket.subscribe()
    }

    fn read(&self, input: &InputStream, length: u64) -> Result<Vec<u8>, StreamError> {
        told_of_stream(input.read(length))
    }

    fn subscribe_input(&self, input: &InputStream) -> Pollable {
        input.subscribe()
    }

    fn check_write(&self, output: &OutputStream) -> Result<u64, StreamError> {
        told_of_stream(output.check_write())
    }

    fn write(&self, output: &OutputStream, bytes: &[u8]) -> Result<(), StreamError> {
        told_of_stream(output.write(bytes))
    }

    fn flush(&self, output: &OutputStream) -> Result<(), StreamError> {
        told_of_stream(output.flush())
    }

    fn subscribe_output(&self, output: &OutputStream) -> Pollable {
        output.subscribe()
    }

    fn create_udp(&self, family: AddressFamily) -> Result<UdpSocket, TransportError> {
        told(create_udp_socket(family_to_wasi(family)))
    }

    fn start_bind_udp(&self, socket: &UdpSocket, local: SocketAddr) -> Result<(), TransportError> {
        told(socket.start_bind(&self.0, to_wasi(local)))
    }

    fn finish_bind_udp(&self, socket: &UdpSocket) -> Result<(), TransportError> {
        told(socket.finish_bind())
    }

    fn datagrams(
        &self,
        socket: &UdpSocket,
    ) -> Result<(IncomingDatagramStream, OutgoingDatagramStream), TransportError> {
        told(socket.stream(None))
    }

    fn local_address_udp(&self, socket: &UdpSocket) -> Result<SocketAddr, TransportError> {
        told(socket.local_address()).map(from_wasi)
    }

    fn get_udp(&self, socket: &UdpSocket, setting: Setting) -> Result<u32, TransportError> {
        match setting {
            Setting::HopLimit => told(socket.unicast_hop_limit().map(u32::from)),
            Setting::ReceiveBufferSize => told(socket.receive_buffer_size().map(number)),
            Setting::SendBufferSize => told(socket.send_buffer_size().map(number)),
            _ => Err(TransportError::NotSupported),
        }
    }

    fn set_udp(
        &self,
        socket: &UdpSocket,
        setting: Setting,
        value: u32,
    ) -> Result<(), TransportError> {
        match setting {
            Setting::HopLimit => told(socket.set_unicast_hop_limit(byte(value)?)),
            Setting::ReceiveBufferSize => told(socket.set_receive_buffer_size(value.into())),
            Setting::SendBufferSize => told(socket.set_send_buffer_size(value.into())),
            _ => Err(TransportError::NotSupported),
        }
    }

    fn subscribe_udp(&self, socket: &UdpSocket) -> Pollable {
        socket.subscribe()
    }

    fn receive(
        &self,
        arrivals: &IncomingDatagramStream,
        most: u64,
    ) -> Result<Vec<Incoming>, TransportError> {
        let datagrams = told(arrivals.receive(most))?.into_iter();
        let datagrams =
            datagrams.map(|datagram| (datagram.data, from_wasi(datagram.remote_address)));
        Ok(datagrams.collect())
    }

    fn subscribe_arrivals(&self, arrivals: &IncomingDatagramStream) -> Pollable {
        arrivals.subscribe()
    }

    fn check_send(&self, departures: &OutgoingDatagramStream) -> Result<u64, TransportError> {
        told(departures.check_send())
    }

    fn send(
        &self,
        departures: &OutgoingDatagramStream,
        bytes: &[u8],
        to: SocketAddr,
    ) -> Result<bool, TransportError> {
        let datagram = OutgoingDatagram {
            data: bytes.to_vec(),
            remote_address: Some(to_wasi(to)),
        };
        told(departures.send(&[datagram])).map(|sent| sent > 0)
    }

    fn subscribe_departures(&self, departures: &OutgoingDatagramStream) -> Pollable {
        departures.subscribe()
    }

    fn resolve(&self, name: &str) -> Result<ResolveAddressStream, TransportError> {
        told(resolve_addresses(&self.0, name))
    }

    fn next_address(&self, names: &ResolveAddressStream) -> NextAddress {
        let next = told(names.resolve_next_address())?;
        Ok(next.map(|address| match address {
            IpAddress::Ipv4(v4) => IpAddr::from(<[u8; 4]>::from(v4)),
            IpAddress::Ipv6(v6) => IpAddr::from(<[u16; 8]>::from(v6)),
        }))
    }

    fn subscribe_names(&self, names: &ResolveAddressStream) -> Pollable {
        names.subscribe()
    }

    fn now(&self) -> u64 {
        monotonic_clock::now()
    }

    fn at(&self, nanoseconds: u64) -> Pollable {
        monotonic_clock::subscribe_instant(nanoseconds)
    }

    fn is_ready(&self, pollable: &Pollable) -> bool {
        pollable.ready()
    }

    fn poll(&self, pollables: &[&Pollable]) {
        poll::poll(pollables);
    }
}
