//! Errors of the embedder's interface.

use wsp_core::WsaError;

use crate::imports::types;

/// Why a call of an embedder failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The provider refused, or the network did, with a Winsock code.
    #[error(transparent)]
    Winsock(#[from] WsaError),
    /// The sandbox failed: the provider trapped, or the host could not serve it.
    /// The instance cannot be used any more; make a new one.
    #[error("the provider instance failed: {0:#}")]
    Host(wasmtime::Error),
}

impl Error {
    /// The Winsock code, if it is one.
    #[must_use]
    pub fn winsock(&self) -> Option<WsaError> {
        match self {
            Error::Winsock(error) => Some(*error),
            Error::Host(_) => None,
        }
    }
}

impl From<wasmtime::Error> for Error {
    fn from(error: wasmtime::Error) -> Error {
        Error::Host(error)
    }
}

impl From<types::WsaError> for Error {
    fn from(error: types::WsaError) -> Error {
        Error::Winsock(error.into())
    }
}

macro_rules! same_cases {
    ($($case:ident),* $(,)?) => {
        impl From<types::WsaError> for WsaError {
            fn from(error: types::WsaError) -> WsaError {
                match error { $(types::WsaError::$case => WsaError::$case,)* }
            }
        }
    };
}

wsp_core::for_each_wsa_error!(same_cases);
