//! Counters through the facade `metrics`, and spans through `tracing`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tracing::span::{Attributes, Id, Record};
use wsp::metrics as names;
use wsp::policy::{Policy, Protocol};
use wsp::{AddressFamily, Notify, Settings, SocketType, WsaError};
use wsp_tests::peer::{self, Listener, V4};

use super::support::{block, code, completions, host, no_flags, send, stream_socket};

/// A recorder that keeps every value by name and labels.
#[derive(Default)]
struct Kept(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Kept {
    fn at(&self, key: &Key) -> Arc<AtomicU64> {
        let mut name = key.name().to_owned();
        for label in key.labels() {
            name += &format!(" {}={}", label.key(), label.value());
        }
        Arc::clone(self.0.lock().unwrap().entry(name).or_default())
    }

    fn counter(&self, name: &str) -> Option<u64> {
        let kept = self.0.lock().unwrap();
        kept.get(name).map(|value| value.load(Ordering::Relaxed))
    }

    fn gauge(&self, name: &str) -> Option<f64> {
        self.counter(name).map(f64::from_bits)
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.at(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.at(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_and_refused_is_counted_and_no_label_is_a_tenant() {
    let kept = Kept::default();
    let listener = Listener::on(V4);
    let mut settings = Settings::new(Policy::naming(Protocol::Tcp, &[listener.address()]));
    settings.tenant = "a-tenant".to_owned();
    settings.limits.sockets = 2;
    let (provider, refused) = metrics::with_local_recorder(&kept, || {
        let provider = host().provider(settings).unwrap();
        let sockets = [stream_socket(&provider), stream_socket(&provider)];
        let third = provider.socket(AddressFamily::Inet, SocketType::Stream);
        assert_eq!(code(third), WsaError::Mfile);
        let [socket, _] = &sockets;
        assert_eq!(code(socket.bind((V4, 1).into())), WsaError::Acces);
        (provider, sockets)
    });
    drop(refused);
    let socket = stream_socket(&provider);
    socket.connect(listener.address()).await.unwrap();
    let mut peer = listener.accept().await;
    socket
        .receive_overlapped(5, no_flags(), Notify::Event)
        .unwrap();
    send(&socket, &block(0, 10), Notify::Event).unwrap();
    peer::write(&mut peer, b"hello").await;
    completions(&provider, 2).await;

    assert_eq!(kept.counter(names::SOCKETS), Some(3));
    assert_eq!(kept.gauge(names::SOCKETS_OPEN), Some(1.0));
    assert_eq!(kept.counter(names::CONNECTS), Some(1));
    assert_eq!(kept.counter(names::BYTES_SENT), Some(10));
    assert_eq!(kept.counter(names::BYTES_RECEIVED), Some(5));
    assert!(kept.counter(names::OPERATIONS) >= Some(1));
    let denied = format!(
        "{} reason=inbound-address-not-allowed verdict=denied",
        names::DENIALS
    );
    assert_eq!(kept.counter(&denied), Some(1));
    let refused = format!("{} quota=sockets scope=instance", names::REFUSALS);
    assert_eq!(kept.counter(&refused), Some(1));
    let keys = kept.0.lock().unwrap();
    assert!(keys.keys().all(|key| !key.contains("tenant")), "{keys:?}");
}

/// A subscriber that keeps the names of the spans of one target.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<&'static str>>>);

impl tracing::Subscriber for Spans {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target() == "wsp::transport"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        assert_eq!(*span.metadata().level(), tracing::Level::TRACE);
        let mut spans = self.0.lock().unwrap();
        spans.push(span.metadata().name());
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_into_the_transport_has_a_span() {
    let spans = Spans::default();
    let provider = host()
        .provider(Settings::new(
            Policy::deny_all()
                .allow_inbound("tcp://127.0.0.1:0".parse().unwrap())
                .unwrap(),
        ))
        .unwrap();
    tracing::subscriber::with_default(spans.clone(), || {
        let socket = stream_socket(&provider);
        socket.bind((V4, 0).into()).unwrap();
        socket.listen(0).unwrap();
    });
    let seen = spans.0.lock().unwrap().clone();
    for name in ["create", "bind", "listen", "drop"] {
        assert!(seen.contains(&name), "no {name} in {seen:?}");
    }
}
