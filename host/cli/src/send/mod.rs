//! `wsp send`.

mod bench;
mod connection;
mod inbox;
mod overlapped;
mod parts;
mod payload;
mod record;
mod synchronous;

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use clap::ValueEnum;
use serde::Serialize;
use tokio::time::Instant;
use wsp::policy::{Policy, Protocol, Target};
use wsp::{Limits, MessageFlags, Notify, Provider, Settings, Socket, WsaError};

use crate::idle::Idle;
use crate::interrupt::Interrupts;
use crate::session;
use crate::trace::{TraceFlags, Tracing};
use crate::watchdog::Watchdog;

use connection::{Connection, Delivery};
use inbox::Inbox;
use parts::Parts;
pub(crate) use parts::forgotten_text;
use payload::Payload;
use record::Record;

/// How long a peer that has everything may be silent, unless its answer is wanted.
const IDLE: Idle = Idle(Some(Duration::from_secs(10)));

/// How long a summary may take after the time is up, if nobody reads it.
const GRACE: Duration = Duration::from_millis(500);

/// Send buffers, files or standard input through the provider
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where to send: tcp://HOST:PORT or udp://HOST:PORT; naming it grants it, and nothing else
    #[arg(value_parser = parse_target)]
    target: Target,

    #[command(flatten)]
    parts: Parts,

    /// Split each file into overlapped sends of this many bytes; input from a pipe or a terminal goes out as it comes, in sends of at most this many. Each --buffer is then a send of its own. Without it everything is read first, for one send
    #[arg(long, value_name = "BYTES", value_parser = parse_chunk)]
    chunk: Option<NonZeroU32>,

    /// How many overlapped sends may be outstanding at once
    #[arg(long, value_name = "N", default_value = "8", value_parser = parse_depth)]
    depth: NonZeroU16,

    /// Send made-up bytes for this time, in sends of --chunk (64 KiB, or 1200 bytes of UDP) with --depth of them outstanding, and report rate and latencies every second and at the end
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = bench::USUAL, group = "parts", conflicts_with_all = ["buffer", "file", "reply"], value_parser = wsp_guard::duration::parse)]
    bench: Option<Duration>,

    /// How completions are indicated; none sends synchronously
    #[arg(long, value_enum, default_value_t = Notification::Event)]
    notify: Notification,

    /// Send urgent data (MSG_OOB; TCP only)
    #[arg(long)]
    oob: bool,

    /// Do not route (MSG_DONTROUTE)
    #[arg(long)]
    dont_route: bool,

    /// Write what the peer answers to standard output; over UDP that is one datagram
    #[arg(long, conflicts_with = "json")]
    reply: bool,

    /// How long the peer may be silent once it has everything (TCP), as in 500ms, 5s or 2m; `none` is no limit [default: 10s, and none with --reply]
    #[arg(long, value_name = "DURATION", value_parser = Idle::parse)]
    idle: Option<Idle>,

    /// Give up after this time, as in 500ms, 5s or 2m
    #[arg(long, value_name = "DURATION", value_parser = wsp_guard::duration::parse)]
    timeout: Option<Duration>,

    /// Print a line of JSON for each completion, and a summary
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    trace: TraceFlags,
}

const EXAMPLES: &str = "\
Examples:
  One send of three buffers, gathered:
    wsp send tcp://127.0.0.1:9000 --buffer one --file two.bin --buffer three
  A long file in overlapped sends of 64 KiB, 32 at once:
    wsp send tcp://127.0.0.1:9000 --file big.iso --chunk 65536 --depth 32 --json
  Standard input, with completion routines:
    tar c . | wsp send tcp://[::1]:9000 --file - --chunk 65536 --notify routine
  A request, and what is answered:
    wsp send tcp://127.0.0.1:80 --buffer $'GET / HTTP/1.0\\r\\n\\r\\n' --reply
  A datagram:
    wsp send udp://127.0.0.1:9000 --buffer hello
  How fast a peer takes it, such as `wsp listen tcp://127.0.0.1:9000 --json`:
    wsp send tcp://127.0.0.1:9000 --bench=5s --chunk 16384 --depth 16
  When each send was posted, went out and completed, as a page:
    wsp send tcp://127.0.0.1:9000 --file big.iso --chunk 65536 --trace trace.json
    wsp trace trace.json -o report.html

Over TCP it ends its direction after the last byte, and then waits for the peer to
end the other one, so that a peer that answers, or reads slowly, gets everything;
what it answers is discarded without --reply. If the peer's system has everything but
the peer does not end the connection, wsp waits as long as --idle and --timeout say;
that is a success too, except with --reply. A send that fails or is
interrupted ends with a reset, so that no peer mistakes a part for the whole.

The latency of --bench is from posting a send to its completion, and so to the system's
having it, not the peer's; the rate of a stream is the peer's as soon as buffers are full.

The exit status is 0 when everything was sent, 1 after a failure, 2 after a usage
error, 130 after Ctrl-C and 143 after SIGTERM.";

/// How completions are indicated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Notification {
    /// An event is set
    Event,
    /// A completion routine runs
    Routine,
    /// The operation is polled
    Poll,
    /// There are no completions: each send is synchronous
    None,
}

impl Notification {
    /// What an overlapped send asks for; `None` for synchronous sends.
    fn overlapped(self) -> Option<Notify> {
        match self {
            Self::Event => Some(Notify::Event),
            Self::Routine => Some(Notify::Routine),
            Self::Poll => Some(Notify::Poll),
            Self::None => None,
        }
    }
}

fn parse_chunk(text: &str) -> Result<NonZeroU32, String> {
    text.parse()
        .map_err(|_| format!("write a number from 1 to {}", NonZeroU32::MAX))
}

fn parse_depth(text: &str) -> Result<NonZeroU16, String> {
    text.parse()
        .map_err(|_| format!("write a number from 1 to {}", NonZeroU16::MAX))
}

fn parse_target(text: &str) -> Result<Target, String> {
    let target: Target = text
        .parse()
        .map_err(|error: wsp::policy::SyntaxError| error.to_string())?;
    if target.port() == 0 {
        return Err(format!(
            "nothing can be reached at port 0 in {text:?}: name a port from 1 to 65535"
        ));
    }
    Ok(target)
}

/// What is sent, and what the sending needs.
struct Sending<'a> {
    socket: &'a Socket,
    /// Where the completions come, and what the peer answers.
    inbox: &'a mut Inbox,
    payload: &'a mut Payload,
    record: &'a mut Record,
    flags: MessageFlags,
}

pub(crate) async fn execute(
    arguments: Arguments,
    mut interrupts: Interrupts,
) -> anyhow::Result<u8> {
    let target = arguments.target.clone();
    let cannot = || format!("send to {target}");
    let mut record = Record::new(arguments.json, arguments.notify)?;
    let tracing = arguments.trace.start()?;
    let deadline = arguments.timeout.and_then(|limit| {
        // For what waits in the system and cannot be given up.
        let sentence = format!("wsp: {}: {}", cannot(), WsaError::TimedOut);
        let started = Watchdog::start(limit.saturating_add(GRACE * 2), crate::FAILURE, sentence);
        match started {
            Ok(watchdog) => watchdog.stay(),
            Err(error) => tracing::warn!("only what can be waited for ends in time: {error:#}"),
        }
        Instant::now().checked_add(limit)
    });
    let usual = if arguments.reply { Idle(None) } else { IDLE };
    let idle = arguments.idle.unwrap_or(usual).0;
    let mut connection = Connection::new(target.protocol(), arguments.reply, idle);
    let sending = send(arguments, &tracing, &mut record, &mut connection);
    let outcome = tokio::select! {
        outcome = sending => outcome,
        () = reached(deadline) => Err(WsaError::TimedOut.into()),
        interrupt = interrupts.next() => Err(interrupt.into()),
    };
    let outcome = connection.end(outcome);
    let traced = tracing.finish();
    let summary = record.finish(&target, outcome.as_ref());
    // The summary of what was given up, or is late, need not be read.
    let given_up = outcome.is_err().then(|| Instant::now() + GRACE);
    let printed = tokio::select! {
        printed = summary => printed,
        () = reached(deadline.map(|deadline| deadline + GRACE)) => Err(WsaError::TimedOut.into()),
        () = reached(given_up) => Ok(()),
        interrupt = interrupts.next() => Err(interrupt.into()),
    };
    outcome.map(drop).and(printed).with_context(cannot)?;
    traced?;
    Ok(0)
}

/// Waits until `then`; for ever without one.
async fn reached(then: Option<Instant>) {
    match then {
        Some(then) => tokio::time::sleep_until(then).await,
        None => std::future::pending().await,
    }
}

async fn send(
    arguments: Arguments,
    tracing: &Tracing,
    record: &mut Record,
    connection: &mut Connection,
) -> anyhow::Result<Delivery> {
    let depth = usize::from(arguments.depth.get());
    let (mut payload, limits) = match arguments.bench {
        Some(time) => {
            let usual = bench::usual_chunk(arguments.target.protocol());
            let chunk = usize::try_from(arguments.chunk.map_or(usual, NonZeroU32::get))?;
            let payload = Payload::made_up(bench::buffer(chunk), time);
            (payload, limits(depth, chunk, 1))
        }
        None => given(arguments.parts, arguments.chunk, depth, record).await?,
    };

    let (provider, socket) = connect(&arguments.target, limits, tracing).await?;
    if arguments.bench.is_some() {
        record.measure()?;
    }
    connection.established(&provider, &socket)?;
    let mut flags = MessageFlags::empty();
    if arguments.oob {
        flags |= MessageFlags::OOB;
    }
    if arguments.dont_route {
        flags |= MessageFlags::DONT_ROUTE;
    }
    let mut inbox = Inbox::new(&provider, &socket, arguments.reply)?;
    if arguments.reply || arguments.target.protocol() == Protocol::Tcp {
        inbox.receive();
    }
    let sending = Sending {
        socket: &socket,
        inbox: &mut inbox,
        payload: &mut payload,
        record,
        flags,
    };
    match arguments.notify.overlapped() {
        Some(notify) => overlapped::send(sending, notify, depth).await?,
        None => synchronous::send(sending).await?,
    }
    let delivery = connection.finish(&mut inbox).await?;
    inbox.finish().await?;
    Ok(delivery)
}

/// What the command line names, and what it takes to send it.
async fn given(
    parts: Parts,
    chunk: Option<NonZeroU32>,
    depth: usize,
    record: &mut Record,
) -> anyhow::Result<(Payload, Limits)> {
    // Everything that can be wrong with the input is found before anything is sent.
    // A named pipe is opened once it has a writer, which signals do not wait for.
    let sources = tokio::task::spawn_blocking(move || parts.open()).await??;
    record.expect(sources.length());
    Ok(match chunk {
        Some(chunk) => {
            let bytes = usize::try_from(chunk.get())?;
            (Payload::in_chunks(sources, chunk)?, limits(depth, bytes, 1))
        }
        None => {
            let buffers = payload::read_whole(sources).await?;
            let limits = limits(1, buffers.iter().map(Bytes::len).sum(), buffers.len());
            (Payload::Whole(Some(buffers)), limits)
        }
    })
}

/// Connects to the first address of the target that answers.
async fn connect(
    target: &Target,
    limits: Limits,
    tracing: &Tracing,
) -> anyhow::Result<(Provider, Socket)> {
    let addresses = session::resolve(target).await?;
    let policy = Policy::naming(target.protocol(), &addresses);
    let settings = tracing.apply(Settings::new(policy).with_limits(limits));
    let provider = session::provider(settings)?;
    let mut failure = None;
    for address in addresses {
        let socket = session::socket(&provider, target.protocol(), address)?;
        match socket.connect(address).await {
            Ok(()) => return Ok((provider, socket)),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.map_or_else(|| anyhow!("the host has no address"), Into::into))
}

/// The default limits, widened to what the command line asks for: it is the
/// person's own memory.
fn limits(depth: usize, bytes_of_a_send: usize, parts: usize) -> Limits {
    let mut limits = Limits::default();
    let pending = bytes_of_a_send.saturating_mul(depth);
    limits.payload_bytes = limits.payload_bytes.saturating_add(pending);
    limits.pending_bytes = limits.pending_bytes.saturating_add(pending);
    limits.operations = limits.operations.saturating_add(depth);
    limits.parts = limits.parts.max(parts);
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_with_port_zero_cannot_be_sent_to() {
        assert_eq!(
            parse_target("tcp://127.0.0.1:0").map(|target| target.to_string()),
            Err(r#"nothing can be reached at port 0 in "tcp://127.0.0.1:0": name a port from 1 to 65535"#.to_owned())
        );
    }
}
