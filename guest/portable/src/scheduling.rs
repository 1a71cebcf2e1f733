//! `winsock:spi/scheduling`: WASI has nobody who would want to know.

use crate::bindings::Component;
use crate::bindings::exports::winsock::spi::scheduling;

impl scheduling::Guest for Component {
    fn running(_: u32) {}
}
