//! What is left to chance, and drawing it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use fastrand::Rng;
use wsp_guard::quota::Size;

use crate::between::Between;

/// What of a network is left to chance. Each draws from random numbers of its own, which the
/// seed gives, so switching one off leaves the others as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Chance {
    /// How long something takes between two hosts; without it, as little as may be.
    Delays,
    /// Where a stream is cut into segments; without it, into the longest.
    Segments,
    /// How large buffers are; without it, as large as may be.
    Buffers,
    /// Attempts to connect that are refused.
    Refused,
    /// Attempts to connect to a host that is out of reach.
    Unreachable,
    /// Connections that are reset.
    Resets,
    /// Connections through which nothing comes any more.
    Losses,
    /// Directions of a stream that stand still for a while.
    Stalls,
    /// Datagrams that are lost.
    DatagramsLost,
    /// Datagrams that arrive late, and so behind others.
    DatagramsLate,
}

/// A text names nothing that is left to chance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is nothing that is left to chance: name some of {list}", list = Chance::list())]
pub struct ChanceError(String);

impl Chance {
    /// All of them, those first that make a run more complicated than the others.
    pub const ALL: [Chance; 10] = [
        Chance::Losses,
        Chance::Resets,
        Chance::Unreachable,
        Chance::Refused,
        Chance::Stalls,
        Chance::DatagramsLost,
        Chance::DatagramsLate,
        Chance::Segments,
        Chance::Buffers,
        Chance::Delays,
    ];

    /// Its name on command lines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Chance::Delays => "delays",
            Chance::Segments => "segments",
            Chance::Buffers => "buffers",
            Chance::Refused => "refused",
            Chance::Unreachable => "unreachable",
            Chance::Resets => "resets",
            Chance::Losses => "losses",
            Chance::Stalls => "stalls",
            Chance::DatagramsLost => "datagrams-lost",
            Chance::DatagramsLate => "datagrams-late",
        }
    }

    fn list() -> String {
        Chance::ALL.map(Chance::as_str).join(", ")
    }
}

impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Chance {
    type Err = ChanceError;

    fn from_str(text: &str) -> Result<Chance, ChanceError> {
        let named = Chance::ALL
            .into_iter()
            .find(|chance| chance.as_str() == text);
        named.ok_or_else(|| ChanceError(text.to_owned()))
    }
}

/// Random numbers, of a seed.
#[derive(Debug)]
pub(crate) struct Draws {
    seed: u64,
    each: BTreeMap<Chance, Rng>,
    without: BTreeSet<Chance>,
}

impl Draws {
    pub(crate) fn new(seed: u64, without: BTreeSet<Chance>) -> Draws {
        Draws {
            seed,
            each: BTreeMap::new(),
            without,
        }
    }

    fn of(&mut self, chance: Chance) -> &mut Rng {
        let seed = self.seed;
        self.each.entry(chance).or_insert_with(|| {
            // Far apart: neighbouring seeds must not give neighbouring numbers.
            let mut number = Rng::with_seed(seed).u64(..);
            for byte in chance.as_str().bytes() {
                number = Rng::with_seed(number ^ u64::from(byte)).u64(..);
            }
            Rng::with_seed(number)
        })
    }

    fn between(&mut self, chance: Chance, low: u64, high: u64, otherwise: u64) -> u64 {
        // Drawn in any case, so that the next draw is the same one.
        let drawn = self.of(chance).u64(low..=high.max(low));
        match self.without.contains(&chance) {
            true => otherwise,
            false => drawn,
        }
    }

    /// How long something takes.
    pub(crate) fn delay(&mut self, between: Between<Duration>) -> Duration {
        let (low, high) = (nanos(between.low()), nanos(between.high()));
        Duration::from_nanos(self.between(Chance::Delays, low, high, low))
    }

    /// A time of that kind of fault.
    pub(crate) fn time(&mut self, chance: Chance, between: Between<Duration>) -> Duration {
        let (low, high) = (nanos(between.low()), nanos(between.high()));
        Duration::from_nanos(self.between(chance, low, high, low))
    }

    /// How large a buffer is, or how long a segment may be.
    pub(crate) fn size(&mut self, chance: Chance, between: Between<Size>) -> usize {
        let (low, high) = (between.low().0, between.high().0);
        let size = self.between(chance, low, high, high);
        usize::try_from(size).unwrap_or(usize::MAX).max(1)
    }

    /// After how many bytes of a connection the fault comes, if it does at all.
    pub(crate) fn fault_after(
        &mut self,
        chance: Chance,
        probability: f64,
        after: Between<Size>,
    ) -> Option<u64> {
        let comes = self.happens(chance, probability);
        let (low, high) = (after.low().0, after.high().0);
        let bytes = self.between(chance, low, high, low);
        comes.then_some(bytes)
    }

    /// Whether the fault comes now.
    pub(crate) fn happens(&mut self, chance: Chance, probability: f64) -> bool {
        let drawn = self.of(chance).f64();
        drawn < probability && !self.without.contains(&chance)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
