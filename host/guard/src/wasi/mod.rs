//! A guard for programs that use `wasi:sockets`: the same rules, quotas and witness as for
//! Winsock programs, asked where an engine for WASI asks before it does something.
//!
//! [`Sockets`] is what an engine's hook needs, and knows no engine. With the feature
//! `wasmtime-wasi`, `guard_sockets` and `add_to_linker_p2` put it into wasmtime-wasi; with
//! `wasmtime-wasi-http`, `Http` sends requests of `wasi:http` on connections that it decides on
//! ([`Sockets::connect`]).
//!
//! An engine for WASI asks less than our own host does, and elsewhere:
//!
//! | | Winsock | wasi:sockets, by the hook alone | with `add_to_linker_p2` |
//! | --- | --- | --- | --- |
//! | creating a socket | decided, and counted by the quota | only whether the protocol has a rule | as Winsock |
//! | explicit and implicit bind | told apart | both are binds: the unspecified address with port 0 needs no inbound rule if there is an outbound one | |
//! | bind to port 0 | the port that the system chose is decided on when it listens | the same | |
//! | accept, datagram from | with the address of the socket | with those of all sockets that were bound or listen: a peer that is welcome at one is welcome | |
//! | a datagram that was refused | dropped | dropped | |
//! | a name | decided | not asked: allowed if any name is | decided |
//! | connections per second | counted | counted | |
//! | payload, operations | counted | not asked: bounded by the engine | |
//! | a closed socket | told to the audit with its bytes | not told | told without bytes |
//! | another policy | what it does not allow is ended, socket by socket | what is asked from then on; open connections stay | a program with a connection that it does not allow is to be ended ([`Sockets::revoked`]) |

mod connection;
mod names;
mod sockets;
#[cfg(feature = "wasmtime-wasi")]
mod wasmtime_wasi;
#[cfg(feature = "wasmtime-wasi-http")]
mod wasmtime_wasi_http;

pub use connection::{CannotConnect, Connection};
pub use names::{CannotLookUp, Lookup};
pub use sockets::{Admitted, CannotCreate, Lent, SocketUse, Sockets};
#[cfg(feature = "wasmtime-wasi")]
pub use wasmtime_wasi::{Guarded, GuardedView, add_to_linker_p2, add_to_linker_p3, guard_sockets};
#[cfg(feature = "wasmtime-wasi-http")]
pub use wasmtime_wasi_http::Http;
