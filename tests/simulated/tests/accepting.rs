//! Accept operations end exactly once, in their order, however it comes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use proptest::prelude::*;
use wsp_core::{
    AddressFamily, EventId, OverlappedId, Provider, SocketAttributes, SocketId, SocketType,
    WsaError,
};
use wsp_simulated::{Network, Simulated};

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Posts an accept, with or without the first bytes.
    Accept { first_bytes: bool },
    /// A connection comes.
    Arrives,
    /// The n-th socket that was made a connection gets a byte.
    Sends(usize),
    /// Its peer ends.
    Ends(usize),
    /// The n-th socket of an operation is closed.
    Close(usize),
    /// The n-th operation is cancelled.
    Cancel(usize),
    /// All of them are.
    CancelAll,
    /// An accept that is no operation.
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(|first_bytes| Step::Accept { first_bytes }),
        4 => Just(Step::Arrives),
        2 => (0..8usize).prop_map(Step::Sends),
        1 => (0..8usize).prop_map(Step::Ends),
        1 => (0..8usize).prop_map(Step::Close),
        1 => (0..8usize).prop_map(Step::Cancel),
        1 => Just(Step::CancelAll),
        1 => Just(Step::Take),
    ]
}

/// An operation, as its caller sees it.
struct Posted {
    into: SocketId,
    first_bytes: bool,
    event: EventId,
    overlapped: OverlappedId,
    /// How often its event was set.
    indicated: u32,
    /// It was cancelled, or its socket closed.
    may_be_aborted: bool,
    /// Something came for it.
    has_data: bool,
}

struct Check {
    provider: Provider<Simulated>,
    network: Rc<RefCell<Network>>,
    listener: SocketId,
    number: u32,
    posted: Vec<Posted>,
    /// Connections that came, less those that an accept took.
    arrived: usize,
    /// Operations that wait for a connection, oldest first.
    waiting: VecDeque<usize>,
}

impl Check {
    fn new() -> Check {
        let simulated = Simulated::new(100);
        let network = Rc::clone(&simulated.0);
        let mut provider = Provider::new(simulated);
        provider.startup(0x0202).unwrap();
        let listener = stream(&mut provider);
        provider
            .bind(listener, "127.0.0.1:0".parse().unwrap())
            .unwrap();
        provider.listen(listener, 5).unwrap();
        provider.set_nonblocking(listener, true).unwrap();
        let number = provider.endpoint(listener).unwrap().number;
        Check {
            provider,
            network,
            listener,
            number,
            posted: Vec::new(),
            arrived: 0,
            waiting: VecDeque::new(),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Accept { first_bytes } => self.accept(first_bytes),
            Step::Arrives => {
                self.arrived += 1;
                self.network.borrow_mut().arrives(self.number);
            }
            Step::Sends(n) => self.with_connection(n, |network, number| {
                network.peer_sends(number, b"x");
            }),
            Step::Ends(n) => self.with_connection(n, Network::peer_ends),
            Step::Close(n) => {
                if let Some(posted) = self.posted.get_mut(n) {
                    posted.may_be_aborted = true;
                    let _ = self.provider.close_socket(posted.into);
                }
            }
            Step::Cancel(n) => {
                if let Some(posted) = self.posted.get_mut(n) {
                    posted.may_be_aborted = true;
                    let overlapped = Some(posted.overlapped);
                    self.provider
                        .cancel_io_ex(self.listener, overlapped)
                        .unwrap();
                }
            }
            Step::CancelAll => {
                for posted in &mut self.posted {
                    posted.may_be_aborted = true;
                }
                self.provider.cancel_io_ex(self.listener, None).unwrap();
            }
            Step::Take => {
                if self.provider.accept(self.listener).is_ok() {
                    self.arrived -= 1;
                }
            }
        }
        self.look();
    }

    fn accept(&mut self, first_bytes: bool) {
        let into = stream(&mut self.provider);
        let event = self.provider.create_event();
        let overlapped = self.provider.create_overlapped(Some(event));
        let answer = self
            .provider
            .accept_ex(self.listener, into, first_bytes, overlapped);
        assert_eq!(answer, Err(WsaError::IoPending));
        self.waiting.push_back(self.posted.len());
        self.posted.push(Posted {
            into,
            first_bytes,
            event,
            overlapped,
            indicated: 0,
            may_be_aborted: false,
            has_data: false,
        });
    }

    /// Does something to the peer of a socket that has become a connection.
    fn with_connection(&mut self, n: usize, act: impl FnOnce(&mut Network, u32)) {
        let Some(posted) = self.posted.get_mut(n) else {
            return;
        };
        if self.provider.peer_address(posted.into).is_ok() {
            posted.has_data = true;
            let number = self.provider.endpoint(posted.into).unwrap().number;
            act(&mut self.network.borrow_mut(), number);
        }
    }

    /// Looks at every operation, and that connections went to the oldest.
    fn look(&mut self) {
        self.provider.pump();
        let provider = &mut self.provider;
        for posted in &mut self.posted {
            if provider.event_is_set(posted.event) {
                posted.indicated += 1;
                provider.reset_event(posted.event);
            }
            let status = provider.overlapped_status(posted.overlapped);
            let ended = status.internal != 0x103;
            assert_eq!(
                posted.indicated,
                u32::from(ended),
                "indicated once, if ended"
            );
            let connected = provider.peer_address(posted.into).is_ok();
            match status.offset_high {
                0 if ended => {
                    assert!(connected || posted.may_be_aborted, "a connection");
                    assert!(
                        !posted.first_bytes || posted.has_data,
                        "with its first bytes"
                    );
                }
                0 => assert!(!connected || posted.first_bytes, "it waits for bytes alone"),
                _ => assert!(posted.may_be_aborted, "nobody cancelled it"),
            }
        }
        let in_progress = self
            .posted
            .iter()
            .filter(|posted| provider.overlapped_in_progress(posted.overlapped))
            .count();
        // The listening socket itself may be watched too.
        assert!(
            provider.outstanding() <= in_progress + 1,
            "nothing is left behind"
        );
        // Those that wait are the youngest: nobody was overtaken.
        let waits = |posted: &Posted, provider: &mut Provider<Simulated>| {
            provider.overlapped_in_progress(posted.overlapped)
                && provider.peer_address(posted.into).is_err()
        };
        let mut still = VecDeque::new();
        for n in std::mem::take(&mut self.waiting) {
            let Some(posted) = self.posted.get(n) else {
                continue;
            };
            if waits(posted, &mut self.provider) {
                still.push_back(n);
            } else if self
                .provider
                .overlapped_status(posted.overlapped)
                .offset_high
                == 0
            {
                self.arrived -= 1;
                let overtaken = still.iter().copied().find(|other| *other < n);
                assert_eq!(overtaken, None, "the oldest gets the first connection");
            }
        }
        self.waiting = still;
        assert!(
            self.waiting.is_empty() || self.arrived == 0,
            "none is left lying"
        );
    }
}

fn stream(provider: &mut Provider<Simulated>) -> SocketId {
    let attributes = SocketAttributes { overlapped: true };
    provider
        .socket(AddressFamily::Inet, SocketType::Stream, attributes)
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn an_accept_operation_ends_once_and_in_its_turn(steps in prop::collection::vec(step(), 1..60)) {
        let mut check = Check::new();
        for step in steps {
            check.step(step);
        }
        for posted in &mut check.posted {
            posted.may_be_aborted = true;
        }
        check.provider.close_socket(check.listener).unwrap();
        for n in 0..check.posted.len() {
            check.step(Step::Close(n));
        }
        assert_eq!(check.provider.outstanding(), 0);
        for posted in &check.posted {
            assert_eq!(posted.indicated, 1);
        }
    }
}
