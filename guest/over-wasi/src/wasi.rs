//! What the machine asks of WASI.

use std::net::{IpAddr, SocketAddr};

use wsp_core::{AddressFamily, TransportError};

/// A resolved address, or none when there are no more.
pub type NextAddress = Result<Option<IpAddr>, TransportError>;

/// Why a stream of WASI gives or takes nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamError {
    /// The end of the stream.
    Closed,
    /// The host's words for what happened. WASI 0.2 has no stable code for it.
    Failed(String),
}

/// A number-valued option of a socket that WASI has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Boolean.
    KeepAlive,
    /// Seconds.
    KeepAliveIdle,
    /// Seconds.
    KeepAliveInterval,
    /// Probes.
    KeepAliveCount,
    /// 1 to 255.
    HopLimit,
    /// Bytes.
    ReceiveBufferSize,
    /// Bytes.
    SendBufferSize,
}

/// A datagram that has arrived, and its sender.
pub type Incoming = (Vec<u8>, SocketAddr);

/// What `accept` gives.
pub type Accepted<W> = (<W as Wasi>::Tcp, <W as Wasi>::Input, <W as Wasi>::Output);

/// WASI 0.2, as far as the machine needs it: `wasi:sockets`, `wasi:io` and
/// `wasi:clocks`, call by call.
///
/// No call but [`Wasi::poll`] may wait. What comes of a socket is dropped before the socket,
/// and a pollable before what it tells of.
#[expect(
    clippy::missing_errors_doc,
    reason = "each call answers with the host's code, and TransportError::WouldBlock where WASI has would-block"
)]
pub trait Wasi {
    /// `tcp-socket`.
    type Tcp;
    /// `input-stream`.
    type Input;
    /// `output-stream`.
    type Output;
    /// `udp-socket`.
    type Udp;
    /// `incoming-datagram-stream`.
    type Arrivals;
    /// `outgoing-datagram-stream`.
    type Departures;
    /// `resolve-address-stream`.
    type Names;
    /// `pollable`.
    type Pollable;

    /// `create-tcp-socket`.
    fn create_tcp(&self, family: AddressFamily) -> Result<Self::Tcp, TransportError>;
    /// `start-bind`.
    fn start_bind(&self, socket: &Self::Tcp, local: SocketAddr) -> Result<(), TransportError>;
    /// `finish-bind`.
    fn finish_bind(&self, socket: &Self::Tcp) -> Result<(), TransportError>;
    /// `start-connect`.
    fn start_connect(&self, socket: &Self::Tcp, peer: SocketAddr) -> Result<(), TransportError>;
    /// `finish-connect`.
    fn finish_connect(
        &self,
        socket: &Self::Tcp,
    ) -> Result<(Self::Input, Self::Output), TransportError>;
    /// `set-listen-backlog-size`.
    fn set_backlog(&self, socket: &Self::Tcp, backlog: u64) -> Result<(), TransportError>;
    /// `start-listen`.
    fn start_listen(&self, socket: &Self::Tcp) -> Result<(), TransportError>;
    /// `finish-listen`.
    fn finish_listen(&self, socket: &Self::Tcp) -> Result<(), TransportError>;
    /// `accept`.
    fn accept(&self, socket: &Self::Tcp) -> Result<Accepted<Self>, TransportError>;
    /// `shutdown`, of what is sent or of what is received.
    fn shutdown(&self, socket: &Self::Tcp, sends: bool) -> Result<(), TransportError>;
    /// `local-address`.
    fn local_address(&self, socket: &Self::Tcp) -> Result<SocketAddr, TransportError>;
    /// `remote-address`.
    fn remote_address(&self, socket: &Self::Tcp) -> Result<SocketAddr, TransportError>;
    /// The getter of a setting.
    fn get(&self, socket: &Self::Tcp, setting: Setting) -> Result<u32, TransportError>;
    /// The setter of a setting.
    fn set(&self, socket: &Self::Tcp, setting: Setting, value: u32) -> Result<(), TransportError>;
    /// `subscribe`.
    fn subscribe(&self, socket: &Self::Tcp) -> Self::Pollable;

    /// `read`: up to `length` bytes, none if none are there.
    fn read(&self, input: &Self::Input, length: u64) -> Result<Vec<u8>, StreamError>;
    /// `subscribe`.
    fn subscribe_input(&self, input: &Self::Input) -> Self::Pollable;
    /// `check-write`: how many bytes may be written now.
    fn check_write(&self, output: &Self::Output) -> Result<u64, StreamError>;
    /// `write`: no more bytes than the last `check-write` has permitted.
    fn write(&self, output: &Self::Output, bytes: &[u8]) -> Result<(), StreamError>;
    /// `flush`, which only asks for it.
    fn flush(&self, output: &Self::Output) -> Result<(), StreamError>;
    /// `subscribe`.
    fn subscribe_output(&self, output: &Self::Output) -> Self::Pollable;

    /// `create-udp-socket`.
    fn create_udp(&self, family: AddressFamily) -> Result<Self::Udp, TransportError>;
    /// `start-bind`.
    fn start_bind_udp(&self, socket: &Self::Udp, local: SocketAddr) -> Result<(), TransportError>;
    /// `finish-bind`.
    fn finish_bind_udp(&self, socket: &Self::Udp) -> Result<(), TransportError>;
    /// `stream(none)`.
    fn datagrams(
        &self,
        socket: &Self::Udp,
    ) -> Result<(Self::Arrivals, Self::Departures), TransportError>;
    /// `local-address`.
    fn local_address_udp(&self, socket: &Self::Udp) -> Result<SocketAddr, TransportError>;
    /// The getter of a setting.
    fn get_udp(&self, socket: &Self::Udp, setting: Setting) -> Result<u32, TransportError>;
    /// The setter of a setting.
    fn set_udp(
        &self,
        socket: &Self::Udp,
        setting: Setting,
        value: u32,
    ) -> Result<(), TransportError>;
    /// `subscribe`.
    fn subscribe_udp(&self, socket: &Self::Udp) -> Self::Pollable;
    /// `receive`: up to `most` datagrams, none if none are there.
    fn receive(
        &self,
        arrivals: &Self::Arrivals,
        most: u64,
    ) -> Result<Vec<Incoming>, TransportError>;
    /// `subscribe`.
    fn subscribe_arrivals(&self, arrivals: &Self::Arrivals) -> Self::Pollable;
    /// `check-send`: how many datagrams may be sent now.
    fn check_send(&self, departures: &Self::Departures) -> Result<u64, TransportError>;
    /// `send` of one datagram: whether it was taken.
    fn send(
        &self,
        departures: &Self::Departures,
        bytes: &[u8],
        to: SocketAddr,
    ) -> Result<bool, TransportError>;
    /// `subscribe`.
    fn subscribe_departures(&self, departures: &Self::Departures) -> Self::Pollable;

    /// `resolve-addresses`.
    fn resolve(&self, name: &str) -> Result<Self::Names, TransportError>;
    /// `resolve-next-address`.
    fn next_address(&self, names: &Self::Names) -> NextAddress;
    /// `subscribe`.
    fn subscribe_names(&self, names: &Self::Names) -> Self::Pollable;

    /// `now` of the monotonic clock, in nanoseconds.
    fn now(&self) -> u64;
    /// `subscribe-instant`, of the same clock.
    fn at(&self, nanoseconds: u64) -> Self::Pollable;
    /// `ready`.
    fn is_ready(&self, pollable: &Self::Pollable) -> bool;
    /// `poll`: waits until one of them, which are one at least, is ready.
    fn poll(&self, pollables: &[&Self::Pollable]);
}
