//! Providers, connected sockets and completions.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::OnceLock;

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use wsp::policy::{Policy, Protocol};
use wsp::{
    AddressFamily, Completion, Error, Host, Limits, MessageFlags, Notify, Posted, Provider,
    Settings, Socket, SocketOption, SocketType, WsaError,
};
use wsp_tests::peer::{Listener, V4};
use wsp_tests::within;

pub(crate) const EVERY_NOTIFY: [Notify; 3] = [Notify::Event, Notify::Routine, Notify::Poll];

pub(crate) fn no_flags() -> MessageFlags {
    MessageFlags::empty()
}

/// One host for all tests: a provider component is compiled once.
pub(crate) fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(super::super::new_host)
}

pub(crate) fn provider(policy: Policy) -> Provider {
    host().provider(Settings::new(policy)).unwrap()
}

/// A provider that may connect to `peer` and nothing else.
pub(crate) fn reaching(peer: SocketAddr) -> Provider {
    provider(Policy::naming(Protocol::Tcp, &[peer]))
}

/// A provider that may listen on 127.0.0.1, or receive datagrams there.
pub(crate) fn receiving_on_loopback(protocol: Protocol) -> Provider {
    let rule = format!("{protocol}://127.0.0.1:0").parse().unwrap();
    provider(Policy::deny_all().allow_inbound(rule).unwrap())
}

pub(crate) fn stream_socket(provider: &Provider) -> Socket {
    provider
        .socket(AddressFamily::Inet, SocketType::Stream)
        .unwrap()
}

/// A socket of a provider of its own, connected to a plain one.
pub(crate) struct Connected {
    pub(crate) provider: Provider,
    pub(crate) socket: Socket,
    pub(crate) peer: TcpStream,
}

pub(crate) async fn connected() -> Connected {
    connected_within(Limits::default()).await
}

/// As [`connected`], where the provider has these limits.
pub(crate) async fn connected_within(limits: Limits) -> Connected {
    let settings = |settings: Settings| settings.with_limits(limits);
    connected_by(settings, little_room).await
}

/// Leaves little room below, so that what the peer does not read soon stays pending.
pub(crate) fn little_room(socket: &Socket) {
    let room = SocketOption::SoSndbuf(16 * 1024);
    socket.set_option(room).unwrap();
}

/// As [`connected`], with these changes of the settings, and of the socket before it connects.
pub(crate) async fn connected_by(
    settings: impl FnOnce(Settings) -> Settings,
    prepare: impl FnOnce(&Socket),
) -> Connected {
    let listener = Listener::on(V4);
    let policy = Policy::naming(Protocol::Tcp, &[listener.address()]);
    let provider = host().provider(settings(Settings::new(policy))).unwrap();
    let socket = stream_socket(&provider);
    prepare(&socket);
    within("the connection", socket.connect(listener.address()))
        .await
        .unwrap();
    let peer = listener.accept().await;
    Connected {
        provider,
        socket,
        peer,
    }
}

/// Two providers with a connection between them.
pub(crate) struct Pair {
    pub(crate) connecting_provider: Provider,
    pub(crate) connecting: Socket,
    pub(crate) accepting_provider: Provider,
    pub(crate) accepted: Socket,
}

pub(crate) async fn pair() -> Pair {
    let accepting_provider = receiving_on_loopback(Protocol::Tcp);
    let listener = listening(&accepting_provider);
    let address = listener.local_addr().unwrap();
    let connecting_provider = reaching(address);
    let connecting = stream_socket(&connecting_provider);
    let both = async { tokio::join!(connecting.connect(address), listener.accept()) };
    let (connect, accept) = within("the connection", both).await;
    connect.unwrap();
    let (accepted, from) = accept.unwrap();
    assert_eq!(from, connecting.local_addr().unwrap());
    Pair {
        connecting_provider,
        connecting,
        accepting_provider,
        accepted,
    }
}

/// A socket that listens on a free port of 127.0.0.1.
pub(crate) fn listening(provider: &Provider) -> Socket {
    let listener = stream_socket(provider);
    listener.bind((V4, 0).into()).unwrap();
    listener.listen(0).unwrap();
    listener
}

/// A block of `length` bytes that is different for each `seed` below 1009, which
/// is also its period, so that no two parts of a stream look alike by chance.
pub(crate) fn block(seed: usize, length: usize) -> Bytes {
    const PERIOD: usize = 1009;
    let byte = |offset: usize| ((seed + offset) % PERIOD * 167 / 16) as u8;
    let period: Vec<u8> = (0..PERIOD.min(length)).map(byte).collect();
    let mut bytes = period.repeat(length.div_ceil(PERIOD));
    bytes.truncate(length);
    bytes.into()
}

/// Posts an overlapped send of one buffer.
pub(crate) fn send(socket: &Socket, bytes: &Bytes, notify: Notify) -> Result<Posted, Error> {
    socket.send_overlapped([bytes.clone()], no_flags(), notify)
}

/// How many sends [`send_too_much`] posts.
pub(crate) const TOO_MANY: usize = 3;

/// Posts three sends, one with each kind of notification, of which even the
/// first stays pending until the peer reads. Returns their operations and bytes.
pub(crate) fn send_too_much(socket: &Socket) -> ([u64; TOO_MANY], Bytes) {
    let all = block(5, TOO_MANY << 20);
    let mut rest = all.clone();
    let operations = EVERY_NOTIFY.map(|notify| {
        let posted = send(socket, &rest.split_to(1 << 20), notify).unwrap();
        assert_eq!(posted.transferred, None);
        posted.operation
    });
    (operations, all)
}

/// The Winsock code of a call that must have failed with one.
pub(crate) fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> WsaError {
    outcome.unwrap_err().winsock().unwrap()
}

/// The next `count` completions, by their operations. Fails where an operation
/// is reported twice.
pub(crate) async fn completions(provider: &Provider, count: usize) -> BTreeMap<u64, Completion> {
    let mut stream = provider.completions();
    let mut by_operation = BTreeMap::new();
    for number in 0..count {
        let what = format!("completion {number} of {count}");
        let completion = within(&what, stream.next()).await.unwrap().unwrap();
        let before = by_operation.insert(completion.operation, completion);
        assert!(before.is_none(), "reported twice: {before:?}");
    }
    by_operation
}

pub(crate) async fn completion(provider: &Provider) -> Completion {
    let mut completions = completions(provider, 1).await;
    completions.pop_first().unwrap().1
}

/// Asserts that no completion is there.
pub(crate) fn assert_no_more(provider: &Provider) {
    let next = provider.completions().next().now_or_never();
    assert!(next.is_none(), "{next:?}");
}

/// Waits until the runtime has no task left.
pub(crate) async fn no_task_is_left() {
    within("every task should end", async {
        while Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
