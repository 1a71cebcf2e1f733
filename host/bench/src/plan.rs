//! How much is measured.

use std::time::Duration;

use crate::shape::{Indication, Shape, Sink};

pub(crate) const SIZES: [usize; 7] = [64, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20];

/// The parts of the grid beyond one.
const PARTS: [usize; 4] = [4, 16, 64, 256];

/// The size at which few and many parts are compared.
pub(crate) const GATHERED: usize = 64 << 10;

/// The size at which overlapped sends are compared with blocking ones.
pub(crate) const OVERLAPPED: usize = 16 << 10;

/// Overlapped sends of these go out together: what kind, how many bytes, and how much faster
/// than a native loop at least and if all is well.
pub(crate) const BURSTS: [(Sink, usize, f64, f64); 5] = [
    (Sink::Tcp, 64, 1.3, 3.0),
    (Sink::Tcp, 256, 1.2, 2.0),
    (Sink::Tcp, 1 << 10, 1.1, 1.5),
    (Sink::Udp, 64, 2.0, 5.0),
    (Sink::Udp, 1 << 10, 1.5, 3.0),
];

/// How many sends of a burst there are.
pub(crate) const OUTSTANDING: usize = 64;

/// The longest datagram here.
const DATAGRAM: usize = 16 << 10;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything, for the document.
    Full,
    /// What the budgets need, in less than two minutes.
    Quick,
    /// What the budgets need, a few times only: says nothing about speed.
    Tiny,
}

/// The numbers behind an [`Extent`].
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) shapes: Vec<Shape>,
    /// The fewest rounds.
    pub(crate) rounds: usize,
    /// The most rounds, of what the machine disturbs.
    pub(crate) most_rounds: usize,
    /// How long there may be more rounds than the fewest.
    pub(crate) time: Duration,
    /// How long one sample of one path should take.
    pub(crate) sample: Duration,
    /// The most sends of a sample.
    pub(crate) most_sends: u32,
    /// Sends of which each is timed.
    pub(crate) latencies: u32,
    /// Operations outstanding at once, the many.
    pub(crate) many: usize,
    /// Numbers of provider instances; the last one is the budget's.
    pub(crate) instances: Vec<usize>,
    /// Numbers of open sockets.
    pub(crate) sockets: Vec<usize>,
    /// How often the command is started.
    pub(crate) starts: usize,
    pub(crate) threads: Threads,
}

/// What programs with threads do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threads {
    /// The most threads.
    pub(crate) most: usize,
    /// Sends, and switches, of a sample.
    pub(crate) sends: u32,
    /// Echoes of a sample.
    pub(crate) echoes: u32,
}

impl Plan {
    pub(crate) fn new(extent: Extent) -> Plan {
        match extent {
            Extent::Full => Plan {
                shapes: full(),
                rounds: 15,
                most_rounds: 15,
                time: Duration::ZERO,
                sample: Duration::from_millis(30),
                most_sends: 200_000,
                latencies: 20_000,
                many: 100_000,
                instances: vec![1, 10, 100, 1000],
                sockets: vec![1, 10, 100, 1000, 10_000],
                starts: 21,
                threads: Threads {
                    most: 1000,
                    sends: 20_000,
                    echoes: 5_000,
                },
            },
            Extent::Quick => Plan {
                shapes: quick(),
                rounds: 11,
                most_rounds: 200,
                time: Duration::from_secs(75),
                sample: Duration::from_millis(12),
                most_sends: 50_000,
                latencies: 15_000,
                many: 100_000,
                instances: vec![200],
                sockets: vec![1, 1000],
                starts: 9,
                threads: Threads {
                    most: 1000,
                    sends: 5_000,
                    echoes: 2_000,
                },
            },
            Extent::Tiny => Plan {
                shapes: quick(),
                rounds: 1,
                most_rounds: 1,
                time: Duration::ZERO,
                sample: Duration::ZERO,
                most_sends: 2,
                latencies: 4,
                many: 200,
                instances: vec![2],
                sockets: vec![1, 2],
                starts: 1,
                threads: Threads {
                    most: 20,
                    sends: 20,
                    echoes: 20,
                },
            },
        }
    }
}

/// What the budgets need.
fn quick() -> Vec<Shape> {
    let mut shapes: Vec<Shape> = [64, 64 << 10, 1 << 20]
        .map(|bytes| Shape::blocking(Sink::Null, bytes))
        .into();
    shapes.push(Shape::blocking(Sink::Null, 4 << 10).in_parts(16));
    shapes.push(Shape::blocking(Sink::Null, 64).fresh());
    for bytes in SIZES {
        let shape = Shape::blocking(Sink::Tcp, bytes);
        shapes.extend([shape, shape.no_delay()]);
    }
    for parts in [64, 256] {
        shapes.push(Shape::blocking(Sink::Tcp, GATHERED).in_parts(parts));
    }
    let overlapped = Shape::blocking(Sink::Tcp, OVERLAPPED);
    shapes.push(overlapped.overlapped(OUTSTANDING, Indication::Event));
    for (sink, bytes, ..) in BURSTS {
        let one = Shape::blocking(sink, bytes);
        if !shapes.contains(&one) {
            shapes.push(one);
        }
        shapes.push(one.overlapped(OUTSTANDING, Indication::Event));
    }
    shapes
}

/// The whole grid.
fn full() -> Vec<Shape> {
    let mut shapes = quick();
    let mut add = |shape: Shape| {
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    };
    for sink in [Sink::Null, Sink::Tcp, Sink::Udp] {
        for bytes in SIZES {
            if sink == Sink::Udp && bytes > DATAGRAM {
                continue;
            }
            let shape = Shape::blocking(sink, bytes);
            add(shape);
            if sink == Sink::Tcp {
                add(Shape::blocking(Sink::TcpSleeping, bytes));
            }
            for parts in PARTS.into_iter().filter(|parts| *parts <= bytes) {
                add(shape.in_parts(parts));
            }
            if sink == Sink::Udp {
                continue;
            }
            for outstanding in [1, 8, 64] {
                add(shape.overlapped(outstanding, Indication::Event));
            }
        }
        for notify in [Indication::Routine, Indication::Poll] {
            if sink != Sink::Udp {
                add(Shape::blocking(sink, OVERLAPPED).overlapped(8, notify));
            }
        }
    }
    shapes
}
