//! A receiver that is not ours: a few lines of Python.

use std::process::Command;

use crate::support::Running;

const STREAM: &str = r"
import hashlib, socket
listener = socket.create_server(('127.0.0.1', 0))
listener.settimeout(60)
print(listener.getsockname()[1], flush=True)
peer, _ = listener.accept()
peer.settimeout(60)
digest, count = hashlib.sha256(), 0
while data := peer.recv(1 << 20):
    digest.update(data)
    count += len(data)
print(count, digest.hexdigest(), flush=True)
";

const DATAGRAM: &str = r"
import socket
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(('127.0.0.1', 0))
receiver.settimeout(60)
print(receiver.getsockname()[1], flush=True)
print(receiver.recv(65536).decode(), flush=True)
";

const URGENT: &str = r"
import select, socket
listener = socket.create_server(('127.0.0.1', 0))
listener.settimeout(60)
print(listener.getsockname()[1], flush=True)
peer, _ = listener.accept()
peer.settimeout(60)
select.select([], [], [peer], 60)
print(peer.recv(1, socket.MSG_OOB).decode(), flush=True)
print(peer.recv(100).decode(), flush=True)
# To the end: a close with something unread, as the urgent byte counts, is a reset.
while peer.recv(100): pass
";

/// The receiver, with the port that it listens on.
pub struct Receiver {
    pub port: u16,
    output: Box<dyn Iterator<Item = String>>,
    _process: Running,
}

impl Receiver {
    /// Takes one connection and reads it to its end.
    pub fn stream() -> Receiver {
        Receiver::start(STREAM)
    }

    /// Takes one datagram.
    pub fn datagram() -> Receiver {
        Receiver::start(DATAGRAM)
    }

    /// Takes one connection, its urgent byte, then what is in line.
    pub fn urgent() -> Receiver {
        Receiver::start(URGENT)
    }

    fn start(script: &str) -> Receiver {
        let mut process = Running::start(Command::new("python3").args(["-c", script]));
        let mut output = Box::new(process.lines());
        Receiver {
            port: output
                .next()
                .expect("python3 prints its port")
                .parse()
                .unwrap(),
            output,
            _process: process,
        }
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        self.output.next().expect("the receiver printed its result")
    }
}
