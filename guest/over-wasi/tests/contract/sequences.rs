//! Random sequences of calls, on random kinds of hosts.

use proptest::collection::vec;
use proptest::prelude::*;
use wsp_core::{Interest, ShutdownHow};

use super::check::Check;
use super::host::Kind;

#[derive(Clone, Debug)]
enum Operation {
    Connect { refused: bool },
    Send { s: u8, lengths: Vec<u8>, form: u8 },
    Receive { s: u8, length: u8, form: u8 },
    Watch { s: u8, interest: Interest },
    Cancel { s: u8, which: u8 },
    Shutdown { s: u8, how: ShutdownHow },
    Close { s: u8 },
    PeerReads { s: u8, most: u8 },
    PeerSends { s: u8, count: u8 },
    PeerEnds { s: u8 },
    Fails { s: u8 },
    Look { s: u8 },
    Take,
    Wait { milliseconds: u8 },
}

fn kinds() -> impl Strategy<Value = Kind> {
    (
        prop_oneof![1..20_u64, Just(65_536)],
        prop_oneof![1..20_usize, Just(65_536)],
        prop_oneof![1..60_usize, Just(1 << 20)],
        any::<bool>(),
        any::<bool>(),
        0..4_u32,
        prop_oneof![Just(0_usize), 1..20_usize],
    )
        .prop_map(
            |(permit, read, buffer, eager, lazy, connects_in, pace)| Kind {
                permit,
                read,
                buffer,
                eager,
                lazy,
                connects_in,
                pace,
            },
        )
}

fn operations() -> impl Strategy<Value = Operation> {
    let s = 0..4_u8;
    let interest = prop_oneof![
        Just(Interest::Readable),
        Just(Interest::Writable),
        Just(Interest::Urgent),
        Just(Interest::Drained)
    ];
    let how = prop_oneof![
        Just(ShutdownHow::Send),
        Just(ShutdownHow::Receive),
        Just(ShutdownHow::Both)
    ];
    prop_oneof![
        3 => any::<bool>().prop_map(|refused| Operation::Connect { refused }),
        12 => (s.clone(), vec(0..40_u8, 1..4), 0..8_u8)
            .prop_map(|(s, lengths, form)| Operation::Send { s, lengths, form }),
        8 => (s.clone(), 0..40_u8, 0..8_u8)
            .prop_map(|(s, length, form)| Operation::Receive { s, length, form }),
        3 => (s.clone(), interest).prop_map(|(s, interest)| Operation::Watch { s, interest }),
        2 => (s.clone(), 0..4_u8).prop_map(|(s, which)| Operation::Cancel { s, which }),
        1 => (s.clone(), how).prop_map(|(s, how)| Operation::Shutdown { s, how }),
        1 => s.clone().prop_map(|s| Operation::Close { s }),
        4 => (s.clone(), any::<u8>()).prop_map(|(s, most)| Operation::PeerReads { s, most }),
        6 => (s.clone(), any::<u8>()).prop_map(|(s, count)| Operation::PeerSends { s, count }),
        1 => s.clone().prop_map(|s| Operation::PeerEnds { s }),
        1 => s.clone().prop_map(|s| Operation::Fails { s }),
        3 => s.prop_map(|s| Operation::Look { s }),
        3 => Just(Operation::Take),
        4 => (0..50_u8).prop_map(|milliseconds| Operation::Wait { milliseconds }),
    ]
}

fn perform(check: &mut Check, operation: &Operation) {
    let on = |check: &mut Check, s: u8, call: &dyn Fn(&mut Check, usize)| {
        if let Some(s) = check.pick(s) {
            call(check, s);
        }
    };
    match operation {
        Operation::Connect { refused } => check.connect(*refused),
        Operation::Send { s, lengths, form } => {
            on(check, *s, &|check, s| check.send(s, lengths, *form));
        }
        Operation::Receive { s, length, form } => {
            on(check, *s, &|check, s| check.receive(s, *length, *form));
        }
        Operation::Watch { s, interest } => on(check, *s, &|check, s| check.watch(s, *interest)),
        Operation::Cancel { s, which } => on(check, *s, &|check, s| check.cancel(s, *which)),
        Operation::Shutdown { s, how } => on(check, *s, &|check, s| check.shutdown(s, *how)),
        Operation::Close { s } => on(check, *s, &Check::close),
        Operation::PeerReads { s, most } => {
            on(check, *s, &|check, s| check.peer_reads(s, (*most).into()));
        }
        Operation::PeerSends { s, count } => {
            on(check, *s, &|check, s| check.peer_sends(s, (*count).into()));
        }
        Operation::PeerEnds { s } => on(check, *s, &Check::peer_ends),
        Operation::Fails { s } => on(check, *s, &Check::fails),
        Operation::Look { s } => on(check, *s, &Check::look),
        Operation::Take => check.take(),
        Operation::Wait { milliseconds } => check.wait((*milliseconds).into()),
    }
}

fn run(kind: Kind, operations: &[Operation]) -> Check {
    let mut check = Check::new(kind);
    check.connect(false);
    check.wait(100);
    for operation in operations {
        perform(&mut check, operation);
    }
    check
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_pending_ends_once_and_in_order(kind in kinds(), operations in vec(operations(), 0..80)) {
        let mut check = run(kind, &operations);
        check.settle();
        check.finish();
    }

    #[test]
    fn a_program_that_ends_loses_nothing_that_was_accepted(
        kind in kinds(), operations in vec(operations(), 0..80),
    ) {
        run(kind, &operations).finish();
    }
}
