//! Random sequences of operations.

use proptest::collection::vec;
use proptest::prelude::*;
use wsp_core::{MessageFlags, ShutdownHow, TransportError};

/// The most operations of a sequence.
pub const LONGEST_SEQUENCE: usize = 200;

/// What is fixed for a whole sequence.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Bytes that a stream holds which its peer has not read; 1 at least.
    pub capacity: usize,
    /// Datagrams that are held likewise; 1 at least.
    pub datagrams: usize,
    /// What every peer reads in each step that somebody waits.
    pub pace: usize,
    /// The most pending sends and receives.
    pub limit: usize,
    /// Whether readiness can be watched.
    pub watches: bool,
    /// The transport never blocks its caller.
    pub cannot_block: bool,
    /// `ShortRoom::ConsumeAll`.
    pub consume_all: bool,
    /// `RoutineModel::AnyThread`.
    pub any_thread: bool,
    /// `XP1_PARTIAL_MESSAGE` on datagram sockets.
    pub partial_messages: bool,
}

#[derive(Clone, Debug)]
pub struct Sequence {
    pub setting: Setting,
    pub operations: Vec<Operation>,
}

/// Chooses among what there is; nothing happens where there is nothing.
pub type Pick = u8;

/// How far a new socket is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Fresh,
    Bound,
    Listening,
    Connecting,
    Connected,
}

/// The overlapped structure of a call.
#[derive(Clone, Copy, Debug)]
pub enum Structure {
    /// A new one, with an event or without.
    New(Option<Pick>),
    /// One that was used before, even if its operation is still pending.
    Again(Pick),
}

/// How a send or receive is called.
#[derive(Clone, Debug)]
pub enum How {
    Plain,
    /// A routine without an overlapped structure.
    LoneRoutine,
    Overlapped(Structure),
    /// The routine does these operations.
    Routine {
        structure: Structure,
        thread: u8,
        script: Vec<Operation>,
    },
}

#[derive(Clone, Copy, Debug)]
pub enum Setter {
    Nonblocking(bool),
    /// SO_SNDTIMEO, in steps.
    SendTimeout(u8),
    /// SO_RCVTIMEO, in steps.
    ReceiveTimeout(u8),
    Linger(Option<u16>),
    DontRoute(bool),
}

#[derive(Clone, Debug)]
pub enum Operation {
    Open {
        datagram: bool,
        overlapped: bool,
        nonblocking: bool,
        stage: Stage,
    },
    Send {
        s: Pick,
        parts: Vec<u8>,
        /// The first part is longer than any datagram may be.
        too_long: bool,
        flags: MessageFlags,
        /// WSPSendTo.
        to: bool,
        how: How,
        /// What the transport lacks at that moment.
        lacks: Option<TransportError>,
        /// In three calls, of which the payload goes past the provider.
        ticket: bool,
    },
    Receive {
        s: Pick,
        room: u8,
        how: How,
    },
    PeerReads {
        s: Pick,
        most: u8,
    },
    PeerSends {
        s: Pick,
        bytes: u8,
    },
    PeerEnds {
        s: Pick,
    },
    Fails {
        s: Pick,
        error: TransportError,
        /// After so many steps of waiting; at once otherwise.
        later: Option<u8>,
    },
    CreateEvent,
    SetEvent {
        e: Pick,
    },
    ResetEvent {
        e: Pick,
    },
    DropEvent {
        e: Pick,
    },
    DropOverlapped {
        o: Pick,
    },
    /// SleepEx without events, else WSAWaitForMultipleEvents.
    Wait {
        events: Vec<Pick>,
        all: bool,
        steps: u8,
        /// The thread whose routines run.
        alertable: Option<u8>,
    },
    Result {
        s: Pick,
        o: Pick,
        wait: bool,
    },
    /// Every overlapped structure and event.
    Look,
    Cancel {
        s: Pick,
        o: Option<Pick>,
    },
    Shutdown {
        s: Pick,
        how: ShutdownHow,
    },
    Close {
        s: Pick,
    },
    DropSocket {
        s: Pick,
    },
    Set {
        s: Pick,
        setter: Setter,
    },
    /// WSPEventSelect; the bits of FD_READ, FD_WRITE and FD_CLOSE.
    Select {
        s: Pick,
        e: Pick,
        read: bool,
        write: bool,
        close: bool,
    },
    /// WSPEnumNetworkEvents.
    Enumerate {
        s: Pick,
        reset: bool,
    },
    /// WSPSelect for writing and reading, only looking.
    Ready {
        s: Pick,
    },
    /// WSPCleanup and WSPStartup.
    Restart,
}

fn setting() -> impl Strategy<Value = Setting> {
    (
        1..24_usize,
        1..4_usize,
        0..6_usize,
        prop_oneof![9 => Just(1000), 3 => 1..5_usize],
        prop_oneof![7 => Just(true), 1 => Just(false)],
        prop_oneof![7 => Just(false), 1 => Just(true)],
        prop_oneof![2 => Just(false), 1 => Just(true)],
        prop_oneof![3 => Just(false), 1 => Just(true)],
        any::<bool>(),
    )
        .prop_map(
            |(
                capacity,
                datagrams,
                pace,
                limit,
                watches,
                cannot_block,
                consume_all,
                any_thread,
                partial_messages,
            )| Setting {
                capacity,
                datagrams,
                pace,
                limit,
                watches,
                cannot_block,
                consume_all,
                any_thread,
                partial_messages,
            },
        )
}

fn flags() -> impl Strategy<Value = MessageFlags> {
    prop_oneof![
        12 => Just(MessageFlags::empty()),
        2 => Just(MessageFlags::OOB),
        2 => Just(MessageFlags::DONT_ROUTE),
        2 => Just(MessageFlags::PARTIAL),
        1 => Just(MessageFlags::PEEK),
        1 => any::<u32>().prop_map(MessageFlags::from_bits_retain),
    ]
}

fn failure() -> impl Strategy<Value = TransportError> {
    prop_oneof![
        Just(TransportError::ConnectionReset),
        Just(TransportError::TimedOut),
        Just(TransportError::ConnectionAborted),
        Just(TransportError::KeepAliveFailed),
    ]
}

fn structure() -> impl Strategy<Value = Structure> {
    prop_oneof![
        5 => proptest::option::weighted(0.7, any::<Pick>()).prop_map(Structure::New),
        1 => any::<Pick>().prop_map(Structure::Again),
    ]
}

fn how(depth: usize) -> BoxedStrategy<How> {
    let script = if depth == 0 {
        Just(Vec::new()).boxed()
    } else {
        vec(operation(depth - 1), 0..4).boxed()
    };
    let routine =
        (structure(), 0..3_u8, script).prop_map(|(structure, thread, script)| How::Routine {
            structure,
            thread,
            script,
        });
    prop_oneof![
        6 => Just(How::Plain),
        1 => Just(How::LoneRoutine),
        4 => structure().prop_map(How::Overlapped),
        4 => routine,
    ]
    .boxed()
}

fn send(depth: usize) -> impl Strategy<Value = Operation> {
    let lacks = prop_oneof![
        Just(TransportError::NetworkDown),
        Just(TransportError::OutOfBuffers)
    ];
    (
        any::<Pick>(),
        vec(prop_oneof![1 => Just(0_u8), 5 => 0..20_u8], 0..4),
        proptest::bool::weighted(0.02),
        flags(),
        proptest::bool::weighted(0.15),
        how(depth),
        proptest::option::weighted(0.03, lacks),
        any::<bool>(),
    )
        .prop_map(
            |(s, parts, too_long, flags, to, how, lacks, ticket)| Operation::Send {
                s,
                parts,
                too_long,
                flags,
                to,
                how,
                lacks,
                ticket,
            },
        )
}

fn open() -> impl Strategy<Value = Operation> {
    let stage = prop_oneof![
        12 => Just(Stage::Connected),
        1 => Just(Stage::Fresh),
        1 => Just(Stage::Bound),
        1 => Just(Stage::Listening),
        1 => Just(Stage::Connecting),
    ];
    let often = proptest::bool::weighted;
    (often(0.25), often(0.8), often(0.4), stage).prop_map(
        |(datagram, overlapped, nonblocking, stage)| Operation::Open {
            datagram,
            overlapped,
            nonblocking,
            stage,
        },
    )
}

fn setter() -> impl Strategy<Value = Setter> {
    prop_oneof![
        any::<bool>().prop_map(Setter::Nonblocking),
        (0..4_u8).prop_map(Setter::SendTimeout),
        (0..4_u8).prop_map(Setter::ReceiveTimeout),
        proptest::option::weighted(0.8, 0..2_u16).prop_map(Setter::Linger),
        any::<bool>().prop_map(Setter::DontRoute),
    ]
}

fn shutdown_how() -> impl Strategy<Value = ShutdownHow> {
    prop_oneof![
        3 => Just(ShutdownHow::Send),
        1 => Just(ShutdownHow::Receive),
        1 => Just(ShutdownHow::Both),
    ]
}

fn operation(depth: usize) -> BoxedStrategy<Operation> {
    let s = any::<Pick>;
    let wait = (
        vec(any::<Pick>(), 0..3),
        any::<bool>(),
        0..5_u8,
        proptest::option::weighted(0.7, 0..3_u8),
    )
        .prop_map(|(events, all, steps, alertable)| Operation::Wait {
            events,
            all,
            steps,
            alertable,
        });
    let fails = (s(), failure(), proptest::option::of(0..6_u8))
        .prop_map(|(s, error, later)| Operation::Fails { s, error, later });
    let select = (s(), s(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(s, e, read, write, close)| Operation::Select {
            s,
            e,
            read,
            write,
            close,
        },
    );
    prop_oneof![
        60 => send(depth),
        10 => (s(), 0..9_u8, how(depth)).prop_map(|(s, room, how)| Operation::Receive { s, room, how }),
        25 => (s(), 0..30_u8).prop_map(|(s, most)| Operation::PeerReads { s, most }),
        8 => (s(), 1..9_u8).prop_map(|(s, bytes)| Operation::PeerSends { s, bytes }),
        1 => s().prop_map(|s| Operation::PeerEnds { s }),
        3 => fails,
        4 => Just(Operation::CreateEvent),
        2 => s().prop_map(|e| Operation::SetEvent { e }),
        3 => s().prop_map(|e| Operation::ResetEvent { e }),
        1 => s().prop_map(|e| Operation::DropEvent { e }),
        3 => s().prop_map(|o| Operation::DropOverlapped { o }),
        20 => wait,
        8 => (s(), s(), any::<bool>()).prop_map(|(s, o, wait)| Operation::Result { s, o, wait }),
        8 => Just(Operation::Look),
        4 => (s(), proptest::option::of(s())).prop_map(|(s, o)| Operation::Cancel { s, o }),
        3 => (s(), shutdown_how()).prop_map(|(s, how)| Operation::Shutdown { s, how }),
        6 => s().prop_map(|s| Operation::Close { s }),
        2 => s().prop_map(|s| Operation::DropSocket { s }),
        8 => (s(), setter()).prop_map(|(s, setter)| Operation::Set { s, setter }),
        5 => select,
        8 => (s(), any::<bool>()).prop_map(|(s, reset)| Operation::Enumerate { s, reset }),
        4 => s().prop_map(|s| Operation::Ready { s }),
        10 => open(),
        1 => Just(Operation::Restart),
    ]
    .boxed()
}

/// Sequences of up to [`LONGEST_SEQUENCE`] operations. Most start with a few
/// sockets, so that what follows has something to work on.
pub fn sequences() -> impl Strategy<Value = Sequence> {
    let opened = vec(open(), 1..4);
    let rest = vec(operation(2), 1..LONGEST_SEQUENCE - 3);
    (setting(), opened, rest).prop_map(|(setting, mut operations, rest)| {
        operations.extend(rest);
        Sequence {
            setting,
            operations,
        }
    })
}
