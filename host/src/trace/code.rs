//! The codes of Winsock for what the transport says.

use wsp_core::{TransportError as Told, WsaError};
use wsp_transport::TransportError;

/// The code that a program gets for this error, as far as the operation alone decides it.
pub(super) fn code(error: TransportError) -> WsaError {
    macro_rules! same {
        ($($case:ident),* $(,)?) => {
            match error { $(TransportError::$case => Told::$case,)* }
        };
    }
    WsaError::from(same!(
        AccessDenied,
        AddressInUse,
        AddressNotAvailable,
        Cancelled,
        ConnectionAborted,
        ConnectionRefused,
        ConnectionReset,
        HostUnreachable,
        InvalidArgument,
        KeepAliveFailed,
        MessageTooLarge,
        NeedsBroadcast,
        NetworkDown,
        NetworkUnreachable,
        NotConnected,
        NotSupported,
        OutOfBuffers,
        TimedOut,
        TooManyEndpoints,
        TooManyOperations,
        WouldBlock,
        Other,
    ))
}
