//! `winsock:spi/words`.

use wsp_over_wasi::{Payload, Room, Words};

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
        (to_wit(words), length)
    }
}

fn send_words(
    ticket: gather::Ticket,
    to: Option<types::SocketAddress>,
    payload: Vec<wit::Words>,
    length: u32,
) -> gather::SendOutcome {
    match Payload::of_words(from_wit(payload), length) {
        Ok(payload) => send(ticket, to.map(Into::into), payload),
        Err(error) => gather::SendOutcome::Failed(error.into()),
    }
}

/// What the generated record and [`Words`] are in memory is the same.
const _: () = assert!(
    size_of::<wit::Words>() == size_of::<Words>()
        && align_of::<wit::Words>() == align_of::<Words>()
);

fn from_wit(words: Vec<wit::Words>) -> Vec<Words> {
    let mut words = std::mem::ManuallyDrop::new(words);
    let (pointer, length, capacity) = (words.as_mut_ptr(), words.len(), words.capacity());
    #[expect(
        unsafe_code,
        reason = "nothing safe makes of a vector one of another type"
    )]
    // SAFETY: they are the vector's own parts, which nobody uses any more, and its elements
    // are eight `u64` in order, `repr(C)`: an array of them.
    unsafe {
        Vec::from_raw_parts(pointer.cast::<Words>(), length, capacity)
    }
}

fn to_wit(words: Vec<Words>) -> Vec<wit::Words> {
    let mut words = std::mem::ManuallyDrop::new(words);
    let (pointer, length, capacity) = (words.as_mut_ptr(), words.len(), words.capacity());
    #[expect(
        unsafe_code,
        reason = "nothing safe makes of a vector one of another type"
    )]
    // SAFETY: as in `from_wit`; any bits are a `u64`.
    unsafe {
        Vec::from_raw_parts(pointer.cast::<wit::Words>(), length, capacity)
    }
}
