//! How an operation ended.

use core::net::SocketAddr;

use crate::{MessageFlags, WsaError, size::count};

/// How an operation ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) error: Option<WsaError>,
    pub(crate) transferred: u32,
    pub(crate) flags: MessageFlags,
    pub(crate) source: Option<SocketAddr>,
}

impl Outcome {
    pub(crate) fn sent(bytes: u64) -> Outcome {
        Outcome {
            error: None,
            transferred: count(bytes),
            flags: MessageFlags::empty(),
            source: None,
        }
    }

    pub(crate) fn failed(error: WsaError) -> Outcome {
        Outcome {
            error: Some(error),
            ..Outcome::sent(0)
        }
    }
}
