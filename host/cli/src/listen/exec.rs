//! `--exec`: a program for each connection, which has it as its standard input and output.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::Instant;
use wsp::{MessageFlags, ShutdownHow, Socket, WsaError};
use wsp_guard::sync::lock;

use crate::session;

/// Connections that are served at once; more wait to be accepted.
const OPEN: usize = 64;

/// What is received at once.
const CAPACITY: u32 = 64 * 1024;

/// What is read of a program at once.
const PIECE: usize = 64 * 1024;

/// Pieces that wait for a program or a peer before the other one has to wait.
const QUEUE: usize = 2;

/// The longest pause between two looks at whether a program has ended.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// What went through all connections, as the last line of JSON tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Total {
    /// Connections that were served.
    pub(super) connections: u64,
    /// Bytes of the peers to the programs.
    pub(super) received: u64,
    /// Bytes of the programs to the peers.
    pub(super) sent: u64,
}

/// Serves the first connection only, or every one, several at once. `total` is what was
/// done when the future is dropped, too; the programs are ended then, and the connections reset.
///
/// # Errors
///
/// When the listener fails; with `once` also when the connection or its program does.
pub(super) async fn serve(
    listener: &Socket,
    command: &str,
    idle: Option<Duration>,
    once: bool,
    total: &mut Total,
) -> Result<()> {
    let mut conversations = JoinSet::new();
    loop {
        let room = match once {
            true => total.connections == 0 && conversations.is_empty(),
            false => conversations.len() < OPEN,
        };
        tokio::select! {
            accepted = listener.accept(), if room => {
                let (socket, peer) = accepted?;
                tracing::info!(%peer, "accepted");
                if once {
                    // Another one would never have its turn.
                    listener.close()?;
                }
                let command = shell(command);
                conversations.spawn(async move { (peer, converse(socket, peer, command, idle).await) });
            }
            Some(ended) = conversations.join_next() => {
                let (peer, (counts, outcome)) = ended?;
                total.connections += 1;
                total.received += counts.received;
                total.sent += counts.sent;
                match outcome {
                    Err(error) if once => {
                        return Err(error).with_context(|| format!("the connection from {peer} failed"));
                    }
                    Err(error) => tracing::warn!(%peer, "the connection failed: {error:#}"),
                    Ok(()) if once => return Ok(()),
                    Ok(()) => {}
                }
            }
        }
    }
}

/// The command line, for the system's shell to read.
fn shell(command: &str) -> Command {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let mut line = Command::new(shell);
    line.args([flag, command]);
    line
}

/// Bytes of one connection.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    received: u64,
    sent: u64,
}

/// A connection that is reset unless it was closed, so that the peer takes no part for the whole.
struct Connection(Option<Socket>);

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(socket) = self.0.take() {
            session::reset(&socket);
        }
    }
}

/// A program that is ended when nobody waits for it any more.
struct Program(Child);

impl Program {
    async fn status(&mut self) -> io::Result<ExitStatus> {
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// When somebody last said something.
struct Activity(Mutex<Instant>);

impl Activity {
    fn now(&self) {
        *lock(&self.0) = Instant::now();
    }

    /// Waits until nothing was said for as long as the limit.
    async fn silence(&self, idle: Option<Duration>) -> anyhow::Error {
        let Some(idle) = idle else {
            return std::future::pending().await;
        };
        loop {
            let Some(end) = lock(&self.0).checked_add(idle) else {
                return std::future::pending().await;
            };
            if end <= Instant::now() {
                let silent = format!("nothing was said for {idle:?}, which is the limit of --idle");
                return anyhow!(WsaError::TimedOut).context(silent);
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

/// Runs the program with the connection, until both have ended.
async fn converse(
    socket: Socket,
    peer: SocketAddr,
    command: Command,
    idle: Option<Duration>,
) -> (Counts, Result<()>) {
    let mut counts = Counts::default();
    let mut connection = Connection(Some(socket.clone()));
    let activity = Activity(Mutex::new(Instant::now()));
    let talking = talk(&socket, peer, command, &activity, &mut counts);
    let outcome = tokio::select! {
        outcome = talking => outcome,
        error = activity.silence(idle) => Err(error),
    };
    if outcome.is_ok() {
        connection.0 = None;
    }
    (counts, outcome)
}

async fn talk(
    socket: &Socket,
    peer: SocketAddr,
    mut command: Command,
    activity: &Activity,
    counts: &mut Counts,
) -> Result<()> {
    let started = command
        .env("WSP_PEER", peer.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut program = Program(started.context("the command of --exec cannot be started")?);
    let (input, output) = (program.0.stdin.take(), program.0.stdout.take());
    let (given, mut to_program) = mpsc::channel::<Bytes>(QUEUE);
    let (from_program, mut said) = mpsc::channel::<Bytes>(QUEUE);
    // They end with the pipes, which end with the program.
    spawn_blocking(move || input.map(|input| give(input, &mut to_program)));
    spawn_blocking(move || output.map(|output| hear(output, &from_program)));
    let Counts { received, sent } = counts;
    let hearing = async {
        // `None` once the program has closed its input: the rest is for nobody.
        let mut given = Some(given);
        loop {
            let piece = socket.recv(CAPACITY, MessageFlags::empty()).await?;
            activity.now();
            if piece.is_empty() {
                return anyhow::Ok(());
            }
            *received += piece.len() as u64;
            if let Some(open) = &given
                && open.send(piece).await.is_err()
            {
                given = None;
            }
        }
    };
    let saying = async {
        while let Some(piece) = said.recv().await {
            activity.now();
            *sent += socket.send_all([piece], MessageFlags::empty()).await?;
            activity.now();
        }
        let status = program.status().await?;
        if !status.success() {
            return Err(anyhow!("its command has failed: {status}"));
        }
        socket.shutdown(ShutdownHow::Send)?;
        Ok(())
    };
    tokio::try_join!(hearing, saying)?;
    socket.close()?;
    Ok(())
}

/// Gives a program its input, until either ends.
fn give(mut input: ChildStdin, pieces: &mut mpsc::Receiver<Bytes>) {
    while let Some(piece) = pieces.blocking_recv() {
        // A program may end before its input does.
        if input
            .write_all(&piece)
            .and_then(|()| input.flush())
            .is_err()
        {
            return;
        }
    }
}

/// Hands on what a program says, until it ends or nobody listens.
fn hear(mut output: ChildStdout, said: &mpsc::Sender<Bytes>) {
    let mut room = vec![0; PIECE];
    while let Ok(length @ 1..) = output.read(&mut room)
        && let Some(piece) = room.get(..length)
        && said.blocking_send(Bytes::copy_from_slice(piece)).is_ok()
    {}
}
