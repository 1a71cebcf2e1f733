//! Running a command component, composed with the provider.

use anyhow::{Context, anyhow, bail};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Inlining, Store};
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxView, WasiView, p2, p3};
use wsp::compose::Interfaces;
use wsp::isolate::{Compiler, EngineNeeds, Source};
use wsp::quota::{QuotaKind, Size, limit_store, tick_epochs, yield_each_epoch};
use wsp::{Ctx, CtxView, Limits, Monitor, Settings, View};

/// The exit status of a program that trapped: as if it had aborted.
const TRAPPED: u8 = 134;

/// The packages that a program may import from.
const PACKAGES: [&str; 7] = [
    "winsock:spi",
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];

/// The configuration that programs are compiled for and run in.
pub(crate) fn configure(needs: EngineNeeds) -> Config {
    let mut config = Config::new();
    // An engine without concurrency is faster, and serves all but asynchronous components.
    config.concurrency_support(needs.concurrency);
    // The program and the provider call each other through small adapters.
    config.compiler_inlining(Inlining::InterModule);
    // Checks for the end of an epoch cost a little, so only who needs them has them.
    config.epoch_interruption(needs.epochs);
    config
}

/// A command component that can be linked.
pub(crate) struct Program {
    name: String,
    engine: Engine,
    component: Component,
    interfaces: Interfaces,
    run: Run,
}

/// The version of `wasi:cli/run` that a program exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    V02,
    V03,
}

/// What a store holds for a program.
struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    wsp: Ctx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl View for State {
    fn wsp(&mut self) -> CtxView<'_> {
        CtxView { ctx: &mut self.wsp }
    }
}

impl Program {
    /// Has a program composed with the provider, where it imports it, and compiled in a
    /// child process, and checks that it is a command.
    pub(crate) async fn compile(
        name: String,
        program: Source,
        compiler: Compiler,
    ) -> anyhow::Result<Self> {
        let cannot = || format!("cannot run {name}");
        let compiled = compiler.compile(program).await.with_context(cannot)?;
        let interfaces = compiled.interfaces();
        let run = find_run(interfaces).with_context(cannot)?;
        check_imports(interfaces).with_context(cannot)?;
        let engine = Engine::new(&configure(compiled.needs())).map_err(flat)?;
        let component = compiled.load(&engine).map_err(flat);
        Ok(Self {
            interfaces: interfaces.clone(),
            component: component.with_context(cannot)?,
            engine,
            run,
            name,
        })
    }

    /// Runs it to its end, and returns its exit status. Where its limits have a `timeout`, it
    /// yields often enough to be ended by dropping the future.
    pub(crate) async fn run(self, wasi: WasiCtx, mut settings: Settings) -> anyhow::Result<u8> {
        let limits = settings.limits;
        let linker = linker(&self.engine, self.interfaces.is_asynchronous()).map_err(flat)?;
        let cannot = || format!("cannot run {}", self.name);
        let left = self.interfaces.leave_room(limits);
        settings.limits = left.map_err(|error| {
            anyhow!(
                "cannot run {}: {error}; give it more with --max-memory",
                self.name
            )
        })?;
        let wsp = Ctx::new(settings).map_err(flat)?;
        let monitor = wsp.monitor();
        let mut store = Store::new(
            &self.engine,
            State {
                wasi,
                table: ResourceTable::new(),
                wsp,
            },
        );
        limit_store(&mut store);
        if limits.timeout.is_some() {
            tick_epochs(&self.engine).context("cannot keep time")?;
            yield_each_epoch(&mut store);
        }
        let outcome = self.call(&mut store, &linker).await;
        let outcome = outcome.with_context(cannot)?;
        Ok(self.exit_status(outcome, &limits, &monitor))
    }

    /// Calls the program. The outer error is that it could not be started.
    async fn call(
        &self,
        store: &mut Store<State>,
        linker: &Linker<State>,
    ) -> anyhow::Result<wasmtime::Result<Result<(), ()>>> {
        Ok(match self.run {
            Run::V02 => {
                let command =
                    p2::bindings::Command::instantiate_async(&mut *store, &self.component, linker);
                let command = command.await.map_err(flat)?;
                command.wasi_cli_run().call_run(store).await
            }
            Run::V03 => {
                let command =
                    p3::bindings::Command::instantiate_async(&mut *store, &self.component, linker);
                let command = command.await.map_err(flat)?;
                let running = store
                    .run_concurrent(async |store| command.wasi_cli_run().call_run(store).await);
                running.await.and_then(|outcome| outcome)
            }
        })
    }

    /// The exit status: the program's own, as far as WASI carries it.
    fn exit_status(
        &self,
        outcome: wasmtime::Result<Result<(), ()>>,
        limits: &Limits,
        monitor: &Monitor,
    ) -> u8 {
        let error = match outcome {
            Ok(Ok(())) => return 0,
            Ok(Err(())) => return 1,
            Err(error) => error,
        };
        match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(status)) => u8::try_from(*status).unwrap_or(1),
            None => {
                crate::output::say(format_args!(
                    "wsp: {} trapped: {}",
                    self.name,
                    one_line(&error.root_cause().to_string())
                ));
                tracing::info!("{error:?}");
                let memory = QuotaKind::MemoryBytes.as_str();
                let refusals = monitor.report().refusals;
                if let Some(limit) = limits.memory_bytes
                    && refusals.iter().any(|refusal| refusal.quota == memory)
                {
                    crate::output::say(format_args!(
                        "wsp: it had wanted more memory than {}; give it more with --max-memory",
                        Size(limit as u64)
                    ));
                }
                TRAPPED
            }
        }
    }
}

fn linker(engine: &Engine, asynchronous: bool) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    p2::add_to_linker_async(&mut linker)?;
    if asynchronous {
        p3::add_to_linker(&mut linker)?;
    }
    wsp::add_to_linker(&mut linker)?;
    Ok(linker)
}

fn find_run(interfaces: &Interfaces) -> anyhow::Result<Run> {
    let exports = interfaces.exports();
    let exported = |prefix: &str| exports.iter().any(|export| export.starts_with(prefix));
    if exported("wasi:cli/run@0.3.") {
        return Ok(Run::V03);
    }
    if exported("wasi:cli/run@0.2.") {
        return Ok(Run::V02);
    }
    match exports {
        [] => bail!(
            "it exports nothing, but a program must export wasi:cli/run@0.2 or wasi:cli/run@0.3"
        ),
        exports => bail!(
            "it exports {}, but a program must export wasi:cli/run@0.2 or wasi:cli/run@0.3",
            wsp::printable(&exports.join(", "))
        ),
    }
}

fn check_imports(interfaces: &Interfaces) -> anyhow::Result<()> {
    for import in interfaces.imports() {
        let package = import.split_once('/').map_or("", |(package, _)| package);
        if !PACKAGES.contains(&package) {
            bail!(
                "it imports {}, which nothing here provides: a program may import from {}",
                wsp::printable(import),
                PACKAGES.join(", ")
            );
        }
    }
    Ok(())
}

/// An engine's error with its causes on one line.
pub(crate) fn flat(error: wasmtime::Error) -> anyhow::Error {
    anyhow!(one_line(&format!("{error:#}")))
}

/// A message that may quote the program, on one line.
fn one_line(message: &str) -> String {
    wsp::printable(&message.replace('\n', " "))
}
