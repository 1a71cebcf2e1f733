//! What a send costs in software alone, from Rust, and what an instance costs.

#![allow(missing_docs, reason = "criterion's macros document nothing")]
#![allow(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures::StreamExt;
use tokio::runtime::Runtime;
use wsp::laboratory::discard_sends;
use wsp::policy::{Policy, Protocol};
use wsp::{AddressFamily, Host, MessageFlags, Notify, Provider, Settings, Socket, SocketType};

/// A connected stream of which the host discards what it would send.
struct Null {
    provider: Provider,
    socket: Socket,
    _listener: TcpListener,
}

impl Null {
    async fn connect(host: &Host) -> Null {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let peer: SocketAddr = listener.local_addr().unwrap();
        let settings = Settings::new(Policy::naming(Protocol::Tcp, &[peer]));
        let provider = host.provider(discard_sends(settings)).unwrap();
        let socket = provider.socket(AddressFamily::Inet, SocketType::Stream);
        let socket = socket.unwrap();
        socket.connect(peer).await.unwrap();
        Null {
            provider,
            socket,
            _listener: listener,
        }
    }
}

fn sends(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let host = Host::new().unwrap();
    let null = runtime.block_on(Null::connect(&host));
    let none = MessageFlags::empty();

    let mut group = criterion.benchmark_group("a send that ends at once");
    for parts in [1, 16, 64, 256] {
        let buffers = vec![Bytes::from_static(&[7; 64]); parts];
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("parts", parts), |bencher| {
            bencher.iter(|| {
                let sent = null.socket.send_all(buffers.iter().cloned(), none);
                runtime.block_on(sent).unwrap()
            });
        });
    }
    group.finish();

    let mut completions = null.provider.completions();
    let buffer = Bytes::from_static(&[7; 64]);
    let mut group = criterion.benchmark_group("an overlapped send and its completion");
    for (name, notify) in [("event", Notify::Event), ("routine", Notify::Routine)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let buffers = [buffer.clone()];
                null.socket.send_overlapped(buffers, none, notify).unwrap();
                runtime.block_on(completions.next()).unwrap().unwrap()
            });
        });
    }
    group.finish();
}

fn instances(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let host = Host::new().unwrap();
    let _runtime = runtime.enter();
    criterion.bench_function("an instance, made and dropped", |bencher| {
        bencher.iter(|| host.provider(Settings::default()).unwrap());
    });
}

criterion_group!(benches, sends, instances);
criterion_main!(benches);
