//! What a guest may reach and use: a [`policy`], a [`quota`], and a [`witness`] that logs,
//! counts and audits what was decided, refused and done.
//!
//! A [`Guard`] is the three of one guest. It knows nothing of what runs the guest or moves
//! its bytes: it has no runtime, no engine and no protocol of its own.
//!
//! ```
//! use std::net::SocketAddr;
//! use wsp_guard::policy::{Policy, Protocol, Request, Usage};
//! use wsp_guard::{Guard, quota};
//!
//! let peer: SocketAddr = "192.0.2.1:443".parse()?;
//! let guard = Guard::new(Policy::naming(Protocol::Tcp, &[peer]), &quota::Limits::default());
//! let connect = |peer| Request::socket(Protocol::Tcp, Usage::Connect(peer));
//! assert!(guard.permits(&connect(peer)));
//! assert!(!guard.permits(&connect("192.0.2.2:443".parse()?)));
//!
//! let socket = guard.take(quota::Part::Socket)?.keep();
//! assert_eq!(guard.monitor().report().held.sockets, 1);
//! drop(socket);
//! assert_eq!(guard.monitor().report().held.sockets, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

pub mod config;
pub mod duration;
mod guard;
mod holders;
mod learner;
pub mod names;
pub mod policy;
pub mod quota;
#[doc(hidden)]
pub mod sync;
pub mod wasi;
pub mod witness;

pub use guard::{Guard, InForce};
pub use holders::{Ended, Holder};
pub use learner::{Learned, Learner};
