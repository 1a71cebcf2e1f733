//! What the sockets of an instance did, told as it happens, kept in a file, and read back.
//!
//! [`Settings::with_trace`](crate::Settings::with_trace) has a [`Sink`] told of every [`Event`]:
//! each operation when it is submitted, when the system takes its bytes, when it ends and when
//! the provider takes its end; and what was denied. [`TraceFile`] is a sink that writes a file
//! in the format of Chrome's traces, which Perfetto shows too; [`History::read`] reads such a
//! file again.
//!
//! ```
//! use std::sync::Arc;
//! use wsp::Settings;
//! use wsp::trace::{Event, What};
//!
//! let settings = Settings::default().with_trace(Arc::new(|events: &[Event]| {
//!     for event in events {
//!         if let What::Ended { operation, error: Some(error), .. } = event.what {
//!             eprintln!("operation {operation} of {} failed: {error:?}", event.instance);
//!         }
//!     }
//! }));
//! # drop(settings);
//! ```

mod assembler;
mod code;
mod file;
mod format;
mod history;
mod lines;
mod reader;
mod writer;

pub use file::{TraceFile, Written};
pub use history::{Denial, History, Operation, Refusal, Socket};
pub use reader::CannotRead;
pub use wsp_transport::trace::{Denied, Event, Kind, Sink, Submission, What};
