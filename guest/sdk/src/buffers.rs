//! The buffers of one send, on their way to the host.

use std::io::IoSlice;

use crate::bindings::winsock::spi::{
    gather::{self, SendOutcome, Ticket, TicketFlags},
    tickets,
    types::SocketAddress,
};
use crate::words;

/// Buffers, in the forms that programs have them in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Buffers<'a> {
    One(&'a [u8]),
    Slices(&'a [&'a [u8]]),
    IoSlices(&'a [IoSlice<'a>]),
}

impl<'a> Buffers<'a> {
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = &'a [u8]> {
        let count = match self {
            Buffers::One(_) => 1,
            Buffers::Slices(slices) => slices.len(),
            Buffers::IoSlices(slices) => slices.len(),
        };
        (0..count).map(move |position| self.part(position))
    }

    fn part(self, position: usize) -> &'a [u8] {
        let part = match self {
            Buffers::One(only) => Some(only),
            Buffers::Slices(slices) => slices.get(position).copied(),
            Buffers::IoSlices(slices) => slices.get(position).map(|slice| &**slice),
        };
        part.unwrap_or_default()
    }

    /// `dwBufferCount`.
    pub(crate) fn count(self) -> u32 {
        u32::try_from(self.iter().len()).unwrap_or(u32::MAX)
    }

    /// The sum of the lengths of all parts, in bytes.
    pub(crate) fn total_length(self) -> u64 {
        self.iter().map(|part| part.len() as u64).sum()
    }

    /// Sends what a ticket of that socket allows, and waits for the rest if that is what it
    /// says.
    pub(crate) fn send(self, s: u64, ticket: Ticket, to: Option<SocketAddress>) -> SendOutcome {
        let to = to.filter(|_| ticket.flags.contains(TicketFlags::ADDRESSED));
        if let Some(outcome) = words::send(self, s, ticket, to) {
            return outcome;
        }
        let sent = match to {
            Some(to) => gather::send_to(ticket, &self.to_vec(), to),
            None => send(ticket, self),
        };
        match sent {
            SendOutcome::Blocked(sent) => {
                let timeout = tickets::send_timeout(s);
                gather::send_rest(ticket, &self.to_vec(), to, sent, timeout)
            }
            sent => sent,
        }
    }

    fn to_vec(self) -> Vec<&'a [u8]> {
        self.iter().collect()
    }
}

/// The longest buffer that goes by itself, in bytes. What a call may carry is limited, and
/// what a longer one costs is not the call.
const SHORT: usize = 16 << 10;

fn send(ticket: Ticket, buffers: Buffers<'_>) -> SendOutcome {
    let mut parts = buffers.iter();
    match (parts.next(), parts.next()) {
        (Some(only), None) if only.len() <= SHORT => gather::send_one(ticket, only),
        _ => send_several(ticket, buffers),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn send_several(ticket: Ticket, buffers: Buffers<'_>) -> SendOutcome {
    gather::send(ticket, &buffers.to_vec())
}

#[cfg(target_arch = "wasm32")]
use lowered::send_several;

/// The import that sends of several buffers call, as the canonical ABI lowers it: the generated function
/// allocates the list that it hands over.
#[cfg(target_arch = "wasm32")]
mod lowered {
    use std::mem::MaybeUninit;

    use super::{Buffers, SendOutcome, Ticket, gather};
    use crate::bindings::winsock::spi::types::TransportError;

    /// The most parts that are handed over without an allocation.
    const AT_ONCE: usize = 16;

    /// A `list<u8>`.
    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Part {
        pointer: *const u8,
        length: usize,
    }

    const NO_PART: Part = Part {
        pointer: std::ptr::null(),
        length: 0,
    };

    /// A `send-outcome`.
    #[repr(C)]
    struct Outcome {
        case: u8,
        value: Value,
    }

    #[derive(Clone, Copy)]
    #[repr(C)]
    union Value {
        bytes: u64,
        error: u8,
    }

    pub(super) fn send_several(ticket: Ticket, buffers: Buffers<'_>) -> SendOutcome {
        let count = buffers.iter().len();
        if count > AT_ONCE {
            return gather::send(ticket, &buffers.to_vec());
        }
        let mut parts = [NO_PART; AT_ONCE];
        for (part, buffer) in parts.iter_mut().zip(buffers.iter()) {
            *part = Part {
                pointer: buffer.as_ptr(),
                length: buffer.len(),
            };
        }
        call(ticket, &parts, count)
    }

    #[allow(
        unsafe_code,
        reason = "the import itself, as the canonical ABI lowers it"
    )]
    fn call(ticket: Ticket, parts: &[Part], count: usize) -> SendOutcome {
        #[link(wasm_import_module = "winsock:spi/gather@0.2.0")]
        unsafe extern "C" {
            #[link_name = "send"]
            fn send(
                endpoint: i64,
                operation: i64,
                flags: i32,
                rest: i32,
                parts: *const Part,
                count: usize,
                outcome: *mut Outcome,
            );
        }
        let mut outcome = MaybeUninit::<Outcome>::uninit();
        // SAFETY: the parts are the lists of bytes that `list<list<u8>>` lowers to, each
        // borrowed for longer than the call, and the host writes a `send-outcome`, whose
        // cases have the values that are read here.
        unsafe {
            send(
                ticket.endpoint.cast_signed(),
                ticket.operation.cast_signed(),
                ticket.flags.bits().into(),
                ticket.rest as i32,
                parts.as_ptr(),
                count,
                outcome.as_mut_ptr(),
            );
            let case = (*outcome.as_ptr()).case;
            let value = (*outcome.as_ptr()).value;
            match case {
                0 => SendOutcome::Done(value.bytes),
                1 => SendOutcome::Pending,
                2 => SendOutcome::Blocked(value.bytes),
                3 => SendOutcome::TimedOut,
                _ => SendOutcome::Failed(TransportError::_lift(value.error)),
            }
        }
    }
}
