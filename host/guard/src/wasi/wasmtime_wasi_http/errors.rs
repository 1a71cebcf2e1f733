//! What a program is told of failures.

use std::error::Error as _;
use std::io;

use wasmtime_wasi_http::Error;

use crate::wasi::{CannotConnect, CannotLookUp};

impl From<CannotLookUp> for Error {
    fn from(why: CannotLookUp) -> Error {
        match why {
            CannotLookUp::Denied => Error::HttpRequestDenied,
            CannotLookUp::Refused(_) => Error::ConnectionLimitReached,
            CannotLookUp::Nobody => not_found(),
        }
    }
}

impl From<CannotConnect> for Error {
    fn from(why: CannotConnect) -> Error {
        match why {
            CannotConnect::Denied => Error::DestinationIpProhibited,
            CannotConnect::Refused(_) => Error::ConnectionLimitReached,
        }
    }
}

/// A name without an address.
pub(super) fn not_found() -> Error {
    Error::DnsError {
        rcode: None,
        info_code: None,
    }
}

/// Of a connection that was not made.
pub(super) fn of_connecting(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::ConnectionReset => Error::ConnectionTerminated,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Error::DestinationIpUnroutable
        }
        _ => Error::DestinationUnavailable,
    }
}

/// Of a request or response. hyper's own words are for the log: a peer has a part in them.
pub(super) fn of_exchange(error: &hyper::Error) -> Error {
    tracing::debug!(target: "wsp::http", "an exchange failed: {error:?}");
    if let Some(body) = error.source().and_then(|source| source.downcast_ref()) {
        return match body {
            Error::HttpRequestBodySize(size) => Error::HttpRequestBodySize(*size),
            _ => Error::HttpProtocolError,
        };
    }
    let source = error.source().and_then(|source| source.downcast_ref());
    match source.map(io::Error::kind) {
        // Of a body that ends too early, or whose chunks are none.
        Some(io::ErrorKind::UnexpectedEof) => return Error::HttpResponseIncomplete,
        Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
            return Error::HttpProtocolError;
        }
        _ => {}
    }
    if error.is_timeout() {
        Error::HttpResponseTimeout
    } else if error.is_parse_too_large() {
        Error::HttpResponseHeaderSectionSize(None)
    } else if error.is_incomplete_message() {
        Error::HttpResponseIncomplete
    } else if error.is_parse() || error.is_parse_status() {
        Error::HttpProtocolError
    } else {
        Error::ConnectionTerminated
    }
}
