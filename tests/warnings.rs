//! What strangers can do to the log, in a process of its own: which events a log wants
//! is decided for all threads of a process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::span::{Attributes, Id, Record};
use wasmtime::component::{Component, Instance, Linker, Val};
use wasmtime::{Config, Engine, Store};
use wsp::policy::Policy;
use wsp::{AddressFamily, Ctx, Host, Limits, Settings, SocketType, View};
use wsp_tests::peer::{self, V4};

/// A subscriber that counts the warnings of one target.
#[derive(Clone)]
struct Warnings {
    target: &'static str,
    count: Arc<AtomicU64>,
}

impl Warnings {
    fn of(target: &'static str) -> Warnings {
        Warnings {
            target,
            count: Arc::default(),
        }
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == self.target
    }

    fn event(&self, event: &tracing::Event<'_>) {
        if *event.metadata().level() == tracing::Level::WARN {
            self.count.fetch_add(1, Ordering::Relaxed);
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
    let warnings = Warnings::of("wsp::policy");
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
    assert_eq!(warnings.count(), 0);

    let socket = provider
        .socket(AddressFamily::Inet, SocketType::Stream)
        .unwrap();
    let denied = socket.connect((V4, 9).into()).await;
    assert!(denied.is_err());
    assert_eq!(warnings.count(), 1);
}

/// The data of an embedder's own store.
struct Own(Ctx);

impl View for Own {
    fn wsp(&mut self) -> &mut Ctx {
        &mut self.0
    }
}

async fn call(store: &mut Store<Own>, provider: &Instance, name: &str, arguments: &[Val]) {
    let interface = provider.get_export_index(&mut *store, None, "winsock:spi/provider@0.2.0");
    let function = provider.get_export_index(&mut *store, interface.as_ref(), name);
    let function = provider.get_func(&mut *store, function.unwrap()).unwrap();
    let mut results = [Val::Bool(false)];
    let called = function.call_async(&mut *store, arguments, &mut results);
    called.await.unwrap();
    assert!(
        matches!(results, [Val::Result(Ok(_))]),
        "{name}: {results:?}"
    );
}

/// The warnings of an embedder's own store with a limit on its memory, and a few sockets.
async fn warnings_of_own_store(limited: bool) -> u64 {
    let warnings = Warnings::of("wsp::quota");
    let _subscriber = tracing::subscriber::set_default(warnings.clone());
    let mut config = Config::new();
    config.concurrency_support(false);
    let engine = Engine::new(&config).unwrap();
    let component = Component::new(&engine, wsp_provider::COMPONENT).unwrap();
    let mut linker = Linker::new(&engine);
    wsp::add_to_linker(&mut linker).unwrap();
    let policy = Policy::deny_all().allow_outbound("tcp://192.0.2.1:9".parse().unwrap());
    let mut limits = Limits::default();
    limits.memory_bytes = Some(64 << 20);
    let settings = Settings::new(policy.unwrap()).with_limits(limits);
    let mut store = Store::new(&engine, Own(Ctx::new(settings).unwrap()));
    if limited {
        wsp::limit_store(&mut store);
    }
    let provider = linker.instantiate_async(&mut store, &component).await;
    let provider = provider.unwrap();
    call(&mut store, &provider, "wsp-startup", &[Val::U16(0x202)]).await;
    for _ in 0..3 {
        let family = Val::Enum("inet".to_owned());
        let kind = Val::Enum("stream".to_owned());
        let flags = Val::Flags(vec!["overlapped".to_owned()]);
        call(&mut store, &provider, "wsp-socket", &[family, kind, flags]).await;
    }
    warnings.count()
}

#[tokio::test]
async fn a_limit_on_memory_that_no_store_keeps_is_one_warning() {
    assert_eq!(warnings_of_own_store(false).await, 1);
    assert_eq!(warnings_of_own_store(true).await, 0);
}
