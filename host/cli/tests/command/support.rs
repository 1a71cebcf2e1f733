//! What the tests of the command share.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// No run of the command takes longer, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(60);

/// In place of the user's caches, which tests leave alone.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");

/// The command, to be run to its end within the limit.
pub fn wsp(arguments: &[&str]) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp"));
    command.args(arguments).timeout(LIMIT);
    command.env_remove("WSP_LOG").env("XDG_CACHE_HOME", CACHE);
    command
}

/// Another program that starts the command, which leaves the user's caches alone.
pub fn starter(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("XDG_CACHE_HOME", CACHE);
    command
}

/// A process that ends with the test.
pub struct Running(pub Child);

/// The command with these system calls of it told on standard error, each with the names of its files.
pub fn tracing(calls: &str) -> Command {
    let mut command = starter("strace");
    command
        .args([
            "-f",
            "-y",
            "-e",
            &format!("trace={calls}"),
            "-o",
            "/dev/stderr",
        ])
        .args(["timeout", "60", env!("CARGO_BIN_EXE_wsp")])
        .env_remove("WSP_LOG");
    command
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// The command in the background, with its output to be read.
    pub fn wsp(arguments: &[&str]) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wsp"));
        command.args(arguments).env_remove("WSP_LOG");
        Running::start(command.env("XDG_CACHE_HOME", CACHE))
    }

    pub fn start(command: &mut Command) -> Running {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Running(child.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}")))
    }

    /// Tells it to end, or whatever else the signal says.
    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.0.id().try_into().unwrap());
        rustix::process::kill_process(id.unwrap(), signal).unwrap();
    }

    /// Waits for its end, and returns its exit status.
    pub fn status(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }

    /// Lines of its standard output.
    pub fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
        let output = self.0.stdout.take().unwrap();
        BufReader::new(output).lines().map(Result::unwrap)
    }

    /// Lines of its standard error.
    pub fn error_lines(&mut self) -> impl Iterator<Item = String> + use<> {
        let output = self.0.stderr.take().unwrap();
        BufReader::new(output).lines().map(Result::unwrap)
    }
}

/// The address in the first line of a listener with `--json`.
pub fn address(lines: &mut impl Iterator<Item = String>) -> String {
    let line: Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    line["listening"].as_str().unwrap().to_owned()
}

/// A line, and nothing that comes after it.
pub fn first_line(output: &mut impl Read) -> String {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        output.read_exact(&mut byte).unwrap();
        line.extend(byte);
    }
    line.pop();
    String::from_utf8(line).unwrap()
}

/// Its exit status, and what it said on standard error.
pub fn ended(mut process: Running) -> (Option<i32>, String) {
    let mut message = String::new();
    let mut errors = process.0.stderr.take().unwrap();
    errors.read_to_string(&mut message).unwrap();
    (process.status(), message)
}

/// A component of `tests/programs`.
pub fn program(name: &str) -> String {
    let directory = match std::env::var_os("WSP_TEST_PROGRAMS") {
        Some(directory) => PathBuf::from(directory),
        None => PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../guest/programs"),
    };
    let path = directory.join(format!("{name}.wasm"));
    assert!(
        path.is_file(),
        "{} is missing: build the programs with `cargo xtask guest`",
        path.display()
    );
    path.to_str().unwrap().to_owned()
}

/// Bytes whose period is a prime, so that no two buffers are alike.
pub fn payload(length: usize) -> Vec<u8> {
    const PERIOD: usize = 1_000_003;
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    let period: Vec<u8> = (0..PERIOD.min(length)).map(|_| next()).collect();
    let mut bytes = period.repeat(length.div_ceil(PERIOD));
    bytes.truncate(length);
    bytes
}

pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Resets a connection.
pub fn reset(connection: TcpStream) {
    rustix::net::sockopt::set_socket_linger(&connection, Some(Duration::ZERO)).unwrap();
}

/// The JSON of every line.
pub fn json_lines(output: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(output).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A port that nobody listens on, held until the test is done.
pub fn silent_port() -> (std::net::UdpSocket, u16) {
    // A datagram socket keeps other tests off the number, and answers no stream.
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}
