//! The buffers of one send, and the WSABUF array made of them.

use std::io::IoSlice;

use crate::bindings::winsock::spi::memory::WsabufArray;

/// The most parts that are handed over without an allocation.
const AT_ONCE: usize = 16;

/// Buffers, in the two forms that programs have them in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Buffers<'a> {
    Slices(&'a [&'a [u8]]),
    IoSlices(&'a [IoSlice<'a>]),
}

impl Buffers<'_> {
    fn len(&self) -> usize {
        match self {
            Buffers::Slices(slices) => slices.len(),
            Buffers::IoSlices(slices) => slices.len(),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let (slices, io_slices): (&[&[u8]], &[IoSlice<'_>]) = match self {
            Buffers::Slices(slices) => (slices, &[]),
            Buffers::IoSlices(slices) => (&[], slices),
        };
        let slices = slices.iter().copied();
        slices.chain(io_slices.iter().map(|slice| &**slice))
    }

    /// The host reads the buffers during the send call, so the array must not
    /// outlive their borrow.
    pub(crate) fn capture(&self) -> WsabufArray {
        if self.len() <= AT_ONCE {
            return at_once(self);
        }
        match self {
            Buffers::Slices(slices) => WsabufArray::new(slices),
            Buffers::IoSlices(_) => WsabufArray::new(&self.iter().collect::<Vec<_>>()),
        }
    }
}

/// The generated constructor allocates the array that it hands over; this one
/// has it on the stack.
#[cfg(target_arch = "wasm32")]
#[allow(
    unsafe_code,
    reason = "the import itself, as the canonical ABI lowers it"
)]
fn at_once(buffers: &Buffers<'_>) -> WsabufArray {
    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Part {
        pointer: *const u8,
        length: usize,
    }

    #[link(wasm_import_module = "winsock:spi/memory@0.1.0")]
    unsafe extern "C" {
        #[link_name = "[constructor]wsabuf-array"]
        fn constructor(parts: *const Part, count: usize) -> i32;
    }

    let mut parts = [Part {
        pointer: std::ptr::null(),
        length: 0,
    }; AT_ONCE];
    let mut count = 0;
    for (part, buffer) in parts.iter_mut().zip(buffers.iter()) {
        part.pointer = buffer.as_ptr();
        part.length = buffer.len();
        count += 1;
    }
    // SAFETY: the first `count` parts are the lists of bytes that `list<list<u8>>`
    // lowers to, each borrowed for longer than the call, and the handle that
    // comes back is new and owned.
    unsafe { WsabufArray::from_handle(constructor(parts.as_ptr(), count).cast_unsigned()) }
}

#[cfg(not(target_arch = "wasm32"))]
fn at_once(buffers: &Buffers<'_>) -> WsabufArray {
    WsabufArray::new(&buffers.iter().collect::<Vec<_>>())
}
