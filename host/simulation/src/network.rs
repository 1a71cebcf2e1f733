//! A network and its hosts.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Weak};

use tokio::sync::Notify;
use wsp_transport::{AddressFamily, Network, NetworkSocket, Protocol, TransportError};

use crate::chance::{Chance, Draws};
use crate::config::NetworkConfig;
use crate::hosts::HostError;
use crate::socket::SimulatedSocket;
use crate::state::{Shared, State};

/// A network in simulated time. Clones share it.
#[derive(Clone, Debug)]
pub struct SimulatedNetwork {
    shared: Arc<Shared>,
}

/// A host of a [`SimulatedNetwork`]: what endpoints are made in that are on that host.
#[derive(Clone, Debug)]
pub struct SimulatedHost {
    shared: Arc<Shared>,
    host: usize,
}

impl SimulatedNetwork {
    /// A network with these properties, whose chances are drawn from `seed`. A task moves it on,
    /// which ends with the network.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, which needs its time enabled.
    #[must_use]
    pub fn new(config: NetworkConfig, seed: u64) -> SimulatedNetwork {
        SimulatedNetwork::without(config, seed, BTreeSet::new())
    }

    /// As [`SimulatedNetwork::new`], with nothing left to these chances.
    ///
    /// # Panics
    ///
    /// As there.
    #[must_use]
    pub fn without(
        config: NetworkConfig,
        seed: u64,
        without: BTreeSet<Chance>,
    ) -> SimulatedNetwork {
        let state = State::new(config, Draws::new(seed, without));
        let shared = Arc::new(Shared::new(state));
        let sooner = Arc::clone(&shared.sooner);
        tokio::spawn(move_on(Arc::downgrade(&shared), sooner));
        SimulatedNetwork { shared }
    }

    /// Adds a host with a name and addresses.
    ///
    /// # Errors
    ///
    /// [`HostError`], as it says there.
    pub fn host(&self, name: &str, addresses: &[IpAddr]) -> Result<SimulatedHost, HostError> {
        let host = self.shared.with(|state| state.hosts.add(name, addresses))?;
        Ok(SimulatedHost {
            shared: Arc::clone(&self.shared),
            host,
        })
    }

    /// The addresses of the host with a name; none if there is no such host.
    #[must_use]
    pub fn addresses(&self, name: &str) -> Vec<IpAddr> {
        self.shared.with(|state| state.hosts.named(name).to_vec())
    }

    /// How many things have happened in the network.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.shared.with(|state| state.log.count())
    }

    /// A digest of everything that has happened in the network, with its times and payload: two
    /// runs with the same one were the same, as far as the network goes.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.shared.with(|state| state.log.digest())
    }
}

impl SimulatedHost {
    /// What the sockets of the host wait for: a clause for each.
    #[must_use]
    pub fn waits(&self) -> Vec<String> {
        self.shared.with(|state| state.waits(self.host))
    }
}

impl Network for SimulatedHost {
    fn socket(
        &self,
        family: AddressFamily,
        protocol: Protocol,
    ) -> Result<Arc<dyn NetworkSocket>, TransportError> {
        let created = |state: &mut State| state.create(self.host, family, protocol);
        let number = self.shared.with(created)?;
        Ok(Arc::new(SimulatedSocket::new(
            &self.shared,
            number,
            protocol,
        )))
    }
}

/// Moves a network on, as long as there is one.
async fn move_on(network: Weak<Shared>, sooner: Arc<Notify>) {
    loop {
        let next = match network.upgrade() {
            Some(shared) => shared.with(State::move_on),
            None => return,
        };
        match next {
            None => sooner.notified().await,
            Some(next) => tokio::select! {
                biased;
                () = sooner.notified() => {}
                () = tokio::time::sleep_until(next) => {}
            },
        }
    }
}
