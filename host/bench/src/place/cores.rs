//! Which cores send and which read, so that no run is ruled by where the scheduler
//! happens to put its threads.

use core_affinity::CoreId;

/// The cores of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    count: usize,
    /// The reading core and the sending one; none where there are not two.
    pair: Option<(CoreId, CoreId)>,
}

impl Cores {
    /// Those that this process may use.
    pub(crate) fn here() -> Cores {
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        let pair = match cores.as_slice() {
            [first, .., last] => Some((*last, *first)),
            _ => None,
        };
        Cores {
            count: cores.len(),
            pair,
        }
    }

    pub(crate) fn count(self) -> usize {
        self.count
    }

    /// Whether readers and senders have a core each.
    pub(crate) fn are_apart(self) -> bool {
        self.pair.is_some()
    }

    /// Keeps the calling thread, and those that it starts, on the senders' core.
    /// Where the system does not allow it, they run anywhere.
    pub(crate) fn send_here(self) {
        if let Some((_, sender)) = self.pair {
            core_affinity::set_for_current(sender);
        }
    }

    /// The same for a reader.
    pub(crate) fn read_here(self) {
        if let Some((reader, _)) = self.pair {
            core_affinity::set_for_current(reader);
        }
    }
}
