//! A network in simulated time, in which endpoints of [`wsp_transport`] are made in place of
//! the system's network: [`SimulatedNetwork`] has hosts with addresses, and each
//! [`SimulatedHost`] is a [`wsp_transport::Network`].
//!
//! What is left to chance (how long a segment takes, how large buffers are, which connection
//! is reset and when) is drawn from a seed, and happens in the order of simulated time. The time
//! is tokio's clock: paused, on a runtime of one thread, it goes on by itself as soon as every
//! task waits, so an hour takes no longer than what happens in it, and the same seed gives the
//! same run. [`SimulatedNetwork::digest`] tells whether two runs were the same.
//!
//! ```
//! use std::net::IpAddr;
//! use wsp_simulation::{NetworkConfig, SimulatedNetwork};
//!
//! let runtime = tokio::runtime::Builder::new_current_thread()
//!     .enable_time()
//!     .start_paused(true)
//!     .build()?;
//! runtime.block_on(async {
//!     let network = SimulatedNetwork::new(NetworkConfig::default(), 1);
//!     let server = network.host("server", &[IpAddr::from([10, 0, 0, 1])])?;
//!     let client = network.host("client", &[IpAddr::from([10, 0, 0, 2])])?;
//!     assert_eq!(network.addresses("server"), [IpAddr::from([10, 0, 0, 1])]);
//!     // `server` and `client` go where a transport is told its network.
//!     # let _ = (server, client);
//!     # Ok::<(), wsp_simulation::HostError>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is simulated of TCP is what a program can learn of it: bytes in order, windows and
//! buffers, acknowledgements, half-closed and reset connections, backlogs, urgent data; there
//! are no retransmissions beyond those of an attempt to connect. Multicast groups are not
//! simulated, nor are broadcasts.

#![forbid(unsafe_code)]

mod between;
mod chance;
mod config;
mod connect;
mod connection;
mod datagrams;
mod described;
mod events;
mod hosts;
mod network;
mod options;
mod socket;
mod state;
mod transfer;

pub use between::{Between, BetweenError};
pub use chance::{Chance, ChanceError};
pub use config::{Faults, NetworkConfig};
pub use hosts::HostError;
pub use network::{SimulatedHost, SimulatedNetwork};
