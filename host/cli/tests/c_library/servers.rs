//! Echo servers with threads, and many clients that talk to them at once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use sha2::{Digest, Sha256};

use crate::programs::Running;
use crate::support::{Build, LIMIT, text};

static THREAD_PER_CLIENT: Build =
    Build::new("thread_per_client", &["programs/thread_per_client.c"]);
static WORKER_POOL: Build = Build::new("worker_pool", &["programs/worker_pool.c"]);
static PORT_SERVER: Build = Build::new("port_server", &["programs/port_server.c"]);

static LINGERS: Build = Build::new("lingers", &["case.c", "programs/lingers.c"]);

/// So many clients at once, and so many bytes of each.
const CLIENTS: usize = 32;
const BYTES: usize = 1 << 20;

/// Connects them all before the first one speaks; then each gets back what it sends.
fn serves_all(mut command: Command) {
    command.arg(CLIENTS.to_string()).stdout(Stdio::piped());
    let mut server = Running(command.spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let port: u16 = lines.next().unwrap().unwrap().parse().unwrap();
    let clients: Vec<TcpStream> = (0..CLIENTS)
        .map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap())
        .collect();
    thread::scope(|scope| {
        for (number, client) in clients.into_iter().enumerate().rev() {
            scope.spawn(move || echoes(&client, number));
        }
    });
    assert_eq!(lines.next().unwrap().unwrap(), "served");
    assert!(server.0.wait().unwrap().success());
}

fn echoes(mut client: &TcpStream, number: usize) {
    client.set_read_timeout(Some(LIMIT)).unwrap();
    let mut sent = vec![0; BYTES];
    let mut state = number as u32 + 1;
    for byte in &mut sent {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    let received = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut received = Vec::with_capacity(BYTES);
            (&mut &*client).read_to_end(&mut received).unwrap();
            received
        });
        let mut rest = &sent[..];
        let mut step = 1 + number * 97;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(step.min(rest.len()));
            client.write_all(part).unwrap();
            rest = after;
            step = step * 5 % 40_009 + 1;
        }
        client.shutdown(Shutdown::Write).unwrap();
        reader.join().unwrap()
    });
    assert_eq!(received.len(), BYTES, "client {number}");
    assert_eq!(Sha256::digest(&received), Sha256::digest(&sent));
}

#[test]
fn a_thread_for_each_client_serves_many_at_once() {
    serves_all(THREAD_PER_CLIENT.process());
}

#[test]
fn a_pool_of_workers_serves_many_at_once() {
    serves_all(WORKER_POOL.process());
}

#[test]
fn a_completion_port_serves_many_at_once() {
    serves_all(PORT_SERVER.process());
}

#[test]
fn a_socket_that_lingers_keeps_only_the_thread_waiting_that_closes_it() {
    let output = LINGERS.run(&[]).output().unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
}
