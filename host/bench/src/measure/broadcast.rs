//! One send on each of many sockets, round after round.

use std::net::{SocketAddr, UdpSocket};

use anyhow::Context;
use bytes::Bytes;
use rustix::net::{SendFlags, send};
use serde::Serialize;
use wsp::{AddressFamily, Host, MessageFlags, Socket, SocketType};

use crate::mark::Mark;
use crate::measure::sockets::most_sockets;
use crate::output::flat;
use crate::paths::settings::settings;
use crate::place::receivers::Receivers;
use crate::plan::Plan;
use crate::shape::{Shape, Sink};
use crate::statistics::{Spread, ratio};

/// Bytes of each send.
pub(crate) const BYTES: usize = 64;

/// Rounds over all sockets that one sample has.
const ROUNDS: usize = 5;

/// Datagrams on so many sockets, one on each in its turn: nanoseconds for each.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Broadcast {
    pub(crate) sockets: usize,
    pub(crate) native: Spread,
    /// An embedder with native semantics.
    pub(crate) embedder: Spread,
    /// The native time over the embedder's, sample by sample.
    pub(crate) of_native: Spread,
}

pub(crate) async fn measure(
    host: &Host,
    receivers: &Receivers,
    plan: &Plan,
) -> anyhow::Result<Broadcast> {
    let count = plan.sockets.iter().copied().max().unwrap_or(1).min(1000);
    // Both have as many open at once.
    let count = count.min(most_sockets() / 2).max(1);
    let ours = ours(host, receivers, count).await?;
    let theirs = native(receivers, count)?;
    let payload = Bytes::from(vec![0; BYTES]);
    let sends = u32::try_from(count * ROUNDS)?;
    let (mut native, mut embedder) = (Vec::new(), Vec::new());
    for sample in 0..plan.rounds + 1 {
        let begin = Mark::now();
        for socket in theirs.iter().cycle().take(count * ROUNDS) {
            send(socket, &payload, SendFlags::NOSIGNAL)?;
        }
        let middle = Mark::now();
        for socket in ours.iter().cycle().take(count * ROUNDS) {
            let parts = [payload.clone()];
            socket.send_all(parts, MessageFlags::empty()).await?;
        }
        let end = Mark::now();
        // The first is a warm-up.
        if sample > 0 {
            native.push(middle.since(&begin, sends).nanoseconds);
            embedder.push(end.since(&middle, sends).nanoseconds);
        }
    }
    Ok(Broadcast {
        sockets: count,
        of_native: ratio(&native, &embedder).context("no rounds")?,
        native: Spread::of(native).context("no rounds")?,
        embedder: Spread::of(embedder).context("no rounds")?,
    })
}

async fn ours(host: &Host, receivers: &Receivers, count: usize) -> anyhow::Result<Vec<Socket>> {
    let mut settings = settings(receivers, &Shape::blocking(Sink::Udp, BYTES));
    settings.limits.sockets = count;
    let provider = host.provider(settings).map_err(flat)?;
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        let socket = provider.socket(AddressFamily::Inet, SocketType::Dgram)?;
        socket.connect(SocketAddr::V4(receivers.udp)).await?;
        sockets.push(socket);
    }
    Ok(sockets)
}

fn native(receivers: &Receivers, count: usize) -> anyhow::Result<Vec<UdpSocket>> {
    let open = |_| {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(receivers.udp)?;
        Ok(socket)
    };
    (0..count).map(open).collect()
}
