//! `wsp listen`.

mod receives;
mod sink;

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;
use wsp::policy::{Policy, Protocol, Rule, Target};
use wsp::{Completions, Error, Provider, Settings, Socket};

use crate::interrupt::Interrupts;
use crate::{output, session};
use receives::Receives;
use sink::Sink;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 16;

/// Receive through the provider, to standard output or a file
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where to listen: tcp://ADDR:PORT or udp://ADDR:PORT; port 0 takes any free port and prints it
    address: Target,

    /// Write what is received to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// End after the first connection (TCP) or datagram (UDP)
    #[arg(long)]
    once: bool,

    /// Print JSON on standard output: where it listens, then a summary; without --output the data is then only counted and hashed
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  wsp listen tcp://127.0.0.1:9000
  wsp listen tcp://127.0.0.1:0 --once --output received.bin
  wsp listen udp://[::1]:9000 --json

It serves one connection after the other until it is interrupted (Ctrl-C).";

/// The first line of JSON.
#[derive(Serialize)]
struct Listening {
    listening: String,
}

/// The last line of JSON.
#[derive(Serialize)]
struct Summary {
    bytes: u64,
    sha256: String,
    /// Connections served, or datagrams received.
    received: u64,
}

pub(crate) async fn execute(
    arguments: Arguments,
    mut interrupts: Interrupts,
) -> anyhow::Result<u8> {
    let mut sink = open_sink(&arguments)?;
    let address = arguments.address.clone();
    let listening = async {
        let (provider, socket) = bind(&address).await?;
        let local = socket.local_addr()?;
        announce(address.protocol(), local, arguments.json)?;
        Ok::<_, anyhow::Error>((provider, socket))
    };
    let (provider, socket) = listening
        .await
        .with_context(|| format!("listen on {address}"))?;

    let mut received = 0;
    let serving = serve(
        address.protocol(),
        &provider,
        &socket,
        &mut sink,
        &mut received,
        arguments.once,
    );
    let status = tokio::select! {
        outcome = serving => outcome.map(|()| 0),
        interrupt = interrupts.next() => Ok(interrupt.status()),
    };
    // Whatever happened, what arrived is written out and reported.
    let total = sink.finish().await?;
    let sha256 = output::hex(&total.sha256);
    if arguments.json {
        output::json_line(&Summary {
            bytes: total.bytes,
            sha256,
            received,
        })?;
    } else {
        output::say(format_args!(
            "received {} bytes, sha256 {sha256}",
            total.bytes
        ));
    }
    status.with_context(|| format!("listen on {address}"))
}

fn open_sink(arguments: &Arguments) -> anyhow::Result<Sink> {
    let writer: Box<dyn io::Write + Send> = match &arguments.output {
        Some(path) => {
            let file = File::create(path);
            Box::new(file.with_context(|| format!("cannot create {}", path.display()))?)
        }
        None if arguments.json => Box::new(io::sink()),
        None => Box::new(io::stdout()),
    };
    Sink::new(writer)
}

/// Binds, and listens where the protocol has connections.
async fn bind(target: &Target) -> anyhow::Result<(Provider, Socket)> {
    let addresses = session::resolve(target).await?;
    let address = *addresses.first().context("the host has no address")?;
    let protocol = target.protocol();
    let policy = Policy::deny_all().allow_inbound(Rule::exact(protocol, address))?;
    let provider = session::provider(Settings::new(policy))?;
    let socket = session::socket(&provider, protocol, address)?;
    socket.bind(address)?;
    if protocol == Protocol::Tcp {
        socket.listen(BACKLOG)?;
    }
    Ok((provider, socket))
}

fn announce(protocol: Protocol, local: SocketAddr, json: bool) -> anyhow::Result<()> {
    let listening = format!("{protocol}://{local}");
    output::say(format_args!("listening on {listening}"));
    if json {
        output::json_line(&Listening { listening })?;
    }
    Ok(())
}

/// Receives until the end of the first connection, or for ever.
async fn serve(
    protocol: Protocol,
    provider: &Provider,
    socket: &Socket,
    sink: &mut Sink,
    received: &mut u64,
    once: bool,
) -> anyhow::Result<()> {
    let mut completions = provider.completions();
    if protocol == Protocol::Udp {
        return serve_datagrams(socket, &mut completions, sink, received, once).await;
    }
    loop {
        let (connection, peer) = socket.accept().await?;
        tracing::info!(%peer, "accepted");
        *received += 1;
        let outcome = serve_connection(&connection, &mut completions, sink).await;
        connection.close()?;
        match outcome {
            Err(error) if !once && is_winsock(&error) => {
                tracing::warn!(%peer, "the connection failed: {error:#}");
            }
            outcome if once => return outcome,
            outcome => outcome?,
        }
    }
}

async fn serve_connection(
    connection: &Socket,
    completions: &mut Completions,
    sink: &mut Sink,
) -> anyhow::Result<()> {
    let mut receives = Receives::new(connection.clone());
    loop {
        let data = receives.next(completions).await?;
        if data.is_empty() {
            return Ok(());
        }
        sink.write(data).await?;
    }
}

async fn serve_datagrams(
    socket: &Socket,
    completions: &mut Completions,
    sink: &mut Sink,
    received: &mut u64,
    once: bool,
) -> anyhow::Result<()> {
    let mut receives = Receives::new(socket.clone());
    loop {
        let data = match receives.next(completions).await {
            Ok(data) => data,
            // Such as one that was too long: the next may well be right.
            Err(error) if !once && is_winsock(&error) => {
                tracing::warn!("a datagram was lost: {error:#}");
                continue;
            }
            Err(error) => return Err(error),
        };
        *received += 1;
        sink.write(data).await?;
        if once {
            return Ok(());
        }
    }
}

fn is_winsock(error: &anyhow::Error) -> bool {
    error.is::<wsp::WsaError>()
        || error
            .downcast_ref()
            .is_some_and(|error: &Error| error.winsock().is_some())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn lines_of_json_have_the_documented_shape() {
        let listening = Listening {
            listening: "tcp://127.0.0.1:80".to_owned(),
        };
        assert_eq!(
            serde_json::to_string(&listening).unwrap(),
            r#"{"listening":"tcp://127.0.0.1:80"}"#
        );
        let summary = Summary {
            bytes: 5,
            sha256: "ab".to_owned(),
            received: 1,
        };
        assert_eq!(
            serde_json::to_string(&summary).unwrap(),
            r#"{"bytes":5,"sha256":"ab","received":1}"#
        );
    }
}
