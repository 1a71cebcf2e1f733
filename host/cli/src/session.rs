//! What `wsp send` and `wsp listen` have in common: a provider and its sockets.

use std::net::SocketAddr;

use anyhow::Context;
use wsp::policy::{Protocol, Target};
use wsp::{AddressFamily, Host, Provider, Settings, Socket, SocketType};

use crate::program::flat;

/// The addresses of a target, at least one.
pub(crate) async fn resolve(target: &Target) -> anyhow::Result<Vec<SocketAddr>> {
    let target = target.clone();
    let resolving = tokio::task::spawn_blocking(move || target.resolve());
    resolving.await?.context("cannot resolve the host")
}

/// A provider of its own.
pub(crate) fn provider(settings: Settings) -> anyhow::Result<Provider> {
    Host::new()
        .and_then(|host| host.provider(settings))
        .map_err(flat)
}

/// A socket that can be bound or connected to `address`.
pub(crate) fn socket(
    provider: &Provider,
    protocol: Protocol,
    address: SocketAddr,
) -> Result<Socket, wsp::Error> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let kind = match protocol {
        Protocol::Tcp => SocketType::Stream,
        Protocol::Udp => SocketType::Dgram,
    };
    provider.socket(family, kind)
}
