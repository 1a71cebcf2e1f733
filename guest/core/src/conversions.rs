//! Conversions of generated types that are the same on both sides.

/// Implements the conversions between enumerations that have the same cases on both sides,
/// for code between an interface and the core.
#[macro_export]
macro_rules! same_cases {
    ($($from:path => $to:path { $($case:ident),* $(,)? })*) => {$(
        impl From<$from> for $to {
            fn from(value: $from) -> $to {
                match value { $(<$from>::$case => <$to>::$case,)* }
            }
        }
    )*};
}

/// As [`same_cases`], of flags that have the same names on both sides.
#[macro_export]
macro_rules! same_flags {
    ($($from:path => $to:path { $($flag:ident),* $(,)? })*) => {$(
        impl From<$from> for $to {
            fn from(flags: $from) -> $to {
                let mut converted = <$to>::empty();
                $(if flags.contains(<$from>::$flag) {
                    converted |= <$to>::$flag;
                })*
                converted
            }
        }
    )*};
}

/// The conversions of socket options, their names, protocol information and socket types
/// between the core and generated types: `$types` is the module of the interface `types`,
/// `$provider` that of `provider`.
#[macro_export]
macro_rules! convert_options {
    ($types:ident, $provider:ident) => {
        $crate::convert_options!(@options $types, $provider {
            SoAcceptconn => AcceptConn,
            SoBroadcast => Broadcast,
            SoDontlinger => DontLinger,
            SoDontroute => DontRoute,
            SoError => Error,
            SoKeepalive => KeepAlive,
            SoMaxMsgSize => MaxMsgSize,
            SoOobinline => OobInline,
            SoRcvbuf => RcvBuf,
            SoRcvtimeo => RcvTimeo,
            SoReuseaddr => ReuseAddr,
            SoSndbuf => SndBuf,
            SoSndtimeo => SndTimeo,
            TcpNodelay => NoDelay,
        });

        impl From<$types::SocketType> for $crate::SocketType {
            fn from(kind: $types::SocketType) -> Self {
                match kind {
                    $types::SocketType::Stream => Self::Stream,
                    $types::SocketType::Dgram => Self::Datagram,
                }
            }
        }

        impl From<$crate::SocketType> for $types::SocketType {
            fn from(kind: $crate::SocketType) -> Self {
                match kind {
                    $crate::SocketType::Stream => Self::Stream,
                    $crate::SocketType::Datagram => Self::Dgram,
                }
            }
        }

        impl From<$provider::ProtocolInfo> for $crate::ProtocolInfo {
            fn from(info: $provider::ProtocolInfo) -> Self {
                Self {
                    service_flags: info.service_flags,
                    family: info.family.into(),
                    kind: info.type_.into(),
                    protocol: info.protocol,
                    message_size: info.message_size,
                }
            }
        }

        impl From<$crate::ProtocolInfo> for $provider::ProtocolInfo {
            fn from(info: $crate::ProtocolInfo) -> Self {
                Self {
                    service_flags: info.service_flags,
                    family: info.family.into(),
                    type_: info.kind.into(),
                    protocol: info.protocol,
                    message_size: info.message_size,
                }
            }
        }
    };
    (@options $types:ident, $provider:ident { $($wit:ident => $case:ident,)* }) => {
        impl From<$provider::SocketOptionName> for $crate::SocketOptionName {
            fn from(name: $provider::SocketOptionName) -> Self {
                match name {
                    $($provider::SocketOptionName::$wit => Self::$case,)*
                    $provider::SocketOptionName::SoLinger => Self::Linger,
                    $provider::SocketOptionName::SoProtocolInfo => Self::ProtocolInfo,
                    $provider::SocketOptionName::SoType => Self::Type,
                }
            }
        }

        impl From<$provider::SocketOption> for $crate::SocketOption {
            fn from(option: $provider::SocketOption) -> Self {
                match option {
                    $($provider::SocketOption::$wit(value) => Self::$case(value),)*
                    $provider::SocketOption::SoLinger(seconds) => {
                        Self::Linger($crate::Linger(seconds))
                    }
                    $provider::SocketOption::SoProtocolInfo(info) => {
                        Self::ProtocolInfo(info.into())
                    }
                    $provider::SocketOption::SoType(kind) => Self::Type(kind.into()),
                }
            }
        }

        /// Fails only for options that the interface lacks.
        impl TryFrom<$crate::SocketOption> for $provider::SocketOption {
            type Error = $crate::WsaError;

            fn try_from(option: $crate::SocketOption) -> Result<Self, $crate::WsaError> {
                Ok(match option {
                    $($crate::SocketOption::$case(value) => Self::$wit(value),)*
                    $crate::SocketOption::Linger($crate::Linger(seconds)) => Self::SoLinger(seconds),
                    $crate::SocketOption::ProtocolInfo(info) => Self::SoProtocolInfo(info.into()),
                    $crate::SocketOption::Type(kind) => Self::SoType(kind.into()),
                    _ => return Err($crate::WsaError::NoProtoOpt),
                })
            }
        }
    };
}
