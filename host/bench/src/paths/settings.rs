//! What the provider of a measurement may reach and hold.

use std::net::SocketAddr;

use wsp::Settings;
use wsp::laboratory::discard_sends;
use wsp::policy::{Policy, Protocol};

use crate::place::receivers::Receivers;
use crate::shape::{Shape, Sink};

/// What a provider may reach: the receivers, and nothing else.
pub(crate) fn settings(receivers: &Receivers, shape: &Shape) -> Settings {
    let (protocol, peer) = peer(receivers, shape);
    let mut policy = Policy::naming(protocol, &[peer]);
    // A program of wasi:sockets binds a datagram socket itself.
    if let (Protocol::Udp, Ok(rule)) = (protocol, "udp://127.0.0.1:0".parse())
        && let Ok(binds) = policy.clone().allow_inbound(rule)
    {
        policy = binds;
    }
    let mut settings = Settings::new(policy);
    // 64 sends of 1 MiB may be outstanding.
    settings.limits.pending_bytes = 256 << 20;
    settings.limits.payload_bytes = 256 << 20;
    settings.without_bursts = shape.one_by_one;
    match shape.sink {
        Sink::Null => discard_sends(settings),
        Sink::Tcp | Sink::TcpSleeping | Sink::Udp => settings,
    }
}

/// Where a shape goes to, and how.
pub(super) fn peer(receivers: &Receivers, shape: &Shape) -> (Protocol, SocketAddr) {
    let protocol = match shape.sink {
        Sink::Null | Sink::Tcp | Sink::TcpSleeping => Protocol::Tcp,
        Sink::Udp => Protocol::Udp,
    };
    (protocol, SocketAddr::V4(receivers.of(shape)))
}
