//! `wsp listen`.

mod exec;
mod file;
mod receives;
mod sink;
mod turns;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use wsp::policy::{Policy, Protocol, Rule, Target};
use wsp::{Error, Provider, Settings, Socket};

use crate::idle::Idle;
use crate::interrupt::{Interrupt, Interrupts};
use crate::{output, session};
use file::OutputFile;
use receives::{DEPTH, Receives};
use sink::{Destination, Ending, Sink, Stream};
use turns::Turns;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 16;

/// How long what was received may take to be written after a signal.
const GRACE: Duration = Duration::from_secs(5);

/// Receive through the provider, to standard output or a file
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where to listen: tcp://ADDR:PORT or udp://ADDR:PORT; port 0 takes any free port and prints it
    address: Target,

    /// Write what is received to this file instead of standard output; an earlier one is kept until the first connection has ended well
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// End after the first connection (TCP) or datagram (UDP); later connections are refused
    #[arg(long)]
    once: bool,

    /// Go on with the next connection when one has ended (TCP), which is what happens without --once
    #[arg(short, long, conflicts_with = "once")]
    keep_open: bool,

    /// Run this command line for each connection (TCP), with it as standard input and output, and the peer's address in WSP_PEER; up to 64 run at once
    #[arg(short, long, value_name = "COMMAND", conflicts_with = "output")]
    exec: Option<String>,

    /// Reset a connection (TCP) that was silent for this time, as in 500ms, 5s or 2m; none is no limit
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = Idle::parse)]
    idle: Idle,

    /// Print JSON on standard output: where it listens, then a summary; without --output the data is then only counted and hashed
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  wsp listen tcp://127.0.0.1:9000
  wsp listen tcp://127.0.0.1:0 --once --output received.bin
  wsp listen udp://[::1]:9000 --json
  wsp listen tcp://127.0.0.1:9000 --exec 'tr a-z A-Z'

It serves until it is interrupted (Ctrl-C, or SIGTERM), and then writes what has arrived
and prints the summary; the exit status is 130 or 143. Of several connections the one that
first has something to say is received to its end, then the next one; silent ones block
no other. The end of a connection is answered once its bytes are written.

FILE is written beside its place, as .wsp-*.part, and put there when the first connection
has ended well, over UDP and after a signal at the end; later connections are appended.
If receiving fails before that, FILE stays as it was, and a message says where the part is.
Anything but a regular file, such as a device or a pipe, is written directly, and a
symbolic link is followed.

The command of --exec is read by sh -c, or cmd /C on Windows. The peer hears the end of
the connection when the command has ended well, and a reset if it fails; its standard error
is that of wsp. Everybody who reaches the address can talk to it.

The exit status is 0 after --once, 1 after a failure, 2 after a usage error, 130 after
Ctrl-C and 143 after SIGTERM.";

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
    let address = arguments.address.clone();
    let cannot = || format!("listen on {address}");
    if let Some(command) = &arguments.exec {
        let outcome = execute_for_each(&arguments, command, &mut interrupts).await;
        return match outcome {
            Err(error) if error.is::<Interrupt>() => Ok(crate::failure(&error)),
            outcome => outcome.map(|()| 0).with_context(cannot),
        };
    }
    let starting = async {
        let (provider, socket) = bind(&address).await.with_context(cannot)?;
        let local = socket.local_addr().with_context(cannot)?;
        // Nothing is touched before it is sure that something can be received.
        let destination = destination(&arguments).await?;
        announce(address.protocol(), local, arguments.json)?;
        anyhow::Ok((provider, socket, Sink::new(destination)?))
    };
    let (provider, socket, mut sink) = tokio::select! {
        started = starting => started?,
        interrupt = interrupts.next() => return Err(interrupt.into()),
    };

    let mut received = 0;
    let outcome = match address.protocol() {
        Protocol::Udp => {
            let serving =
                serve_datagrams(&provider, &socket, &mut sink, &mut received, arguments.once);
            tokio::select! {
                outcome = serving => outcome,
                interrupt = interrupts.next() => Err(interrupt.into()),
            }
        }
        Protocol::Tcp => {
            let (idle, once) = (arguments.idle.0, arguments.once);
            let mut turns = Turns::new(&provider, &socket, &mut sink, idle, once);
            let outcome = tokio::select! {
                outcome = turns.serve() => outcome,
                interrupt = interrupts.next() => Err(interrupt.into()),
            };
            if is_interrupt(&outcome) {
                // What stops it stops the writing too, which is reported below.
                let _ = tokio::time::timeout(GRACE, turns.drain()).await;
            }
            turns.reset();
            received = turns.served;
            outcome
        }
    };

    // Whatever happened, what arrived is written out and reported.
    let interrupted = is_interrupt(&outcome);
    let ending = match &outcome {
        Ok(()) => Ending::Whole,
        Err(_) if interrupted => Ending::Interrupted,
        Err(_) => Ending::Failed,
    };
    let finishing = sink.finish(ending);
    let (total, written) = if interrupted {
        let finished = tokio::time::timeout(GRACE, finishing).await;
        finished.context("what was received could not be written in time")??
    } else {
        finishing.await?
    };
    let sha256 = output::hex(&total.sha256);
    if arguments.json {
        output::json_line(&Summary {
            bytes: total.bytes,
            sha256,
            received,
        })?;
    } else {
        output::tell(format_args!(
            "received {} bytes, sha256 {sha256}",
            total.bytes
        ));
    }
    written?;
    match outcome {
        Err(error) if interrupted => Ok(crate::failure(&error)),
        outcome => outcome.map(|()| 0).with_context(cannot),
    }
}

/// Serves connections with a program, and says what went through.
async fn execute_for_each(
    arguments: &Arguments,
    command: &str,
    interrupts: &mut Interrupts,
) -> anyhow::Result<()> {
    let protocol = arguments.address.protocol();
    if protocol == Protocol::Udp {
        let sentence = "datagrams are no connection that --exec could serve: listen on tcp://";
        return Err(output::UsageError(sentence.to_owned()).into());
    }
    let mut total = exec::Total::default();
    let serving = async {
        let (_provider, socket) = bind(&arguments.address).await?;
        announce(protocol, socket.local_addr()?, arguments.json)?;
        let (idle, once) = (arguments.idle.0, arguments.once);
        exec::serve(&socket, command, idle, once, &mut total).await
    };
    let outcome = tokio::select! {
        outcome = serving => outcome,
        interrupt = interrupts.next() => Err(interrupt.into()),
    };
    let exec::Total {
        connections,
        received,
        sent,
    } = total;
    if arguments.json {
        output::json_line(&total)?;
    } else {
        output::tell(format_args!(
            "served {connections} connections: {received} bytes received, {sent} sent"
        ));
    }
    outcome
}

fn is_interrupt(outcome: &anyhow::Result<()>) -> bool {
    outcome.as_ref().is_err_and(|error| error.is::<Interrupt>())
}

/// Opens what is written to; a pipe waits for its reader.
async fn destination(arguments: &Arguments) -> anyhow::Result<Box<dyn Destination>> {
    Ok(match arguments.output.clone() {
        Some(path) => {
            let opening = tokio::task::spawn_blocking(move || OutputFile::open(&path));
            Box::new(opening.await??)
        }
        None if arguments.json => Box::new(Stream(io::sink())),
        None => Box::new(Stream(io::stdout())),
    })
}

/// Binds, and listens if the protocol has connections.
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
    output::tell(format_args!("listening on {listening}"));
    if json {
        output::json_line(&Listening { listening })?;
    }
    Ok(())
}

/// Receives one datagram, or for ever.
async fn serve_datagrams(
    provider: &Provider,
    socket: &Socket,
    sink: &mut Sink,
    received: &mut u64,
    once: bool,
) -> anyhow::Result<()> {
    let mut receives = Receives::new(provider);
    let id = receives.add(socket.clone());
    loop {
        receives.post(id, DEPTH)?;
        tokio::select! {
            finished = receives.finished() => finished?,
            failure = sink.failure() => return Err(failure),
        };
        while let Some(data) = receives.take(id) {
            let data = match data {
                Ok(data) => data,
                // Such as one that was too long: the next one may be fine.
                Err(error) if !once && error.winsock().is_some() => {
                    tracing::warn!("a datagram was lost: {error:#}");
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            *received += 1;
            sink.write(data).await?;
            if once {
                return Ok(());
            }
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
