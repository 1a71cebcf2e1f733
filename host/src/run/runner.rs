//! Making programs ready to be run.

use std::fmt;
use std::sync::{Arc, Mutex};

use wasmtime::component::Component;
use wasmtime::{Engine, ProfilingStrategy};

use super::RunError;
use super::machine::{self, Machine};
use super::program::Program;
use super::store::Turns;
use crate::compose::{compose, inspect};
use crate::isolate::{Compiler, EngineNeeds, Engines, Source};
use wsp_guard::sync::lock;

/// Makes programs ready to be run. Make one for each process; clones share its engines.
///
/// ```
/// use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
/// use wsp::policy::{Policy, Protocol};
/// use wsp::run::{self, Outcome, Runner};
/// use wsp::{Limits, Settings};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let program = wat::parse_str(r#"(component
/// #     (core module $m (func (export "run") (result i32) (loop br 0) i32.const 0))
/// #     (core instance $i (instantiate $m))
/// #     (func $run (result (result)) (canon lift (core func $i "run")))
/// #     (component $wrap (import "run" (func $r (result (result)))) (export "run" (func $r)))
/// #     (instance $w (instantiate $wrap (with "run" (func $run))))
/// #     (export "wasi:cli/run@0.2.0" (instance $w)))"#)?;
/// // It may connect to one address, and has 64 MiB and a tenth of a second.
/// let address = "127.0.0.1:9000".parse()?;
/// let mut limits = Limits::default();
/// limits.memory_bytes = Some(64 << 20);
/// limits.timeout = Some(std::time::Duration::from_millis(100));
/// let settings = Settings::new(Policy::naming(Protocol::Tcp, &[address])).with_limits(limits);
///
/// let printed = MemoryOutputPipe::new(64 << 10);
/// let wasi = run::wasi().args(&["program"]).stdout(printed.clone()).build();
///
/// let program = Runner::new().compile_here(&program)?;
/// match program.run(wasi, settings).await? {
///     Outcome::Exited(status) => println!("exit status {status}"),
///     Outcome::Trapped(trap) => println!("it trapped: {trap}"),
///     Outcome::TimedOut(ended) => println!("{ended} after {:?}, and was ended", ended.limit()),
///     _ => {}
/// }
/// # Ok(())
/// # }
/// ```
///
/// Programs that are not trusted are compiled in a child process, with a bound on time and
/// memory, and kept compiled for the next start. `main` begins with the hook for that:
///
/// ```no_run
/// use wsp::isolate::{self, Compiler, Source};
/// use wsp::run::{self, Runner};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     isolate::run_if_child(run::configure);
///     let runtime = tokio::runtime::Runtime::new()?;
///     runtime.block_on(async {
///         let compiler = Compiler::new()?.cache("/var/cache/example".as_ref());
///         let program = Source::File(std::fs::File::open("program.wasm")?);
///         let program = Runner::new().compile(&compiler, program).await?;
///         let ended = program.run(run::wasi().build(), wsp::Settings::default()).await?;
///         std::process::exit(ended.exit_status().into());
///     })
/// }
/// ```
#[derive(Clone)]
pub struct Runner {
    epochs: bool,
    fuel: bool,
    profiling: ProfilingStrategy,
    machines: Arc<Mutex<Machines>>,
}

/// One engine for programs that await, and a faster one for all others, once needed.
#[derive(Default)]
struct Machines {
    plain: Slot,
    concurrent: Slot,
}

/// An engine, and what is linked with it for programs that run there.
#[derive(Default)]
struct Slot {
    engine: Option<Engine>,
    machine: Option<Arc<Machine>>,
}

impl Default for Runner {
    fn default() -> Runner {
        Runner::new()
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("epochs", &self.epochs)
            .finish_non_exhaustive()
    }
}

impl Runner {
    /// A runner whose programs yield at the end of every epoch, a millisecond: they take
    /// turns, and can be ended.
    #[must_use]
    pub fn new() -> Runner {
        Runner {
            epochs: true,
            fuel: false,
            profiling: ProfilingStrategy::None,
            machines: Arc::default(),
        }
    }

    /// As [`Runner::new`], without epochs. Its programs compute a little faster, and as long
    /// as they like: a [`Limits::timeout`](crate::Limits::timeout) is refused with
    /// [`RunError::Untimed`].
    #[must_use]
    pub fn without_epochs() -> Runner {
        Runner {
            epochs: false,
            ..Runner::new()
        }
    }

    /// As [`Runner::without_epochs`], for programs that run in a simulation: the turns of one
    /// that computes are counted in instructions, which are the same in every run, and not in
    /// time. It computes at about half the speed.
    #[cfg(feature = "simulation")]
    #[must_use]
    pub fn simulated() -> Runner {
        Runner {
            fuel: true,
            ..Runner::without_epochs()
        }
    }

    /// As this runner, whose programs tell `profiling` of their functions. Nothing is written
    /// for the profiler of what was compiled before.
    #[must_use]
    pub fn with_profiling(self, profiling: ProfilingStrategy) -> Runner {
        Runner {
            profiling,
            machines: Arc::default(),
            ..self
        }
    }

    /// Has a program composed with the provider, if it imports it, and compiled in a child
    /// process, or takes it from the compiler's [cache](Compiler::cache). This is for programs
    /// that are not trusted.
    ///
    /// # Errors
    ///
    /// [`RunError::Isolate`] when it cannot be compiled; [`RunError::Engine`] and
    /// [`RunError::Clock`] when this platform cannot run it.
    pub async fn compile(&self, compiler: &Compiler, program: Source) -> Result<Program, RunError> {
        let compiler = compiler.clone().epochs(self.epochs).fuel(self.fuel);
        let compiled = compiler.compile_for(self.clone(), program).await?;
        let needs = compiled.needs();
        let machine = self.machine(needs.concurrency)?;
        let component = compiled.load(&machine.engine)?;
        let interfaces = compiled.interfaces().clone();
        let turns = self.turns();
        Ok(Program::new(component, interfaces, machine, turns))
    }

    /// Composes a program with the provider, if it imports it, and compiles it in this thread.
    /// That takes as much time and memory as it takes, so this is for programs that are trusted.
    ///
    /// # Errors
    ///
    /// [`RunError::Compose`] when it is no component or cannot be composed;
    /// [`RunError::Engine`] when it cannot be compiled, or this platform cannot run it;
    /// [`RunError::Clock`].
    pub fn compile_here(&self, program: &[u8]) -> Result<Program, RunError> {
        let composed = compose(program)?;
        let interfaces = inspect(&composed)?;
        let machine = self.machine(interfaces.is_asynchronous())?;
        let component = Component::new(&machine.engine, composed)?;
        let turns = self.turns();
        Ok(Program::new(component, interfaces, machine, turns))
    }

    fn turns(&self) -> Turns {
        match (self.epochs, self.fuel) {
            (_, true) => Turns::Instructions,
            (true, false) => Turns::Epochs,
            (false, false) => Turns::Whole,
        }
    }

    fn machine(&self, concurrency: bool) -> Result<Arc<Machine>, RunError> {
        let mut machines = lock(&self.machines);
        let slot = machines.slot(concurrency);
        if let Some(machine) = &slot.machine {
            return Ok(Arc::clone(machine));
        }
        let needs = EngineNeeds {
            concurrency,
            epochs: self.epochs,
            fuel: self.fuel,
        };
        let engine = slot.engine(needs, self.profiling)?;
        let made = Arc::new(Machine::new(engine, needs)?);
        Ok(Arc::clone(slot.machine.insert(made)))
    }
}

impl Engines for Runner {
    fn engine(&self, needs: EngineNeeds) -> wasmtime::Result<Engine> {
        let mut machines = lock(&self.machines);
        let slot = machines.slot(needs.concurrency);
        slot.engine(needs, self.profiling)
    }
}

impl Machines {
    fn slot(&mut self, concurrency: bool) -> &mut Slot {
        match concurrency {
            true => &mut self.concurrent,
            false => &mut self.plain,
        }
    }
}

impl Slot {
    fn engine(
        &mut self,
        needs: EngineNeeds,
        profiling: ProfilingStrategy,
    ) -> wasmtime::Result<Engine> {
        if let Some(engine) = &self.engine {
            return Ok(engine.clone());
        }
        let made = Engine::new(machine::configure(needs).profiler(profiling))?;
        Ok(self.engine.insert(made).clone())
    }
}
