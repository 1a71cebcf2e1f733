//! Conversions between what the component speaks and what the cases do.

use wsp_core::{
    Configuration, Linger, MessageFlags, NetworkEvents, OptionalServices, OverlappedStatus,
    RecordedEvents, RoutineModel, ShortRoom, ShutdownHow, SocketOption, SocketOptionName,
    SocketType, Transfer, Waited, WsaError,
};

use super::bindings::exports::winsock::spi::provider as wit;
use super::bindings::winsock::spi::types;

pub fn error(error: types::WsaError) -> WsaError {
    macro_rules! same_cases {
        ($($case:ident),* $(,)?) => {
            match error { $(types::WsaError::$case => WsaError::$case,)* }
        };
    }
    wsp_core::for_each_wsa_error!(same_cases)
}

pub fn configuration(configuration: Configuration) -> wit::Configuration {
    wit::Configuration {
        stream: services(configuration.stream),
        datagram: services(configuration.datagram),
        short_room: match configuration.short_room {
            ShortRoom::ConsumePart => wit::ShortRoom::ConsumePart,
            ShortRoom::ConsumeAll => wit::ShortRoom::ConsumeAll,
        },
        routines: match configuration.routines {
            RoutineModel::NamedThread => wit::RoutineModel::NamedThread,
            RoutineModel::AnyThread => wit::RoutineModel::AnyThread,
        },
    }
}

fn services(services: OptionalServices) -> wit::OptionalServices {
    let mut converted = wit::OptionalServices::empty();
    for (flag, wit) in [
        (
            OptionalServices::EXPEDITED_DATA,
            wit::OptionalServices::EXPEDITED_DATA,
        ),
        (
            OptionalServices::PARTIAL_MESSAGE,
            wit::OptionalServices::PARTIAL_MESSAGE,
        ),
        (OptionalServices::UNI_RECV, wit::OptionalServices::UNI_RECV),
    ] {
        if services.contains(flag) {
            converted |= wit;
        }
    }
    converted
}

pub fn kind(kind: SocketType) -> types::SocketType {
    match kind {
        SocketType::Stream => types::SocketType::Stream,
        SocketType::Datagram => types::SocketType::Dgram,
    }
}

pub fn how(how: ShutdownHow) -> types::ShutdownHow {
    match how {
        ShutdownHow::Receive => types::ShutdownHow::Receive,
        ShutdownHow::Send => types::ShutdownHow::Send,
        ShutdownHow::Both => types::ShutdownHow::Both,
    }
}

const MESSAGE_FLAGS: [(types::MessageFlags, MessageFlags); 6] = [
    (types::MessageFlags::OOB, MessageFlags::OOB),
    (types::MessageFlags::PEEK, MessageFlags::PEEK),
    (types::MessageFlags::DONT_ROUTE, MessageFlags::DONT_ROUTE),
    (types::MessageFlags::WAIT_ALL, MessageFlags::WAIT_ALL),
    (types::MessageFlags::INTERRUPT, MessageFlags::INTERRUPT),
    (types::MessageFlags::PARTIAL, MessageFlags::PARTIAL),
];

pub fn flags(flags: MessageFlags) -> types::MessageFlags {
    let mut converted = types::MessageFlags::empty();
    for (wit, flag) in MESSAGE_FLAGS {
        if flags.contains(flag) {
            converted |= wit;
        }
    }
    converted
}

pub fn flags_from_wit(flags: types::MessageFlags) -> MessageFlags {
    let mut converted = MessageFlags::empty();
    for (wit, flag) in MESSAGE_FLAGS {
        converted.set(flag, flags.contains(wit));
    }
    converted
}

const NETWORK_EVENTS: [(wit::NetworkEvents, NetworkEvents); 6] = [
    (wit::NetworkEvents::READ, NetworkEvents::READ),
    (wit::NetworkEvents::WRITE, NetworkEvents::WRITE),
    (wit::NetworkEvents::OOB, NetworkEvents::OOB),
    (wit::NetworkEvents::ACCEPT, NetworkEvents::ACCEPT),
    (wit::NetworkEvents::CONNECT, NetworkEvents::CONNECT),
    (wit::NetworkEvents::CLOSE, NetworkEvents::CLOSE),
];

pub fn network_events_to_wit(events: NetworkEvents) -> wit::NetworkEvents {
    let mut converted = wit::NetworkEvents::empty();
    for (wit, event) in NETWORK_EVENTS {
        if events.contains(event) {
            converted |= wit;
        }
    }
    converted
}

fn network_events(events: wit::NetworkEvents) -> NetworkEvents {
    let mut converted = NetworkEvents::empty();
    for (wit, event) in NETWORK_EVENTS {
        converted.set(event, events.contains(wit));
    }
    converted
}

pub fn recorded(recorded: wit::RecordedEvents) -> RecordedEvents {
    let errors = recorded.errors.into_iter();
    RecordedEvents {
        events: network_events(recorded.events),
        errors: errors
            .map(|failed| (network_events(failed.event), error(failed.error)))
            .collect(),
    }
}

pub fn transfer(transfer: wit::Transfer) -> Transfer {
    Transfer {
        bytes: transfer.bytes,
        flags: flags_from_wit(transfer.flags),
    }
}

pub fn status(status: wit::OverlappedStatus) -> OverlappedStatus {
    OverlappedStatus {
        internal: status.internal,
        internal_high: status.internal_high,
        offset: status.offset,
        offset_high: status.offset_high,
    }
}

pub fn waited(outcome: wit::WaitOutcome) -> Waited {
    match outcome {
        wit::WaitOutcome::Signalled(index) => Waited::Signalled(index),
        wit::WaitOutcome::IoCompletion => Waited::IoCompletion,
        wit::WaitOutcome::TimedOut => Waited::TimedOut,
    }
}

/// The options that cases read.
pub fn option_name(name: SocketOptionName) -> wit::SocketOptionName {
    match name {
        SocketOptionName::Error => wit::SocketOptionName::SoError,
        SocketOptionName::Linger => wit::SocketOptionName::SoLinger,
        SocketOptionName::MaxMsgSize => wit::SocketOptionName::SoMaxMsgSize,
        SocketOptionName::SndBuf => wit::SocketOptionName::SoSndbuf,
        other => panic!("no case reads {other:?}"),
    }
}

pub fn option(option: wit::SocketOption) -> SocketOption {
    match option {
        wit::SocketOption::SoError(code) => SocketOption::Error(code),
        wit::SocketOption::SoLinger(seconds) => SocketOption::Linger(Linger(seconds)),
        wit::SocketOption::SoMaxMsgSize(bytes) => SocketOption::MaxMsgSize(bytes),
        wit::SocketOption::SoSndbuf(bytes) => SocketOption::SndBuf(bytes),
        other => panic!("no case reads {other:?}"),
    }
}

/// The options that cases set.
pub fn option_to_wit(option: SocketOption) -> wit::SocketOption {
    match option {
        SocketOption::Broadcast(on) => wit::SocketOption::SoBroadcast(on),
        SocketOption::KeepAlive(on) => wit::SocketOption::SoKeepalive(on),
        SocketOption::Linger(Linger(seconds)) => wit::SocketOption::SoLinger(seconds),
        SocketOption::SndBuf(bytes) => wit::SocketOption::SoSndbuf(bytes),
        SocketOption::SndTimeo(milliseconds) => wit::SocketOption::SoSndtimeo(milliseconds),
        other => panic!("no case sets {other:?}"),
    }
}
