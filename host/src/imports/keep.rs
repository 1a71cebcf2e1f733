//! Answers of the host's functions as bytes, to be kept and given again.

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasmtime::component::Resource;
use wasmtime::{Result, format_err};

use super::bindings::winsock::spi::transport::{
    Ability, Finished, Readiness, ReceiveStarted, Received, Started, WaitOutcome,
};
use super::gather::SendOutcome;
use super::resolver::ResolveError;
use super::types::{DatagramInfo, IpAddress, SocketAddress, TransportError};
use super::words::Words;

/// What a function gives back.
pub(crate) trait Keep: Sized {
    /// Appends it to `bytes`.
    ///
    /// # Errors
    ///
    /// If it has no such form; none of this host's has.
    fn keep(&self, bytes: &mut Vec<u8>) -> Result<()>;

    /// Takes it from the front of `bytes`, which nobody vouches for.
    ///
    /// # Errors
    ///
    /// If the bytes are no such value.
    fn recall(bytes: &mut &[u8]) -> Result<Self>;
}

fn keep<T: Serialize>(value: &T, bytes: &mut Vec<u8>) -> Result<()> {
    let kept = std::mem::take(bytes);
    *bytes = postcard::to_extend(value, kept)
        .map_err(|error| format_err!("an answer cannot be kept: {error}"))?;
    Ok(())
}

fn recall<T: DeserializeOwned>(bytes: &mut &[u8]) -> Result<T> {
    let recalled = postcard::take_from_bytes(bytes);
    let (value, rest) = recalled.map_err(|error| damaged(&error))?;
    *bytes = rest;
    Ok(value)
}

fn damaged(how: &dyn Display) -> wasmtime::Error {
    format_err!("its answer is damaged ({how})")
}

macro_rules! keep_by_serde {
    ($($type:ty),* $(,)?) => {
        $(impl Keep for $type {
            fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
                keep(self, bytes)
            }

            fn recall(bytes: &mut &[u8]) -> Result<Self> {
                recall(bytes)
            }
        })*
    };
}

keep_by_serde! {
    (), bool, i64, u32, u64, String, Vec<u8>, Vec<u32>, Vec<IpAddress>, Vec<Words>, DatagramInfo,
    ResolveError, SendOutcome, SocketAddress, TransportError,
}

/// Generated records and variants that serde knows nothing of, by what they are made of.
macro_rules! keep_as {
    ($($type:ty as $parts:ty: $to:expr, $from:expr;)*) => {
        $(impl Keep for $type {
            fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
                let to: fn(&$type) -> $parts = $to;
                to(self).keep(bytes)
            }

            fn recall(bytes: &mut &[u8]) -> Result<Self> {
                let from: fn($parts) -> Result<$type> = $from;
                from(<$parts>::recall(bytes)?)
            }
        })*
    };
}

keep_as! {
    Started as Option<u64>:
        |started| match started {
            Started::Done(bytes) => Some(*bytes),
            Started::Pending => None,
        },
        |done| Ok(done.map_or(Started::Pending, Started::Done));
    Received as (u64, (Option<SocketAddress>, bool)):
        |received| (received.bytes, (received.source, received.truncated)),
        |(bytes, (source, truncated))| Ok(Received { bytes, source, truncated });
    ReceiveStarted as Option<Received>:
        |started| match started {
            ReceiveStarted::Done(received) => Some(*received),
            ReceiveStarted::Pending => None,
        },
        |done| Ok(done.map_or(ReceiveStarted::Pending, ReceiveStarted::Done));
    WaitOutcome as u32:
        |outcome| match outcome {
            WaitOutcome::Finished => 0,
            WaitOutcome::TimedOut => 1,
            WaitOutcome::CannotBlock => 2,
        },
        |number| match number {
            0 => Ok(WaitOutcome::Finished),
            1 => Ok(WaitOutcome::TimedOut),
            2 => Ok(WaitOutcome::CannotBlock),
            _ => Err(damaged(&"no outcome of a wait")),
        };
    Finished as ((u64, u64), (Option<TransportError>, Option<SocketAddress>)):
        |finished| ((finished.operation, finished.bytes), (finished.error, finished.source)),
        |((operation, bytes), (error, source))| Ok(Finished { operation, bytes, error, source });
}

/// Their number, and each.
impl Keep for Vec<Finished> {
    fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
        keep(&self.len(), bytes)?;
        self.iter().try_for_each(|finished| finished.keep(bytes))
    }

    fn recall(bytes: &mut &[u8]) -> Result<Self> {
        let count: usize = recall(bytes)?;
        // What is not there is not made room for.
        (0..count).map(|_| Finished::recall(bytes)).collect()
    }
}

/// Flags, whose generated types have no numbers to be made of: a bit for each name.
macro_rules! keep_flags {
    ($($type:ident { $($flag:ident),* })*) => {
        $(impl Keep for $type {
            fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
                keep(&[$(self.contains($type::$flag)),*], bytes)
            }

            fn recall(bytes: &mut &[u8]) -> Result<Self> {
                let mut flags = $type::empty();
                $(if recall(bytes)? {
                    flags |= $type::$flag;
                })*
                Ok(flags)
            }
        })*
    };
}

keep_flags! {
    Ability { URGENT, ABORT }
    Readiness { READABLE, WRITABLE, URGENT, ENDED, FAILED }
}

impl<T: 'static> Keep for Resource<T> {
    fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
        keep(&self.rep(), bytes)
    }

    fn recall(bytes: &mut &[u8]) -> Result<Self> {
        Ok(Resource::new_own(recall(bytes)?))
    }
}

impl<T: Keep> Keep for Option<T> {
    fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
        keep(&self.is_some(), bytes)?;
        match self {
            Some(value) => value.keep(bytes),
            None => Ok(()),
        }
    }

    fn recall(bytes: &mut &[u8]) -> Result<Self> {
        match recall(bytes)? {
            true => Ok(Some(T::recall(bytes)?)),
            false => Ok(None),
        }
    }
}

impl<T: Keep, E: Keep> Keep for Result<T, E> {
    fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
        keep(&self.is_ok(), bytes)?;
        match self {
            Ok(value) => value.keep(bytes),
            Err(error) => error.keep(bytes),
        }
    }

    fn recall(bytes: &mut &[u8]) -> Result<Self> {
        match recall(bytes)? {
            true => Ok(Ok(T::recall(bytes)?)),
            false => Ok(Err(E::recall(bytes)?)),
        }
    }
}

impl<A: Keep> Keep for (A,) {
    fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
        self.0.keep(bytes)
    }

    fn recall(bytes: &mut &[u8]) -> Result<Self> {
        Ok((A::recall(bytes)?,))
    }
}

impl<A: Keep, B: Keep> Keep for (A, B) {
    fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
        self.0.keep(bytes)?;
        self.1.keep(bytes)
    }

    fn recall(bytes: &mut &[u8]) -> Result<Self> {
        Ok((A::recall(bytes)?, B::recall(bytes)?))
    }
}
