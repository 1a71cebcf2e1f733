//! Where a run takes place.

pub(crate) mod cores;
pub(crate) mod network;
pub(crate) mod receivers;

use cores::Cores;
use network::Network;

/// The cores and the network of a run.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) cores: Cores,
    pub(crate) network: Network,
}

impl Place {
    /// Moves the calling thread there. Threads that exist already stay where they are,
    /// so it is the first thing to do.
    ///
    /// # Errors
    ///
    /// When the network namespace cannot be made ready.
    pub(crate) fn enter() -> anyhow::Result<Place> {
        let cores = Cores::here();
        cores.send_here();
        Ok(Place {
            cores,
            network: Network::enter()?,
        })
    }
}
