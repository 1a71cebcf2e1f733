//! Sends a chain of buffers: the completion routine of each send posts the next.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{cell::Cell, error::Error, net::SocketAddr, rc::Rc};

use wsp_sdk::{Completion, Overlapped, Socket, Winsock, WsaError, println, sleep_ex};

wsp_sdk::command!(main);

const SENDS: u8 = 10;
const LENGTH: usize = 64 * 1024;

/// What the routines share.
struct Chain {
    socket: Socket,
    ended: Cell<Option<Result<(), WsaError>>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    socket.connect(peer)?;

    let chain = Rc::new(Chain {
        socket,
        ended: Cell::new(None),
    });
    post(&chain, 0)?;
    println!("posted send 0");
    loop {
        // Routines run in here, and nowhere else.
        sleep_ex(None, true)?;
        if let Some(ended) = chain.ended.take() {
            return Ok(ended?);
        }
    }
}

/// Posts send `number`, whose routine posts the one after it.
fn post(chain: &Rc<Chain>, number: u8) -> Result<(), WsaError> {
    let buffer = vec![b'a' + number; LENGTH];
    let next = Rc::clone(chain);
    let routine = move |completion: Completion| {
        let outcome = completion.result().and_then(|bytes| {
            println!("send {number}: {bytes} bytes, routine");
            if number + 1 < SENDS {
                post(&next, number + 1)?;
            } else {
                next.ended.set(Some(Ok(())));
            }
            Ok(())
        });
        if outcome.is_err() {
            next.ended.set(Some(outcome));
        }
    };
    chain
        .socket
        .send_with_routine(&[buffer.as_slice()], &Overlapped::new(), routine)?;
    Ok(())
}
