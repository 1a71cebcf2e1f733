//! Recordings of programs, and replaying them without a network.
//!
//! Everything that a program learns of the network it learns through a few dozen functions of
//! its host. A [`Recorder`] writes down what a program passes to each and what it gets back,
//! and so with clocks and standard input; a [`Replayer`] runs the program again with those
//! answers. Nothing of it is executed: a replayed program runs as any other, in a store with
//! the limits that it had, whose functions answer from the file. The first call that differs
//! ends it with [`Outcome::Diverged`](crate::run::Outcome::Diverged).
//!
//! ```
//! use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
//! use wsp::run::{Outcome, Runner};
//! use wsp::tape::{Recorder, Replayer};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let bytes = wat::parse_str(r#"(component
//! #     (core module $m (func (export "run") (result i32) i32.const 0))
//! #     (core instance $i (instantiate $m))
//! #     (func $run (result (result)) (canon lift (core func $i "run")))
//! #     (component $wrap (import "run" (func $r (result (result)))) (export "run" (func $r)))
//! #     (instance $w (instantiate $wrap (with "run" (func $run))))
//! #     (export "wasi:cli/run@0.2.0" (instance $w)))"#)?;
//! # let file = tempfile::NamedTempFile::new()?;
//! # let file = file.path();
//! let program = Runner::new().compile_here(&bytes)?;
//! let variables = [("LEVEL", "2")];
//! let recorder = Recorder::new(std::fs::File::create(file)?, &bytes, &["program"], &variables)?;
//! let stdin = MemoryInputPipe::new("");
//! let wasi = recorder.wasi(stdin, MemoryOutputPipe::new(64 << 10)).build();
//! program.record(wasi, wsp::Settings::default(), &recorder)?.run().await?;
//!
//! let replayer = Replayer::new(std::fs::File::open(file)?, &bytes)?;
//! let wasi = replayer.wasi(MemoryOutputPipe::new(64 << 10)).build();
//! match program.replay(wasi, &replayer)?.run().await? {
//!     Outcome::Diverged(divergence) => panic!("the program {divergence}"),
//!     ended => assert!(ended.is_success()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Not recorded, and so to be as they were: files. Denied to a program that is recorded, and
//! when it is replayed: `wasi:sockets` and `wasi:http`.

mod error;
mod format;
mod given;
mod link;
mod recorder;
mod replayer;
mod wasi;

pub use error::{Divergence, RecordingError};
pub(crate) use format::How;
pub use format::MAGIC;
pub(crate) use link::{link_recorded, link_replayed};
pub use recorder::Recorder;
pub use replayer::Replayer;

/// What a store does beside running its program.
#[derive(Clone)]
pub(crate) enum Taping {
    Recording(Recorder),
    Replaying(Replayer),
}
