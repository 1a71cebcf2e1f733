//! The buffers of one send, and the WSABUF array that describes them.

use std::{cell::RefCell, io::IoSlice};

use crate::bindings::winsock::spi::memory::WsabufArray;

/// The most parts that are described without an allocation.
const AT_ONCE: usize = 16;

/// Buffers, in the two forms that programs have them in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Buffers<'a> {
    Slices(&'a [&'a [u8]]),
    IoSlices(&'a [IoSlice<'a>]),
}

impl Buffers<'_> {
    fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let (slices, io_slices): (&[&[u8]], &[IoSlice<'_>]) = match self {
            Buffers::Slices(slices) => (slices, &[]),
            Buffers::IoSlices(slices) => (&[], slices),
        };
        let slices = slices.iter().copied();
        slices.chain(io_slices.iter().map(|slice| &**slice))
    }
}

/// What is known of the one WSABUF array that every send of a program uses.
struct Described {
    /// As long as it lives, its key is one.
    _array: WsabufArray,
    key: u64,
    /// What the host was told last.
    parts: Vec<Part>,
    /// Whether that is what the array describes.
    known: bool,
}

/// A `list<u8>` as the canonical ABI lowers it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Part {
    pointer: *const u8,
    length: usize,
}

thread_local! {
    static DESCRIBED: RefCell<Option<Described>> = const { RefCell::new(None) };
}

/// Makes what sends need, so that they need not.
pub(crate) fn prepare() {
    DESCRIBED.with_borrow_mut(|described| {
        described.get_or_insert_with(Described::new);
    });
}

/// The key of an array that describes `buffers`. The host reads them during the
/// send call, so that must not come later than the end of their borrow.
pub(crate) fn describe(buffers: &Buffers<'_>) -> u64 {
    DESCRIBED.with_borrow_mut(|described| {
        let described = described.get_or_insert_with(Described::new);
        described.describe(buffers);
        described.key
    })
}

/// A send was refused for want of memory, perhaps of the array's own: the next one
/// describes its buffers anew.
pub(crate) fn forget() {
    DESCRIBED.with_borrow_mut(|described| {
        if let Some(described) = described {
            described.known = false;
        }
    });
}

impl Described {
    fn new() -> Described {
        let array = WsabufArray::new(&[]);
        Described {
            key: array.key(),
            _array: array,
            parts: Vec::with_capacity(AT_ONCE),
            known: false,
        }
    }

    /// A program sends from the same buffers again and again: then the host knows them.
    fn describe(&mut self, buffers: &Buffers<'_>) {
        let parts = buffers.iter().map(|buffer| Part {
            pointer: buffer.as_ptr(),
            length: buffer.len(),
        });
        if self.known && parts.clone().eq(self.parts.iter().copied()) {
            return;
        }
        self.known = true;
        self.parts.clear();
        self.parts.extend(parts);
        tell(self.key, &self.parts, buffers);
    }
}

/// The generated function allocates the list that it hands over.
#[cfg(target_arch = "wasm32")]
#[allow(
    unsafe_code,
    reason = "the import itself, as the canonical ABI lowers it"
)]
fn tell(key: u64, parts: &[Part], _: &Buffers<'_>) {
    #[link(wasm_import_module = "winsock:spi/memory@0.1.0")]
    unsafe extern "C" {
        #[link_name = "[static]wsabuf-array.describe"]
        fn describe(key: i64, parts: *const Part, count: usize);
    }
    // SAFETY: the parts are the lists of bytes that `list<list<u8>>` lowers to, each
    // borrowed for longer than the call.
    unsafe { describe(key.cast_signed(), parts.as_ptr(), parts.len()) }
}

#[cfg(not(target_arch = "wasm32"))]
fn tell(key: u64, _: &[Part], buffers: &Buffers<'_>) {
    WsabufArray::describe(key, &buffers.iter().collect::<Vec<_>>());
}
