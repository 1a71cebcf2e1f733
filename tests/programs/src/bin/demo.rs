//! Sends gathered overlapped buffers, several at once, prints each completion
//! and at the end the digest of everything that it sent.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{collections::VecDeque, error::Error, net::SocketAddr};

use sha2::{Digest, Sha256};
use wsp_sdk::{Event, Overlapped, Socket, Winsock, WsaError, println, wait_for_any};

wsp_sdk::command!(main);

const SENDS: u32 = 64;
const OUTSTANDING: usize = 8;
const PARTS: u32 = 4;
const PART_LENGTH: u32 = 16 * 1024;

/// A send that has not been reported yet.
struct Outstanding {
    number: u32,
    event: Event,
    overlapped: Overlapped,
}

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    socket.connect(peer)?;

    let mut digest = Sha256::new();
    let mut outstanding = VecDeque::new();
    let mut sent = 0;
    for number in 0..SENDS {
        if outstanding.len() == OUTSTANDING {
            sent += report_oldest(&socket, &mut outstanding)?;
        }
        let parts: Vec<Vec<u8>> = (0..PARTS).map(|part| data(number * PARTS + part)).collect();
        for part in &parts {
            digest.update(part);
        }
        let buffers: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let event = Event::new();
        let overlapped = Overlapped::with_event(&event);
        socket.send_overlapped(&buffers, &overlapped)?;
        outstanding.push_back(Outstanding {
            number,
            event,
            overlapped,
        });
    }
    while !outstanding.is_empty() {
        sent += report_oldest(&socket, &mut outstanding)?;
    }

    let digest: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!("sent {sent} sha256 {digest}");
    Ok(())
}

/// Waits for the oldest send, which is the first to complete, and prints it.
fn report_oldest(
    socket: &Socket,
    outstanding: &mut VecDeque<Outstanding>,
) -> Result<u32, WsaError> {
    let Some(oldest) = outstanding.pop_front() else {
        return Ok(0);
    };
    wait_for_any(&[&oldest.event], None, false)?;
    let bytes = socket.overlapped_result(&oldest.overlapped, false)?.bytes;
    println!("completion {}: {bytes} bytes, event", oldest.number);
    Ok(bytes)
}

/// The contents of a part: different for each, and the same every time.
fn data(part: u32) -> Vec<u8> {
    (0..PART_LENGTH)
        .map(|offset| ((part * PART_LENGTH + offset).wrapping_mul(0x9e37_79b1) >> 24) as u8)
        .collect()
}
