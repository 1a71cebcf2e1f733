//! `wsp demo`: the main job on one machine, with the proof that it worked.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, DuplexStream};
use tokio::net::TcpListener;
use wasmtime_wasi::cli::AsyncStdoutStream;
use wsp::Settings;
use wsp::isolate::{Compiler, Source};
use wsp::policy::{Policy, Protocol};
use wsp::run::{self, Runner};

use crate::output;
use crate::program;

/// The program: sends gathered overlapped buffers to its argument, and prints
/// each completion and, last, what it sent.
const PROGRAM: &[u8] = include_bytes!("../demo.wasm");

/// It takes about a second; something is wrong with a machine that needs this.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Room for what the program prints.
const STDOUT: usize = 8 * 1024;

/// Send from an embedded program to a receiver on this machine, and compare what arrived
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print JSON: a line for each line of the program, and the comparison
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  wsp demo
  wsp demo --json";

/// The parties, from top to bottom, before the receiver's address.
const PICTURE: &str = "\
program component     64 sends of gathered overlapped buffers, each with an event
  | winsock:spi/provider
provider component    Winsock's rules, in a sandbox; sees no payload
  | winsock:spi/transport
host                  the policy, the payload, one system call for each send
  | ";

/// A line that the program printed.
#[derive(Serialize)]
struct ProgramLine<'a> {
    program: &'a str,
}

/// The last line.
#[derive(Serialize)]
struct Proof {
    sent: Data,
    received: Data,
    equal: bool,
    elapsed_ms: u128,
}

/// How much, and its digest.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Data {
    bytes: u64,
    sha256: String,
}

pub(crate) async fn execute(arguments: Arguments) -> anyhow::Result<u8> {
    let proving = tokio::time::timeout(TIMEOUT, prove(arguments.json));
    let proof = proving
        .await
        .context("the demonstration did not end in a minute")??;
    if arguments.json {
        output::json_line(&proof)?;
    } else {
        let Proof {
            sent,
            received,
            elapsed_ms,
            ..
        } = &proof;
        output::line(format_args!(
            "sent      {} bytes, sha256 {}",
            sent.bytes, sent.sha256
        ))?;
        output::line(format_args!(
            "received  {} bytes, sha256 {}",
            received.bytes, received.sha256
        ))?;
        let verdict = if proof.equal {
            "equal: every byte arrived, in order"
        } else {
            "DIFFERENT"
        };
        output::line(format_args!("{verdict} ({elapsed_ms} ms)"))?;
    }
    Ok(u8::from(!proof.equal))
}

async fn prove(json: bool) -> anyhow::Result<Proof> {
    let begin = Instant::now();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .context("cannot listen")?;
    let address = listener.local_addr()?;
    if !json {
        output::line(format_args!(
            "{PICTURE}tcp://{address}, and nothing else, is granted"
        ))?;
        output::line(format_args!(
            "receiver              an ordinary socket; hashes what arrives\n"
        ))?;
    }

    let receiving = tokio::spawn(receive(listener));
    let (lines, stdout) = tokio::io::duplex(STDOUT);
    let printing = tokio::spawn(print(lines, json));
    let status = run_program(address, stdout).await?;
    let sent = printing.await??;
    if status != 0 {
        receiving.abort();
        bail!("the program failed with exit status {status}");
    }
    let sent = sent.context("the program did not say what it sent")?;
    let received = receiving.await??;
    Ok(Proof {
        equal: sent == received,
        sent,
        received,
        elapsed_ms: begin.elapsed().as_millis(),
    })
}

/// Runs the program; its standard output goes to `stdout`, which is closed in the end.
async fn run_program(address: SocketAddr, stdout: DuplexStream) -> anyhow::Result<u8> {
    const NAME: &str = "the demo";
    let program = Source::Bytes(PROGRAM.to_vec());
    let runner = Runner::without_epochs();
    let program = program::compile(NAME, &runner, Compiler::new()?, program).await?;
    let mut wasi = run::wasi();
    wasi.stdout(AsyncStdoutStream::new(STDOUT, stdout))
        .inherit_stderr()
        .args(&["demo".to_owned(), address.to_string()]);
    let settings = Settings::new(Policy::naming(Protocol::Tcp, &[address]));
    let limits = settings.limits;
    let prepared = program.prepare(wasi.build(), settings);
    let outcome = program::run(NAME, prepared, limits, None).await?;
    Ok(outcome.exit_status())
}

/// Prints the program's lines as they come, and returns what the last one says was sent.
async fn print(lines: DuplexStream, json: bool) -> anyhow::Result<Option<Data>> {
    let mut lines = BufReader::new(lines).lines();
    let mut sent = None;
    while let Some(line) = lines.next_line().await? {
        if json {
            output::json_line(&ProgramLine { program: &line })?;
        } else {
            output::line(format_args!("program: {line}"))?;
        }
        sent = parse_sent(&line);
    }
    Ok(sent)
}

/// Reads `sent BYTES sha256 DIGEST`.
fn parse_sent(line: &str) -> Option<Data> {
    let (bytes, sha256) = line.strip_prefix("sent ")?.split_once(" sha256 ")?;
    Some(Data {
        bytes: bytes.parse().ok()?,
        sha256: sha256.to_owned(),
    })
}

/// Takes one connection and hashes everything that arrives.
async fn receive(listener: TcpListener) -> anyhow::Result<Data> {
    let (mut stream, _) = listener.accept().await?;
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(Data {
                bytes,
                sha256: output::hex(&hasher.finalize()),
            });
        }
        bytes += u64::try_from(read)?;
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_read_from_the_last_line() {
        let data = Data {
            bytes: 12,
            sha256: "ab".to_owned(),
        };
        assert_eq!(parse_sent("sent 12 sha256 ab"), Some(data));
        for line in [
            "",
            "sent",
            "sent x sha256 ab",
            "completion 1: 12 bytes, event",
        ] {
            assert_eq!(parse_sent(line), None, "{line}");
        }
    }
}
