//! `winsock:spi/threads`: what a library needs that runs several threads by turns.

use wsp_core::{Interest, SocketId};

use crate::bindings::{Component, exports::winsock::spi::threads, winsock::spi::types};
use crate::component::{with, with_or_default};

impl threads::Guest for Component {
    fn watch(s: u64, awaited: threads::Awaited) -> Result<bool, types::WsaError> {
        with(|provider| provider.watch_for_call(SocketId::from_number(s), interest(awaited)))
    }

    fn is_watched(s: u64, awaited: threads::Awaited) -> bool {
        with_or_default(|provider| provider.is_watched(SocketId::from_number(s), interest(awaited)))
    }

    fn next_changed() -> Option<u64> {
        with_or_default(|provider| provider.next_changed().map(SocketId::to_number))
    }

    fn is_connected(s: u64) -> Result<bool, types::WsaError> {
        with(|provider| provider.is_connected(SocketId::from_number(s)))
    }

    fn wait_for_progress(seen: u64, timeout_ms: Option<u32>) -> Result<u64, types::WsaError> {
        with(|provider| provider.wait_for_progress(seen, timeout_ms))
    }
}

fn interest(awaited: threads::Awaited) -> Interest {
    match awaited {
        threads::Awaited::Readable => Interest::Readable,
        threads::Awaited::Writable => Interest::Writable,
        threads::Awaited::Urgent => Interest::Urgent,
        threads::Awaited::Drained => Interest::Drained,
    }
}
