//! Every way in and out of the quotas, ten thousand times, in a random order
//! that is the same every time.

use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;
use wsp::policy::{Policy, Protocol};
use wsp::quota::{Held, HostQuota};
use wsp::{
    AddressFamily, Host, MessageFlags, Monitor, Notify, Provider, Settings, Socket, SocketOption,
    SocketType,
};
use wsp_tests::Outcome;
use wsp_tests::peer::{Listener, V4};
use wsp_tests::within;

use super::quotas::counting;
use crate::program;

const CYCLES: u32 = 10_000;

/// xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn notify(&mut self) -> Notify {
        match self.below(3) {
            0 => Notify::Event,
            1 => Notify::Routine,
            _ => Notify::Poll,
        }
    }
}

/// A provider that is used for some cycles, and then dropped with what it has.
struct Tenant {
    provider: Provider,
    sockets: Vec<Socket>,
}

struct Cycles {
    random: Random,
    host: Host,
    quota: HostQuota,
    peer: SocketAddr,
    tenant: Tenant,
    monitors: Vec<Monitor>,
}

fn tenant(host: &Host, quota: &HostQuota, peer: SocketAddr) -> Tenant {
    let policy =
        [Protocol::Tcp, Protocol::Udp]
            .iter()
            .fold(Policy::deny_all(), |policy, protocol| {
                let rule = format!("{protocol}://{peer}").parse().unwrap();
                policy.allow_outbound(rule).unwrap()
            });
    let mut settings = Settings::new(policy);
    settings.host_quota = quota.clone();
    // Small enough that some of it is refused.
    settings.limits.sockets = 8;
    settings.limits.operations = 24;
    settings.limits.pending_bytes = 1 << 20;
    settings.limits.payload_bytes = 1 << 20;
    Tenant {
        provider: host.provider(settings).unwrap(),
        sockets: Vec::new(),
    }
}

impl Cycles {
    /// Creates a socket, uses it, and ends in one of several ways.
    async fn cycle(&mut self) {
        self.create().await;
        for _ in 0..self.random.below(4) {
            self.post();
        }
        match self.random.below(100) {
            0..40 => self.drop_socket(),
            40..60 => self.close_socket(),
            60..80 => self.keep(),
            80..98 if self.random.below(6) == 0 => self.drop_tenant(),
            80..98 => self.drop_socket(),
            _ => self.trap().await,
        }
    }

    async fn create(&mut self) {
        let kind = match self.random.below(4) {
            0 => SocketType::Stream,
            _ => SocketType::Dgram,
        };
        // Refused where there are too many already.
        let Ok(socket) = self.tenant.provider.socket(AddressFamily::Inet, kind) else {
            return;
        };
        let _ = socket.set_option(SocketOption::SoSndbuf(16 * 1024));
        // Some are used, and refused, unconnected.
        if self.random.below(8) > 0 {
            let connected = within("an answer", socket.connect(self.peer)).await;
            connected.unwrap();
        }
        self.tenant.sockets.push(socket);
    }

    fn post(&mut self) {
        let (length, notify) = (self.random.below(200_000), self.random.notify());
        let receive = self.random.below(2) == 0;
        let Some(socket) = self.tenant.sockets.last() else {
            return;
        };
        // Refusals are part of it.
        let no_flags = MessageFlags::empty();
        let _ = if receive {
            socket.receive_overlapped(length as u32, no_flags, notify)
        } else {
            let bytes = Bytes::from(vec![b'x'; length as usize]);
            socket.send_overlapped([bytes], no_flags, notify)
        };
    }

    fn drop_socket(&mut self) {
        self.tenant.sockets.pop();
    }

    fn close_socket(&mut self) {
        if let Some(socket) = self.tenant.sockets.pop() {
            socket.close().unwrap();
        }
    }

    fn keep(&mut self) {
        if self.tenant.sockets.len() == 8 {
            self.tenant.sockets.clear();
        }
    }

    /// With sockets open and operations pending.
    fn drop_tenant(&mut self) {
        self.tenant = tenant(&self.host, &self.quota, self.peer);
        self.monitors.push(self.tenant.provider.monitor());
    }

    /// A program with sends pending.
    async fn trap(&mut self) {
        let program = program("traps_while_sending")
            .peer(self.peer)
            .host_quota(&self.quota)
            .start();
        self.monitors.push(program.monitor());
        let program = program.end().await;
        assert!(matches!(program.outcome, Outcome::Trap(_)), "{program:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_quota_unit_is_back_after_ten_thousand_random_cycles() {
    let listener = Listener::on(V4);
    let peer = listener.address();
    // It reads nothing, so that what is sent stays pending, and ends old connections.
    let accepting = tokio::spawn(async move {
        let mut streams = VecDeque::new();
        loop {
            streams.push_back(listener.accept().await);
            if streams.len() > 16 {
                streams.pop_front();
            }
        }
    });
    let (host, quota) = (Host::new().unwrap(), counting());
    let first = tenant(&host, &quota, peer);
    let mut cycles = Cycles {
        random: Random(0x9e37_79b9_7f4a_7c15),
        monitors: vec![first.provider.monitor()],
        tenant: first,
        host,
        quota,
        peer,
    };
    for _ in 0..CYCLES {
        cycles.cycle().await;
    }
    let Cycles {
        monitors,
        quota,
        tenant,
        ..
    } = cycles;
    drop(tenant);
    accepting.abort();

    let total = |of: fn(&Monitor) -> u64| monitors.iter().map(of).sum::<u64>();
    let (sockets, operations) = (
        total(|monitor| monitor.report().sockets),
        total(|monitor| monitor.report().operations),
    );
    let refused = total(|monitor| monitor.report().refusals.iter().map(|r| r.count).sum());
    assert!(sockets > u64::from(CYCLES) / 2, "{sockets} sockets");
    assert!(operations > 1000, "{operations} operations were pending");
    assert!(refused > 100, "{refused} refusals");
    within("every unit should come back", async {
        let held = |monitor: &Monitor| monitor.report().held != Held::default();
        while monitors.iter().any(held) || quota.held() != Held::default() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
