//! Endpoints of the transport in a simulated network.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use wsp::simulation::{Between, NetworkConfig, SimulatedNetwork};
use wsp_guard::Guard;
use wsp_guard::policy::Policy;
use wsp_guard::quota::{Limits, Size};
use wsp_transport::{
    AddressFamily, Endpoint, EndpointHandle, Finished, Interest, Payload, Protocol, ReceiveFlags,
    SendFlags, SendOptions, Shared, Slices, Started, TransportError,
};

const SERVER: [u8; 4] = [10, 0, 0, 1];
const CLIENT: [u8; 4] = [10, 0, 0, 2];
const PORT: u16 = 80;

/// Two hosts, each with a program of its own.
struct Two {
    _network: SimulatedNetwork,
    server: Arc<Shared>,
    client: Arc<Shared>,
    listener: EndpointHandle,
}

/// A connection of the two, as each has it.
struct Connection {
    server: EndpointHandle,
    client: EndpointHandle,
}

impl Two {
    fn new(config: NetworkConfig, backlog: u32) -> Two {
        let network = SimulatedNetwork::new(config, 1);
        let shared = |name, address| {
            let host = network.host(name, &[IpAddr::from(address)]).unwrap();
            let rule = || "tcp://10.0.0.0/8:*".parse().unwrap();
            let policy = Policy::deny_all().allow_outbound(rule()).unwrap();
            let policy = policy.allow_inbound(rule()).unwrap();
            let limits = Limits::default();
            let guard = Arc::new(Guard::new(policy, &limits));
            let shared = Shared::new(guard, &limits).unwrap();
            Arc::new(shared.in_network(Some(Arc::new(host))))
        };
        let (server, client) = (shared("server", SERVER), shared("client", CLIENT));
        let listener = stream(&server);
        listener
            .endpoint()
            .bind(SocketAddr::from((SERVER, PORT)))
            .unwrap();
        listener.endpoint().listen(backlog).unwrap();
        Two {
            _network: network,
            server,
            client,
            listener,
        }
    }

    async fn connect(&self) -> Connection {
        let client = stream(&self.client);
        let peer = SocketAddr::from((SERVER, PORT));
        let started = client.endpoint().start_connect(peer, 1).unwrap();
        assert_eq!(started, Started::Pending);
        assert_eq!(finished(&self.client).await.error, None);
        watch(&self.server, &self.listener, Interest::Readable).await;
        let (server, _) = self.listener.endpoint().accept().unwrap();
        Connection { server, client }
    }
}

fn stream(shared: &Arc<Shared>) -> EndpointHandle {
    Endpoint::create(shared, AddressFamily::Inet, Protocol::Tcp).unwrap()
}

/// The one operation that finishes next.
async fn finished(shared: &Arc<Shared>) -> Finished {
    shared.completions().wait().await;
    let finished = shared.completions().take(10);
    assert_eq!(finished.len(), 1);
    finished.into_iter().next().unwrap()
}

async fn watch(shared: &Arc<Shared>, endpoint: &EndpointHandle, interest: Interest) {
    endpoint.endpoint().start_watch(interest, 2).unwrap();
    assert_eq!(finished(shared).await.operation, 2);
}

fn try_send(
    endpoint: &EndpointHandle,
    bytes: &[u8],
    flags: SendFlags,
) -> Result<u64, TransportError> {
    let parts = [bytes::Bytes::copy_from_slice(bytes)];
    let mut slices = Slices::new();
    let options = SendOptions {
        flags,
        to: None,
        follows: false,
    };
    endpoint
        .endpoint()
        .try_send(&Payload::shared(&parts, &mut slices), options)
}

fn try_receive(
    shared: &Arc<Shared>,
    endpoint: &EndpointHandle,
    flags: ReceiveFlags,
) -> Result<Vec<u8>, TransportError> {
    let buffer = shared.receive_buffer(1000);
    endpoint.endpoint().try_receive(&buffer, flags)?;
    Ok(buffer.take())
}

fn delayed(delay: Duration) -> NetworkConfig {
    let mut config = NetworkConfig::default();
    config.delay = Between::always(delay);
    config
}

const DELAY: Duration = Duration::from_millis(10);

#[tokio::test(start_paused = true)]
async fn what_is_sent_arrives_after_the_delay() {
    let two = Two::new(delayed(DELAY), 1);
    let connection = two.connect().await;
    let begun = Instant::now();
    assert_eq!(
        try_send(&connection.client, b"abc", SendFlags::empty()),
        Ok(3)
    );
    let nothing = try_receive(&two.server, &connection.server, ReceiveFlags::empty());
    assert_eq!(nothing, Err(TransportError::WouldBlock));
    watch(&two.server, &connection.server, Interest::Readable).await;
    assert_eq!(begun.elapsed(), DELAY);
    let peer = connection.server.endpoint().peer_address().unwrap();
    assert_eq!(peer.ip(), IpAddr::from(CLIENT));
    assert_eq!(peer, connection.client.endpoint().local_address().unwrap());
}

#[tokio::test(start_paused = true)]
async fn it_is_announced_when_everything_is_acknowledged() {
    let two = Two::new(delayed(DELAY), 1);
    let connection = two.connect().await;
    let begun = Instant::now();
    assert_eq!(
        try_send(&connection.client, b"abc", SendFlags::empty()),
        Ok(3)
    );
    assert_eq!(connection.client.endpoint().unacknowledged(), 3);
    watch(&two.client, &connection.client, Interest::Drained).await;
    assert_eq!(connection.client.endpoint().unacknowledged(), 0);
    assert!(begun.elapsed() >= 2 * DELAY);
}

#[tokio::test(start_paused = true)]
async fn an_urgent_byte_comes_beside_the_others() {
    let mut config = delayed(DELAY);
    config.segment = Between::always(Size(2));
    let two = Two::new(config, 1);
    let connection = two.connect().await;
    assert_eq!(
        try_send(&connection.client, b"abc!", SendFlags::URGENT),
        Ok(4)
    );
    assert_eq!(
        try_send(&connection.client, b"def", SendFlags::empty()),
        Ok(3)
    );
    watch(&two.server, &connection.server, Interest::Urgent).await;
    let urgent = try_receive(&two.server, &connection.server, ReceiveFlags::URGENT);
    assert_eq!(urgent, Ok(b"!".to_vec()));
    watch(&two.client, &connection.client, Interest::Drained).await;
    let rest = try_receive(&two.server, &connection.server, ReceiveFlags::empty());
    assert_eq!(rest, Ok(b"abcdef".to_vec()));
}

#[tokio::test(start_paused = true)]
async fn a_window_that_is_full_stops_the_sender_until_something_is_received() {
    let mut config = delayed(DELAY);
    config.send_buffer = Between::always(Size(1000));
    config.receive_buffer = Between::always(Size(1000));
    let two = Two::new(config, 1);
    let connection = two.connect().await;
    let mut sent = 0;
    loop {
        match try_send(&connection.client, &[7; 300], SendFlags::empty()) {
            Ok(bytes) => sent += bytes,
            Err(error) => {
                assert_eq!(error, TransportError::WouldBlock);
                if sent == 2000 {
                    break;
                }
                watch(&two.client, &connection.client, Interest::Writable).await;
            }
        }
    }
    let received = try_receive(&two.server, &connection.server, ReceiveFlags::empty());
    assert_eq!(received.unwrap().len(), 1000);
    watch(&two.client, &connection.client, Interest::Writable).await;
    assert!(try_send(&connection.client, &[7; 300], SendFlags::empty()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_closes_without_receiving_everything_resets_the_connection() {
    let two = Two::new(delayed(DELAY), 1);
    let connection = two.connect().await;
    assert_eq!(
        try_send(&connection.client, b"abc", SendFlags::empty()),
        Ok(3)
    );
    watch(&two.server, &connection.server, Interest::Readable).await;
    drop(connection.server);
    watch(&two.client, &connection.client, Interest::Readable).await;
    let received = try_receive(&two.client, &connection.client, ReceiveFlags::empty());
    assert_eq!(received, Err(TransportError::ConnectionReset));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_finds_no_room_in_the_backlog_is_repeated_after_a_second() {
    let two = Two::new(delayed(DELAY), 1);
    let first = stream(&two.client);
    let second = stream(&two.client);
    let begun = Instant::now();
    for (number, endpoint) in [(1, &first), (2, &second)] {
        let peer = SocketAddr::from((SERVER, PORT));
        endpoint.endpoint().start_connect(peer, number).unwrap();
    }
    assert_eq!(finished(&two.client).await.operation, 1);
    watch(&two.server, &two.listener, Interest::Readable).await;
    two.listener.endpoint().accept().unwrap();
    let later = finished(&two.client).await;
    assert_eq!((later.operation, later.error), (2, None));
    assert_eq!(begun.elapsed(), Duration::from_secs(1) + 2 * DELAY);
}

#[tokio::test(start_paused = true)]
async fn who_sends_into_a_lost_connection_gives_up_after_a_time() {
    let mut config = delayed(DELAY);
    config.faults.lost = 1.0;
    config.faults.after = Between::always(Size(0));
    config.faults.gives_up = Between::always(Duration::from_secs(9));
    let two = Two::new(config, 1);
    let connection = two.connect().await;
    let begun = Instant::now();
    assert_eq!(
        try_send(&connection.client, b"abc", SendFlags::empty()),
        Ok(3)
    );
    watch(&two.client, &connection.client, Interest::Readable).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(9) + DELAY);
    let received = try_receive(&two.client, &connection.client, ReceiveFlags::empty());
    assert_eq!(received, Err(TransportError::TimedOut));
}
