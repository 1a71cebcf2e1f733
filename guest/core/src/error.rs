//! The Winsock error codes that a provider returns.

use core::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $meaning:literal;)*) => {
        /// Why a call failed.
        ///
        /// [`WsaError::IoPending`] is no failure: the overlapped operation was
        /// accepted and completes later. After any other error nothing was
        /// started (WSPSend, Return Values).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum WsaError {
            $(#[doc = concat!("`", $name, "`: ", $meaning, ".")] $variant,)*
        }

        impl WsaError {
            /// Every code, in numerical order.
            pub const ALL: &'static [WsaError] = &[$(WsaError::$variant,)*];

            /// The number that Winsock gives this code.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self { $(WsaError::$variant => $number,)* }
            }

            /// The code with this number; `None` for 0 and for numbers that are not among them.
            #[must_use]
            pub fn from_number(number: u32) -> Option<WsaError> {
                WsaError::ALL.iter().copied().find(|error| error.number() == number)
            }

            /// The constant's name, such as `"WSAECONNRESET"`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(WsaError::$variant => $name,)* }
            }

            /// What the code means, as the end of a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(WsaError::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    InvalidHandle = 6, "WSA_INVALID_HANDLE", "the event handle cannot be waited for";
    NotEnoughMemory = 8, "WSA_NOT_ENOUGH_MEMORY", "there is no memory for an object";
    InvalidParameter = 87, "WSA_INVALID_PARAMETER", "an argument is outside its range";
    OperationAborted = 995, "WSA_OPERATION_ABORTED", "the operation ended because its socket was closed or it was cancelled";
    IoIncomplete = 996, "WSA_IO_INCOMPLETE", "the operation is still in progress";
    IoPending = 997, "WSA_IO_PENDING", "the operation was accepted and completes later";
    Intr = 10004, "WSAEINTR", "the blocking call was interrupted";
    Acces = 10013, "WSAEACCES", "access is not allowed";
    Fault = 10014, "WSAEFAULT", "an address or pointer is not valid";
    Inval = 10022, "WSAEINVAL", "an argument is invalid, or the socket is in the wrong state";
    Mfile = 10024, "WSAEMFILE", "there are too many open sockets";
    WouldBlock = 10035, "WSAEWOULDBLOCK", "it cannot be done at once, or too many operations are outstanding";
    InProgress = 10036, "WSAEINPROGRESS", "a blocking call is running";
    Already = 10037, "WSAEALREADY", "the connection attempt is still under way";
    NotSock = 10038, "WSAENOTSOCK", "the descriptor is not an open socket";
    DestAddrReq = 10039, "WSAEDESTADDRREQ", "a destination address is required";
    MsgSize = 10040, "WSAEMSGSIZE", "the message is too long";
    Prototype = 10041, "WSAEPROTOTYPE", "the protocol does not fit the socket";
    NoProtoOpt = 10042, "WSAENOPROTOOPT", "the socket has no such option";
    ProtoNoSupport = 10043, "WSAEPROTONOSUPPORT", "the protocol is not supported";
    SockTNoSupport = 10044, "WSAESOCKTNOSUPPORT", "the socket type is not supported";
    OpNotSupp = 10045, "WSAEOPNOTSUPP", "the socket does not support the flag or operation";
    AfNoSupport = 10047, "WSAEAFNOSUPPORT", "the address family is not supported";
    AddrInUse = 10048, "WSAEADDRINUSE", "the address is in use";
    AddrNotAvail = 10049, "WSAEADDRNOTAVAIL", "the address is not valid here";
    NetDown = 10050, "WSAENETDOWN", "the network is down";
    NetUnreach = 10051, "WSAENETUNREACH", "there is no route to the network";
    NetReset = 10052, "WSAENETRESET", "keep-alive found the connection dead";
    ConnAborted = 10053, "WSAECONNABORTED", "the connection was given up after a time-out or other failure";
    ConnReset = 10054, "WSAECONNRESET", "the peer reset the connection";
    NoBufs = 10055, "WSAENOBUFS", "there is no buffer space";
    IsConn = 10056, "WSAEISCONN", "the socket is connected already";
    NotConn = 10057, "WSAENOTCONN", "the socket is not connected";
    ShutDown = 10058, "WSAESHUTDOWN", "the socket was shut down";
    TimedOut = 10060, "WSAETIMEDOUT", "the time-out passed";
    ConnRefused = 10061, "WSAECONNREFUSED", "nobody listens there";
    HostDown = 10064, "WSAEHOSTDOWN", "the host is down";
    HostUnreach = 10065, "WSAEHOSTUNREACH", "there is no route to the host";
    VerNotSupported = 10092, "WSAVERNOTSUPPORTED", "the requested Winsock version is not provided";
    NotInitialised = 10093, "WSANOTINITIALISED", "the provider was not started";
    SyscallFailure = 10107, "WSASYSCALLFAILURE", "a system call failed that never should";
}

/// Calls a macro with the names of all variants of [`WsaError`], for code that
/// converts between it and a generated enumeration.
#[macro_export]
macro_rules! for_each_wsa_error {
    ($call:ident) => {
        $call! {
            InvalidHandle, NotEnoughMemory, InvalidParameter, OperationAborted, IoIncomplete,
            IoPending, Intr, Acces, Fault, Inval, Mfile, WouldBlock, InProgress, Already,
            NotSock, DestAddrReq, MsgSize, Prototype, NoProtoOpt, ProtoNoSupport,
            SockTNoSupport, OpNotSupp, AfNoSupport, AddrInUse, AddrNotAvail, NetDown,
            NetUnreach, NetReset, ConnAborted, ConnReset, NoBufs, IsConn, NotConn, ShutDown,
            TimedOut, ConnRefused, HostDown, HostUnreach, VerNotSupported, NotInitialised,
            SyscallFailure,
        }
    };
}

impl fmt::Display for WsaError {
    /// `WSAECONNRESET (10054): the peer reset the connection`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.name(), self.number(), self.meaning())
    }
}

impl core::error::Error for WsaError {}
