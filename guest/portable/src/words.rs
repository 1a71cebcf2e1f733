//! `winsock:spi/words`.

use wsp_over_wasi::{Payload, Room};

use crate::bindings::Component;
use crate::bindings::exports::winsock::spi::{gather, memory, types, words as wit};
use crate::exports::with;
use crate::sends::send;

impl wit::Guest for Component {
    fn wanted() -> bool {
        true
    }

    fn send(ticket: gather::Ticket, payload: Vec<wit::Words>, length: u32) -> gather::SendOutcome {
        send_words(ticket, None, payload, length)
    }

    fn send_to(
        ticket: gather::Ticket,
        payload: Vec<wit::Words>,
        length: u32,
        to: types::SocketAddress,
    ) -> gather::SendOutcome {
        send_words(ticket, Some(to), payload, length)
    }

    fn send_rest(timeout_ms: Option<u32>) -> gather::SendOutcome {
        with(|machine| machine.send_blocked_rest(timeout_ms.map(u64::from))).into()
    }

    fn read(
        buffer: memory::ReceiveBufferBorrow<'_>,
        offset: u32,
        length: u32,
    ) -> (Vec<wit::Words>, u32) {
        let (words, length) = buffer.get::<Room>().read_words(offset, length);
        (bytemuck::cast_vec(words), length)
    }
}

fn send_words(
    ticket: gather::Ticket,
    to: Option<types::SocketAddress>,
    payload: Vec<wit::Words>,
    length: u32,
) -> gather::SendOutcome {
    match Payload::of_words(bytemuck::cast_vec(payload), length) {
        Ok(payload) => send(ticket, to.map(Into::into), payload),
        Err(error) => gather::SendOutcome::Failed(error.into()),
    }
}

#[expect(unsafe_code, reason = "what is generated cannot be told to derive it")]
// SAFETY: it is eight `u64`, so that all zeros are one.
unsafe impl bytemuck::Zeroable for wit::Words {}

#[expect(unsafe_code, reason = "what is generated cannot be told to derive it")]
// SAFETY: it is eight `u64` in order, `repr(C)` and `Copy`: no padding, and any bits are one.
unsafe impl bytemuck::Pod for wit::Words {}
