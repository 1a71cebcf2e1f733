//! What strangers can do to the log, in a process of its own: which events a log wants
//! is decided for all threads of a process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::span::{Attributes, Id, Record};
use wsp::policy::Policy;
use wsp::{AddressFamily, Host, Settings, SocketType};
use wsp_tests::peer::{self, V4};

/// A subscriber that counts the warnings of one target.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicU64>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == "wsp::policy"
    }

    fn event(&self, event: &tracing::Event<'_>) {
        if *event.metadata().level() == tracing::Level::WARN {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn strangers_do_not_use_up_the_warnings_of_an_instance() {
    let warnings = Warnings::default();
    let _subscriber = tracing::subscriber::set_default(warnings.clone());
    let guest = peer::bound_stream(V4);
    let rule = format!("tcp://{}", guest.local_addr().unwrap());
    let policy = Policy::deny_all()
        .allow_inbound("tcp://127.0.0.1:0".parse().unwrap())
        .and_then(|policy| policy.allow_peer(rule.parse().unwrap()))
        .unwrap();
    let provider = Host::new()
        .unwrap()
        .provider(Settings::new(policy))
        .unwrap();
    let server = provider
        .socket(AddressFamily::Inet, SocketType::Stream)
        .unwrap();
    server.bind((V4, 0).into()).unwrap();
    server.listen(100).unwrap();
    let address = server.local_addr().unwrap();
    let mut strangers = Vec::new();
    for _ in 0..50 {
        strangers.push(peer::connect(address).await);
    }
    let _guest = guest.connect(address).await.unwrap();
    server.accept().await.unwrap();
    assert_eq!(warnings.0.load(Ordering::Relaxed), 0);

    let socket = provider
        .socket(AddressFamily::Inet, SocketType::Stream)
        .unwrap();
    let denied = socket.connect((V4, 9).into()).await;
    assert!(denied.is_err());
    assert_eq!(warnings.0.load(Ordering::Relaxed), 1);
}
