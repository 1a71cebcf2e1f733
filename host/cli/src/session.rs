//! What `wsp send` and `wsp listen` have in common: a provider and its sockets.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use wsp::policy::{Protocol, Target};
use wsp::{AddressFamily, Host, Provider, Settings, Socket, SocketOption, SocketType};

/// The addresses of a target, at least one.
pub(crate) async fn resolve(target: &Target) -> anyhow::Result<Vec<SocketAddr>> {
    let target = target.clone();
    let resolving = tokio::task::spawn_blocking(move || target.resolve());
    resolving.await?.context("cannot resolve the host")
}

/// A provider of its own, compiled by an earlier command if there was one.
pub(crate) fn provider(settings: Settings) -> anyhow::Result<Provider> {
    let host = match cache() {
        Some(directory) => Host::with_cache(&directory),
        None => Host::new(),
    };
    let provider = host.and_then(|host| host.provider(settings));
    provider.map_err(|error| anyhow!(wsp::one_line(&format!("{error:#}"))))
}

/// Where the user's caches are, as the XDG Base Directory Specification says.
pub(crate) fn cache() -> Option<PathBuf> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    Some(caches?.join("wsp"))
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

/// Ends a connection with a reset, so that the peer does not take what it got for
/// the whole. A datagram socket is only closed.
pub(crate) fn reset(socket: &Socket) {
    // Errors say that there is no connection, or no socket, any more.
    let _ = socket.set_option(SocketOption::SoLinger(Some(0)));
    let _ = socket.close();
}
