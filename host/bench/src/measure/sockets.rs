//! The cost of a send when few sockets are open, and when many are.

use std::net::SocketAddr;

use anyhow::Context;
use bytes::Bytes;
use rustix::process::{Resource, getrlimit};
use serde::Serialize;
use wsp::laboratory::discard_sends;
use wsp::{AddressFamily, Host, MessageFlags, SocketType};

use crate::mark::Mark;
use crate::output::flat;
use crate::paths::settings::settings;
use crate::place::receivers::Receivers;
use crate::plan::Plan;
use crate::shape::{Shape, Sink};

/// Descriptors that the process needs for itself.
const OTHERS: u64 = 500;

/// Sends for each number of sockets.
const SENDS: usize = 20_000;

/// A send with so many sockets open, of which every one sends in its turn.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Sockets {
    pub(crate) count: usize,
    /// For each send, into the null sink.
    pub(crate) nanoseconds: f64,
}

/// As many sockets as the plan says, or as the process may open.
pub(crate) async fn measure(
    host: &Host,
    receivers: &Receivers,
    plan: &Plan,
) -> anyhow::Result<Vec<Sockets>> {
    let most = most_sockets();
    let mut all = Vec::new();
    for count in &plan.sockets {
        let count = (*count).min(most);
        let nanoseconds = send_in_turn(host, receivers, count).await?;
        all.push(Sockets { count, nanoseconds });
    }
    Ok(all)
}

/// How many sockets the process may open.
pub(crate) fn most_sockets() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(limit.saturating_sub(OTHERS)).unwrap_or(usize::MAX)
}

async fn send_in_turn(host: &Host, receivers: &Receivers, count: usize) -> anyhow::Result<f64> {
    let mut settings = settings(receivers, &Shape::blocking(Sink::Udp, 64));
    settings.limits.sockets = count;
    let provider = host.provider(discard_sends(settings)).map_err(flat)?;
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        let socket = provider.socket(AddressFamily::Inet, SocketType::Dgram)?;
        socket.connect(SocketAddr::V4(receivers.udp)).await?;
        sockets.push(socket);
    }
    let payload = Bytes::from(vec![0; 64]);
    let none = MessageFlags::empty();
    for socket in &sockets {
        socket.send_all([payload.clone()], none).await?;
    }
    let begin = Mark::now();
    for socket in sockets.iter().cycle().take(SENDS) {
        socket.send_all([payload.clone()], none).await?;
    }
    let sends = u32::try_from(SENDS).context("too many sends")?;
    Ok(Mark::now().since(&begin, sends).nanoseconds)
}
