//! Sends from Rust, through the provider component or with native semantics.

use std::net::SocketAddr;

use anyhow::Context;
use bytes::Bytes;
use futures::StreamExt;
use wsp::{
    AddressFamily, Host, MessageFlags, Notify, Provider, Settings, Socket, SocketOption, SocketType,
};

use crate::mark::{Mark, Sample};
use crate::output::flat;
use crate::paths::native::payload;
use crate::paths::settings::settings;
use crate::place::receivers::Receivers;
use crate::shape::{Indication, Shape, Sink};

/// A provider of its own with these changes of the settings, and a connected socket of it.
async fn connect(
    host: &Host,
    receivers: &Receivers,
    shape: &Shape,
    change: impl FnOnce(Settings) -> Settings,
) -> anyhow::Result<(Provider, Socket)> {
    let settings = change(settings(receivers, shape));
    let provider = host.provider(settings).map_err(flat)?;
    let kind = match shape.sink {
        Sink::Null | Sink::Tcp | Sink::TcpSleeping => SocketType::Stream,
        Sink::Udp => SocketType::Dgram,
    };
    let socket = provider.socket(AddressFamily::Inet, kind)?;
    socket.connect(SocketAddr::V4(receivers.of(shape))).await?;
    if shape.no_delay {
        socket.set_option(SocketOption::TcpNodelay(true))?;
    }
    Ok((provider, socket))
}

pub(crate) async fn sample(
    host: &Host,
    receivers: &Receivers,
    shape: &Shape,
    warm_up: u32,
    count: u32,
) -> anyhow::Result<Sample> {
    sample_with(host, receivers, shape, |settings| settings, warm_up, count).await
}

/// As [`sample`], with these changes of the settings.
pub(crate) async fn sample_with(
    host: &Host,
    receivers: &Receivers,
    shape: &Shape,
    change: impl FnOnce(Settings) -> Settings,
    warm_up: u32,
    count: u32,
) -> anyhow::Result<Sample> {
    let (provider, socket) = connect(host, receivers, shape, change).await?;
    let payload = payload(shape);
    let parts: Vec<Bytes> = (0..shape.bytes)
        .step_by(shape.part_length())
        .map(|begin| payload.slice(begin..(begin + shape.part_length()).min(shape.bytes)))
        .collect();
    if shape.outstanding == 0 {
        let send = async |count: u32| {
            for _ in 0..count {
                let parts = parts.iter().cloned();
                socket.send_all(parts, MessageFlags::empty()).await?;
            }
            Ok::<(), wsp::Error>(())
        };
        send(warm_up).await?;
        let begin = Mark::now();
        send(count).await?;
        return Ok(Mark::now().since(&begin, count));
    }
    let notify = match shape.notify {
        Indication::Event => Notify::Event,
        Indication::Routine => Notify::Routine,
        Indication::Poll => Notify::Poll,
    };
    let mut completions = provider.completions();
    let mut send = async |count: u32| {
        let (mut posted, mut done) = (0, 0);
        while done < count {
            while posted < count && (posted - done) < u32::try_from(shape.outstanding)? {
                let parts = parts.iter().cloned();
                socket.send_overlapped(parts, MessageFlags::empty(), notify)?;
                posted += 1;
            }
            completions.next().await.context("no more completions")??;
            done += 1;
        }
        Ok::<(), anyhow::Error>(())
    };
    send(warm_up).await?;
    let begin = Mark::now();
    send(count).await?;
    Ok(Mark::now().since(&begin, count))
}
