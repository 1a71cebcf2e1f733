//! The cost of an operation when few are outstanding, and when many are.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use anyhow::{Context, bail};
use bytes::Bytes;
use futures::StreamExt;
use serde::Serialize;
use wsp::policy::{Policy, Protocol};
use wsp::{AddressFamily, Host, MessageFlags, Notify, Settings, SocketType};

use crate::mark::Mark;
use crate::output::flat;
use crate::place::receivers::v4;
use crate::plan::Plan;
use crate::statistics::{Spread, ratio};

/// The few.
pub(crate) const FEW: usize = 100;

/// The operations of a round with few, together.
const OF_A_ROUND: usize = 5000;

/// Fills what the system buffers, so that what follows stays pending.
const FILLING: usize = 16 << 20;

const BYTES: usize = 64;

/// Nanoseconds for each operation: its post, and the taking of its completion.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Outstanding {
    pub(crate) few: usize,
    pub(crate) many: usize,
    pub(crate) nanoseconds_with_few: f64,
    pub(crate) nanoseconds_with_many: f64,
    /// The latter over the former, round by round.
    pub(crate) ratio: Spread,
}

pub(crate) async fn measure(host: &Host, plan: &Plan) -> anyhow::Result<Outstanding> {
    let (mut few, mut many) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds.min(3) {
        let cycles = (plan.many.min(OF_A_ROUND) / FEW).max(1);
        let mut sum = 0.0;
        for _ in 0..cycles {
            sum += cycle(host, FEW).await?;
        }
        few.push(sum / cycles as f64);
        many.push(cycle(host, plan.many).await?);
    }
    let median = |times: &[f64]| Spread::of(times.iter().copied()).map(|spread| spread.median);
    Ok(Outstanding {
        few: FEW,
        many: plan.many,
        nanoseconds_with_few: median(&few).context("no rounds")?,
        nanoseconds_with_many: median(&many).context("no rounds")?,
        ratio: ratio(&many, &few).context("no rounds")?,
    })
}

/// Posts so many sends to a peer that does not read, lets it read, and takes the
/// completions. What the kernel and the reader take in between does not count.
async fn cycle(host: &Host, count: usize) -> anyhow::Result<f64> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let peer = SocketAddr::V4(v4(listener.local_addr()?)?);
    let mut settings = Settings::new(Policy::naming(Protocol::Tcp, &[peer]));
    settings.limits.operations = count + 2;
    settings.limits.pending_bytes = 1 << 30;
    settings.limits.payload_bytes = 1 << 30;
    let provider = host.provider(settings).map_err(flat)?;
    let socket = provider.socket(AddressFamily::Inet, SocketType::Stream)?;
    socket.connect(peer).await?;
    let (mut stream, _) = listener.accept()?;

    let flags = MessageFlags::empty();
    let filling = Bytes::from(vec![0; FILLING]);
    let filled = socket.send_overlapped([filling], flags, Notify::Event)?;
    if filled.transferred.is_some() {
        bail!("the system buffers more than {FILLING} bytes");
    }
    let payload = Bytes::from(vec![0; BYTES]);
    let begin = Mark::now();
    for _ in 0..count {
        socket.send_overlapped([payload.clone()], flags, Notify::Event)?;
    }
    let posting = Mark::now().since(&begin, u32::try_from(count)?);

    // The peer gets everything, so nothing is pending then.
    let total = FILLING + count * BYTES;
    let reading = thread::spawn(move || -> std::io::Result<()> {
        let (mut bytes, mut read) = (vec![0; 256 << 10], 0);
        while read < total {
            match stream.read(&mut bytes)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                more => read += more,
            }
        }
        Ok(())
    });
    tokio::task::spawn_blocking(move || reading.join())
        .await?
        .map_err(|_| anyhow::anyhow!("the reader panicked"))??;
    // The driver reports the last send as soon as the system has taken it.
    let monitor = provider.monitor();
    while monitor.report().held.pending_bytes > 0 {
        tokio::task::yield_now().await;
    }
    let mut completions = provider.completions();
    let begin = Mark::now();
    for _ in 0..=count {
        let completion = completions.next().await.context("no more completions")??;
        if let Some(error) = completion.error {
            return Err(error.into());
        }
    }
    let taking = Mark::now().since(&begin, u32::try_from(count)?);
    Ok(posting.nanoseconds + taking.nanoseconds)
}
