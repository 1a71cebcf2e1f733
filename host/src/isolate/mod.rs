//! Composing and compiling programs in a child process, so that no bytes of a
//! program take the host's time, memory or life.
//!
//! A validator and a compiler are large programs that work on bytes which somebody
//! else chose: they may take minutes, gigabytes or all of a stack, and have bugs. In
//! a child process a bound on time and memory ends them, and a crash is a sentence.
//! The child is this same program, which turns into a compiler when its `main`
//! begins with [`run_if_child`]:
//!
//! ```no_run
//! use wasmtime::{Config, Engine};
//! use wsp::isolate::{self, Compiler, EngineNeeds, Source};
//!
//! fn configure(needs: EngineNeeds) -> Config {
//!     let mut config = Config::new();
//!     config.concurrency_support(needs.concurrency);
//!     config.epoch_interruption(needs.epochs);
//!     config
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     isolate::run_if_child(configure);
//!     let runtime = tokio::runtime::Runtime::new()?;
//!     let program = Source::File(std::fs::File::open("program.wasm")?);
//!     let compiled = runtime.block_on(Compiler::new()?.compile(program))?;
//!     let engine = Engine::new(&configure(compiled.needs()))?;
//!     let component = compiled.load(&engine)?;
//! #   let _ = component;
//!     Ok(())
//! }
//! ```
//!
//! What an embedder gets: reading, validating, composing and compiling are bounded by
//! [`Bounds`], and end with an [`IsolateError`] whatever the bytes are. What an
//! embedder does not get: [`wasmtime::component::Component::new`],
//! [`compose`](crate::compose::compose) and
//! [`inspect`](crate::compose::inspect) called directly run in the caller's thread, as
//! long as they take; and what the program does once it runs is bounded by
//! [`Limits`](crate::Limits) alone.

mod cache;
mod child;
mod parent;
mod sys;
mod wire;

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use wasmtime::component::Component;
use wasmtime::{Config, Engine};

use crate::compose::Interfaces;
use crate::quota::Size;
use cache::{Found, Looked};
use wire::{Action, Answer, Request};

/// What a program needs of its engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineNeeds {
    /// [`Config::concurrency_support`]: it uses the component model's async features.
    pub concurrency: bool,
    /// [`Config::epoch_interruption`], as [`Compiler::epochs`] asked for it.
    pub epochs: bool,
    /// [`Config::consume_fuel`], as [`Compiler::fuel`] asked for it.
    pub fuel: bool,
}

/// The configuration of the engine that a program is compiled for, and runs in. It is called in
/// the child and in this process, and must give the same for the same needs.
pub type Configure = fn(EngineNeeds) -> Config;

/// What one child process may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bounds {
    /// Time from its start to its answer; then it is killed. Default: 60 s.
    pub time: Duration,
    /// Bytes of memory that it may allocate, and so of its answer. Default: 2 GiB.
    pub memory_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            time: Duration::from_secs(60),
            memory_bytes: 2 << 30,
        }
    }
}

/// Where a program's bytes come from.
#[derive(Debug)]
pub enum Source {
    /// From memory.
    Bytes(Vec<u8>),
    /// From an open file, pipe or the like, which the child reads to its end.
    File(File),
}

/// Why a child process did not give what it was asked for, as a sentence whose
/// subject is the program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IsolateError {
    /// [`run_if_child`] was not called in this process.
    #[error(
        "it cannot be compiled in a child process, because this program's main does not begin with wsp::isolate::run_if_child"
    )]
    NoHook,
    /// The system did not start the child process.
    #[error("it cannot be compiled, because the compiler's process cannot be started: {0}")]
    NotStarted(std::io::Error),
    /// The program is refused: it cannot be read, is not a component, cannot be composed or compiled.
    /// The text is the whole sentence.
    #[error("{0}")]
    Refused(String),
    /// It took longer than [`Bounds::time`].
    #[error("it cannot be compiled within {0:?}")]
    TimedOut(Duration),
    /// It took more memory than [`Bounds::memory_bytes`].
    #[error("it cannot be compiled within {} of memory", Size(*.0))]
    OutOfMemory(u64),
    /// The child process ended without an answer. The text says how.
    #[error("it cannot be compiled: the compiler crashed ({0})")]
    Crashed(String),
}

/// What this process began [`run_if_child`] with; without it, it does not know what to do as
/// a child.
static CONFIGURE: OnceLock<Configure> = OnceLock::new();

/// If this process was started by a [`Compiler`], compiles and exits; returns otherwise.
///
/// Call it first in `main`, before anything is opened or started.
pub fn run_if_child(configure: Configure) {
    let configure = *CONFIGURE.get_or_init(|| configure);
    child::run_if_child(configure);
}

/// Composes and compiles programs in child processes, one for each.
#[derive(Clone, Debug)]
pub struct Compiler {
    configure: Configure,
    bounds: Bounds,
    epochs: bool,
    fuel: bool,
    cache: Option<Arc<Path>>,
}

impl Compiler {
    /// A compiler with the default [`Bounds`].
    ///
    /// # Errors
    ///
    /// [`IsolateError::NoHook`] if [`run_if_child`] was not called: the child would
    /// be one more of whatever this process is.
    pub fn new() -> Result<Compiler, IsolateError> {
        let configure = CONFIGURE.get().ok_or(IsolateError::NoHook)?;
        Ok(Compiler {
            configure: *configure,
            bounds: Bounds::default(),
            epochs: false,
            fuel: false,
            cache: None,
        })
    }

    /// With other bounds.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Compiler {
        self.bounds = bounds;
        self
    }

    /// Compiles for an engine with [`Config::epoch_interruption`], or without; the default is
    /// without. See [`crate::quota::tick_epochs`].
    #[must_use]
    pub fn epochs(mut self, epochs: bool) -> Compiler {
        self.epochs = epochs;
        self
    }

    /// Compiles for an engine with [`Config::consume_fuel`], or without; the default is without.
    #[must_use]
    pub fn fuel(mut self, fuel: bool) -> Compiler {
        self.fuel = fuel;
        self
    }

    /// Keeps compiled programs in `directory`, 512 MiB of them at most, so that the next
    /// process finds them there in a few milliseconds and starts no child. A directory that is
    /// missing is made. What somebody else than this process's user or root could have
    /// written is not used, because compiled code is trusted, and what is damaged is compiled
    /// again. A directory that cannot be used only costs the time. The default is to keep none.
    ///
    /// Programs in memory and in regular files are kept; a pipe is left to the child.
    #[must_use]
    pub fn cache(mut self, directory: &Path) -> Compiler {
        self.cache = Some(directory.into());
        self
    }

    /// Reads a program, composes it with the provider if it imports it, as
    /// [`compose`](crate::compose::compose) does, and compiles the result, unless
    /// [`Compiler::cache`] has it. Dropping the future kills the child.
    ///
    /// # Errors
    ///
    /// [`IsolateError`], as it says there. Nothing is left of the child in any case.
    pub async fn compile(&self, program: Source) -> Result<Compiled, IsolateError> {
        self.compile_for(Configured(self.configure), program).await
    }

    /// As [`Compiler::compile`], and loads what is in the cache into one of these engines.
    pub(crate) async fn compile_for(
        &self,
        engines: impl Engines,
        program: Source,
    ) -> Result<Compiled, IsolateError> {
        let compiled = |interfaces, code| Compiled {
            interfaces,
            epochs: self.epochs,
            fuel: self.fuel,
            code,
        };
        let (program, place) = match self.look(engines, program).await? {
            Looked::Found(interfaces, found) => return Ok(compiled(interfaces, Code::Kept(found))),
            Looked::Missing(program, place) => (program, place),
        };
        let (interfaces, bytes) = self.ask(Action::Compile, program).await?;
        let Some(place) = place else {
            return Ok(compiled(interfaces, Code::Made(bytes)));
        };
        let keep = move || {
            place.keep(&interfaces, &bytes);
            (interfaces, bytes)
        };
        let (interfaces, bytes) = on_thread(keep).await?;
        Ok(compiled(interfaces, Code::Made(bytes)))
    }

    async fn look(&self, engines: impl Engines, program: Source) -> Result<Looked, IsolateError> {
        let Some(directory) = self.cache.clone() else {
            return Ok(Looked::Missing(program, None));
        };
        let (epochs, fuel) = (self.epochs, self.fuel);
        on_thread(move || cache::look(&directory, program, &engines, (epochs, fuel))).await
    }

    /// Reads a program and composes it with the provider if it imports it, as
    /// [`compose`](crate::compose::compose) does. Dropping the future kills the child.
    ///
    /// # Errors
    ///
    /// [`IsolateError`], as it says there. Nothing is left of the child in any case.
    pub async fn compose(&self, program: Source) -> Result<Vec<u8>, IsolateError> {
        let (_, bytes) = self.ask(Action::Compose, program).await?;
        Ok(bytes)
    }

    /// Reads a program and makes it portable, as
    /// [`compose_portable`](crate::compose::compose_portable) does. Dropping the future kills
    /// the child.
    ///
    /// # Errors
    ///
    /// [`IsolateError`], as it says there. Nothing is left of the child in any case.
    pub async fn compose_portable(&self, program: Source) -> Result<Vec<u8>, IsolateError> {
        let (_, bytes) = self.ask(Action::ComposePortable, program).await?;
        Ok(bytes)
    }

    async fn ask(
        &self,
        action: Action,
        program: Source,
    ) -> Result<(Interfaces, Vec<u8>), IsolateError> {
        let request = Request {
            action,
            epochs: self.epochs,
            fuel: self.fuel,
            memory_bytes: self.bounds.memory_bytes,
            parent: std::process::id(),
        };
        match parent::ask(request, program, self.bounds).await? {
            (Answer::Done(interfaces), bytes) => Ok((interfaces, bytes)),
            (Answer::Refused(sentence), _) => {
                Err(IsolateError::Refused(crate::printable(&sentence)))
            }
        }
    }
}

/// Does what may block on a thread of its own, in whichever runtime this is called.
async fn on_thread<T: Send + 'static>(
    what: impl FnOnce() -> T + Send + 'static,
) -> Result<T, IsolateError> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    let thread = thread::Builder::new().name("wsp-cache".to_owned());
    let started = thread.spawn(move || answer.send(what()).ok());
    started.map_err(IsolateError::NotStarted)?;
    let ended = answered.await;
    ended.map_err(|_| IsolateError::Crashed("the cache panicked".to_owned()))
}

/// Where engines are made, or are already.
pub(crate) trait Engines: Send + Sync + 'static {
    /// The engine for programs with these needs.
    fn engine(&self, needs: EngineNeeds) -> wasmtime::Result<Engine>;
}

/// A new one each time.
struct Configured(Configure);

impl Engines for Configured {
    fn engine(&self, needs: EngineNeeds) -> wasmtime::Result<Engine> {
        Engine::new(&(self.0)(needs))
    }
}

/// A program that a child process has compiled.
#[derive(Debug)]
pub struct Compiled {
    interfaces: Interfaces,
    epochs: bool,
    fuel: bool,
    code: Code,
}

/// What the child made.
#[derive(Debug)]
enum Code {
    Made(Vec<u8>),
    Kept(Box<Found>),
}

impl Compiled {
    /// What the composed program imports and exports.
    #[must_use]
    pub fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }

    /// What it was compiled for.
    #[must_use]
    pub fn needs(&self) -> EngineNeeds {
        EngineNeeds {
            concurrency: self.interfaces.is_asynchronous(),
            epochs: self.epochs,
            fuel: self.fuel,
        }
    }

    /// Loads the program into an engine of the [`Configure`] that compiled it.
    ///
    /// # Errors
    ///
    /// When the engine is configured otherwise, or the system has no memory for the code.
    #[expect(
        unsafe_code,
        reason = "wasmtime cannot check compiled code, so loading it is unsafe"
    )]
    pub fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        let bytes = match &self.code {
            Code::Made(bytes) => bytes,
            Code::Kept(found) if Engine::same(&found.engine, engine) => {
                return Ok(found.component.clone());
            }
            Code::Kept(found) => return found.code.component(engine),
        };
        // SAFETY: The bytes are what wasmtime's compiler made in a child process of this
        // very executable, and came over a pipe that no other process had. The child was
        // given no code, only a program to compile, as this process would have been.
        // wasmtime checks that they are of its own version and of an engine
        // configured like this one.
        unsafe { Component::deserialize(engine, bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_without_the_hook_is_told_so_and_starts_no_child() {
        let compiler = Compiler::new();
        let error = compiler.err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains("wsp::isolate::run_if_child")));
    }
}
