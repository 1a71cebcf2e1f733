//! Calls that WASI makes two of.

use wsp_core::TransportError;

use crate::wasi::Wasi;

/// Finishes what was started, for hosts that need time for it; none is known to.
pub(crate) fn settle<W: Wasi>(
    wasi: &W,
    subscribe: impl FnOnce() -> W::Pollable,
    finish: impl Fn() -> Result<(), TransportError>,
) -> Result<(), TransportError> {
    match finish() {
        Err(TransportError::WouldBlock) => {}
        finished => return finished,
    }
    let pollable = subscribe();
    loop {
        wasi.poll(&[&pollable]);
        match finish() {
            Err(TransportError::WouldBlock) => {}
            finished => return finished,
        }
    }
}
