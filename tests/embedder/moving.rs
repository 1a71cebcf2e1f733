//! Names of rules whose services move, and those that somebody has stand for other places.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use wsp::policy::{Policy, PolicyConfig};
use wsp::{
    AddressFamily, Answer, DnsResolver, Notify, Provider, Resolver, Resolving, Settings,
    SocketType, WsaError,
};
use wsp_tests::dns::DnsServer;
use wsp_tests::peer::{self, Listener, V4};
use wsp_tests::until;

use super::support::{host, send, stream_socket};

const FIRST: &str = "93.184.215.1";
const SECOND: &str = "93.184.215.2";

async fn policy(text: &str, resolver: &dyn Resolver) -> Policy {
    let config: PolicyConfig = text.parse().unwrap();
    config.resolve_by(resolver).await.unwrap()
}

fn provider(policy: Policy, resolver: Arc<dyn Resolver>) -> Provider {
    let settings = Settings::new(policy).with_resolver(resolver);
    host().provider(settings).unwrap()
}

/// Whether datagrams may be sent there. Nothing is sent, and no network is needed.
async fn reaches(provider: &Provider, ip: &str) -> bool {
    let ip: IpAddr = ip.parse().unwrap();
    let family = match ip {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    let socket = provider.socket(family, SocketType::Dgram).unwrap();
    match socket.connect((ip, 9).into()).await {
        Ok(()) => true,
        Err(error) => error.winsock() != Some(WsaError::Acces),
    }
}

/// Waits until one is reached and the other is not.
async fn moved(provider: &Provider, to: &str, from: &str) {
    until("the service should be followed", async || {
        reaches(provider, to).await && !reaches(provider, from).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_moves_is_followed_by_the_time_to_live_of_its_name() {
    let dns = DnsServer::answering(&[FIRST], 1);
    let resolver = Arc::new(DnsResolver::asking(&[dns.address()]).unwrap());
    let policy = policy("outbound.allow = ['udp://service.example:9']", &*resolver).await;
    let provider = provider(policy, resolver);
    assert!(reaches(&provider, FIRST).await);
    assert!(!reaches(&provider, SECOND).await);
    for (to, from) in [(SECOND, FIRST), (FIRST, SECOND)] {
        dns.answers(&[to]);
        moved(&provider, to, from).await;
    }
    assert_eq!(provider.monitor().report().revoked, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_made_to_stand_for_the_machine_itself_grants_nothing() {
    let dns = DnsServer::answering(&[FIRST], 1);
    let resolver = Arc::new(DnsResolver::asking(&[dns.address()]).unwrap());
    let policy = policy("outbound.allow = ['udp://service.example:9']", &*resolver).await;
    let provider = provider(policy, resolver);
    let rebound = [
        "127.0.0.1",
        "169.254.169.254",
        "10.1.2.3",
        "::1",
        "::ffff:10.1.2.3",
        "fd00::1",
    ];
    dns.answers(&rebound);
    let seen = dns.asked() + 3;
    let none_is_reached = async || {
        for address in rebound {
            assert!(!reaches(&provider, address).await, "{address}");
        }
    };
    // The last good answer is given up too: its service is not there any more. A question may be
    // asked again before its answer has come, so that their number alone says nothing.
    until("it should be asked again", async || {
        none_is_reached().await;
        dns.asked() >= seen && !reaches(&provider, FIRST).await
    })
    .await;
    none_is_reached().await;
    dns.answers(&[SECOND]);
    moved(&provider, SECOND, FIRST).await;
}

/// Finds one address, which changes.
#[derive(Clone)]
struct Moving(Arc<Mutex<IpAddr>>);

impl Resolver for Moving {
    fn resolve(&self, _: &str) -> Resolving {
        let address = *self.0.lock().unwrap();
        Box::pin(async move { Ok(Answer::new([address], Some(Duration::from_secs(1)))) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_to_where_a_service_was_stay_and_new_ones_go_where_it_is() {
    let there: IpAddr = Ipv4Addr::new(127, 0, 0, 2).into();
    let (old, new) = (Listener::on(V4), Listener::on(there));
    let at = Moving(Arc::new(Mutex::new(V4)));
    let rules = format!(
        "outbound.allow = ['tcp://service.localhost:{}', 'tcp://service.localhost:{}']",
        old.address().port(),
        new.address().port()
    );
    let policy = policy(&rules, &at).await;
    let provider = provider(policy, Arc::new(at.clone()));
    let before = stream_socket(&provider);
    before.connect(old.address()).await.unwrap();
    let mut old_peer = old.accept().await;
    let refused = stream_socket(&provider).connect(new.address()).await;
    assert_eq!(refused.unwrap_err().winsock(), Some(WsaError::Acces));

    *at.0.lock().unwrap() = there;
    let connected = async |to: SocketAddr| {
        let socket = stream_socket(&provider);
        socket.connect(to).await.map(|()| socket)
    };
    let mut after = None;
    until("the new place should be reached", async || {
        after = connected(new.address()).await.ok();
        after.is_some()
    })
    .await;
    let after = after.unwrap();
    let mut new_peer = new.accept().await;
    until("the old place should be given up", async || {
        connected(old.address()).await.is_err()
    })
    .await;
    for (socket, peer) in [(&before, &mut old_peer), (&after, &mut new_peer)] {
        send(socket, &Bytes::from_static(b"hello"), Notify::Event).unwrap();
        assert_eq!(peer::read_exactly(peer, 5).await, b"hello");
    }
}
