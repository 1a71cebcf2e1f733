//! Payload in words, for hosts that are another component: a portable program's is.

use std::cell::RefCell;
use std::sync::OnceLock;

use crate::bindings::winsock::spi::{
    gather::{SendOutcome, Ticket},
    memory::ReceiveBuffer,
    tickets,
    types::SocketAddress,
    words::{self, Words},
};
use crate::buffers::Buffers;

/// The bytes of one record of words.
const EACH: usize = size_of::<Words>();

/// The longest scratch memory that is kept between sends, in bytes.
const KEPT: usize = 1 << 20;

/// Whether the host wants them.
fn wanted() -> bool {
    static WANTED: OnceLock<bool> = OnceLock::new();
    *WANTED.get_or_init(words::wanted)
}

/// Sends in words; `None` if the host wants none, or there is nothing to send.
pub(crate) fn send(
    buffers: Buffers<'_>,
    s: u64,
    ticket: Ticket,
    to: Option<SocketAddress>,
) -> Option<SendOutcome> {
    if !wanted() {
        return None;
    }
    let length = u32::try_from(buffers.total_length()).ok()?;
    if length == 0 {
        return None;
    }
    let outcome = in_words(buffers, length, |payload| match to {
        Some(to) => words::send_to(ticket, payload, length, to),
        None => words::send(ticket, payload, length),
    })?;
    Some(match outcome {
        SendOutcome::Blocked(_) => words::send_rest(tickets::send_timeout(s)),
        outcome => outcome,
    })
}

/// Lends buffers as words: a single buffer that is some of them as it is, others joined.
/// `None` if there is no memory for that.
fn in_words<R>(buffers: Buffers<'_>, length: u32, call: impl FnOnce(&[Words]) -> R) -> Option<R> {
    let mut parts = buffers.iter();
    if let (Some(only), None) = (parts.next(), parts.next())
        && let Ok(payload) = bytemuck::try_cast_slice::<u8, Words>(only)
    {
        return Some(call(payload));
    }
    thread_local! {
        static SCRATCH: RefCell<Vec<Words>> = const { RefCell::new(Vec::new()) };
    }
    SCRATCH.with_borrow_mut(|scratch| {
        let count = usize::try_from(length).ok()?.div_ceil(EACH);
        if let Some(more) = count.checked_sub(scratch.len()) {
            scratch.try_reserve_exact(more).ok()?;
            scratch.resize(count, bytemuck::Zeroable::zeroed());
        }
        let payload = scratch.get_mut(..count)?;
        let mut rest: &mut [u8] = bytemuck::cast_slice_mut(payload);
        for part in buffers.iter() {
            let (to, left) = rest.split_at_mut_checked(part.len())?;
            to.copy_from_slice(part);
            rest = left;
        }
        // What an earlier send left behind is not the host's.
        rest.fill(0);
        let answer = call(payload);
        if size_of_val(scratch.as_slice()) > KEPT {
            *scratch = Vec::new();
        }
        Some(answer)
    })
}

/// What the last receive delivered, up to `length` bytes; `None` if the host wants no words.
pub(crate) fn read(buffer: &ReceiveBuffer, length: u32) -> Option<Vec<u8>> {
    wanted().then(|| {
        let (words, length) = words::read(buffer, 0, length);
        let bytes: &[u8] = bytemuck::cast_slice(&words);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        bytes.get(..length).unwrap_or(bytes).to_vec()
    })
}

#[allow(unsafe_code, reason = "what is generated cannot be told to derive it")]
// SAFETY: it is eight `u64`, so that all zeros are one.
unsafe impl bytemuck::Zeroable for Words {}

#[allow(unsafe_code, reason = "what is generated cannot be told to derive it")]
// SAFETY: it is eight `u64` in order, `repr(C)` and `Copy`: no padding, and any bits are one.
unsafe impl bytemuck::Pod for Words {}
