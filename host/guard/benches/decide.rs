//! What a decision of the policy costs, by the number of its rules.

#![allow(missing_docs, reason = "criterion's macros document nothing")]
#![allow(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

use std::hint::black_box;
use std::net::SocketAddr;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use wsp_guard::Guard;
use wsp_guard::policy::{Policy, Protocol, Request, Usage};
use wsp_guard::quota::Limits;

fn decisions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("the policy on a connection");
    for rules in [1, 10, 100, 1000] {
        let mut policy = Policy::deny_all();
        for rule in 0..rules {
            let rule = format!("tcp://10.{}.{}.0/24:443", rule / 256, rule % 256);
            policy = policy.allow_outbound(rule.parse().unwrap()).unwrap();
        }
        for (verdict, peer) in [("denied", "11.0.0.1:443"), ("allowed", "10.0.0.1:443")] {
            let peer: SocketAddr = peer.parse().unwrap();
            let request = Request::socket(Protocol::Tcp, Usage::Connect(peer));
            group.bench_with_input(
                BenchmarkId::new(verdict, rules),
                &request,
                |bencher, request| {
                    bencher.iter(|| black_box(policy.decide(request)).grant().is_some());
                },
            );
        }
    }
    group.finish();
}

/// With what the witness makes of it: counted, and told to nobody.
fn reports(criterion: &mut Criterion) {
    let rule = "tcp://10.0.0.0/8:443".parse().unwrap();
    let policy = Policy::deny_all().allow_outbound(rule).unwrap();
    let guard = Guard::new(policy, &Limits::default());
    let peer: SocketAddr = "10.0.0.1:443".parse().unwrap();
    let request = Request::socket(Protocol::Tcp, Usage::Connect(peer));
    criterion.bench_function("the guard on a connection that is allowed", |bencher| {
        bencher.iter(|| guard.permits(black_box(&request)));
    });
}

criterion_group!(benches, decisions, reports);
criterion_main!(benches);
