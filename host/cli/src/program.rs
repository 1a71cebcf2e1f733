//! Running a command component, composed with the provider.

use anyhow::{Context, anyhow, bail};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Inlining, Store};
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxView, WasiView, p2, p3};
use wsp::compose::{self, Interfaces};
use wsp::quota::{QuotaKind, Size, limit_store, tick_epochs, yield_each_epoch};
use wsp::{Ctx, CtxView, Limits, Monitor, Settings, View};

/// The exit status of a program that trapped: as if it had aborted.
const TRAPPED: u8 = 134;

/// The exit status of a program whose time was up, as of `timeout`.
const TIMED_OUT: u8 = 124;

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

/// A command component that can be linked.
pub(crate) struct Program {
    name: String,
    component: Vec<u8>,
    asynchronous: bool,
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
    /// Composes `bytes` with the provider, where they import it, and checks that it is a command.
    pub(crate) fn new(name: String, bytes: &[u8]) -> anyhow::Result<Self> {
        let cannot = || format!("cannot run {name}");
        let component = compose::compose(bytes).with_context(cannot)?;
        let interfaces = compose::inspect(&component).with_context(cannot)?;
        let run = find_run(&interfaces).with_context(cannot)?;
        check_imports(&interfaces).with_context(cannot)?;
        Ok(Self {
            component,
            asynchronous: interfaces.is_asynchronous(),
            run,
            name,
        })
    }

    /// Runs it to its end, and returns its exit status.
    pub(crate) async fn run(self, wasi: WasiCtx, settings: Settings) -> anyhow::Result<u8> {
        // An engine without concurrency is faster, and serves all but asynchronous components.
        let mut config = Config::new();
        config.concurrency_support(self.asynchronous);
        // The program and the provider call each other through small adapters.
        config.compiler_inlining(Inlining::InterModule);
        // Checks for the end of an epoch cost a little, so only who needs them has them.
        let limits = settings.limits;
        config.epoch_interruption(limits.timeout.is_some());
        let engine = Engine::new(&config).map_err(flat)?;
        let linker = linker(&engine, self.asynchronous).map_err(flat)?;
        let cannot = || format!("cannot run {}", self.name);
        let component = Component::new(&engine, &self.component)
            .map_err(flat)
            .with_context(cannot)?;
        let wsp = Ctx::new(settings).map_err(flat)?;
        let monitor = wsp.monitor();
        let mut store = Store::new(
            &engine,
            State {
                wasi,
                table: ResourceTable::new(),
                wsp,
            },
        );
        limit_store(&mut store);
        if limits.timeout.is_some() {
            tick_epochs(&engine).context("cannot keep time")?;
            yield_each_epoch(&mut store);
        }
        let call = self.call(&mut store, &component, &linker);
        let outcome = match limits.timeout {
            None => call.await,
            Some(timeout) => match tokio::time::timeout(timeout, call).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    crate::output::say(format_args!(
                        "wsp: {} was ended when its time was up after {timeout:?}; give it more with --timeout",
                        self.name
                    ));
                    return Ok(TIMED_OUT);
                }
            },
        };
        let outcome = outcome.with_context(cannot)?;
        Ok(self.exit_status(outcome, &limits, &monitor))
    }

    /// Calls the program. The outer error is that it could not be started.
    async fn call(
        &self,
        store: &mut Store<State>,
        component: &Component,
        linker: &Linker<State>,
    ) -> anyhow::Result<wasmtime::Result<Result<(), ()>>> {
        Ok(match self.run {
            Run::V02 => {
                let command =
                    p2::bindings::Command::instantiate_async(&mut *store, component, linker);
                let command = command.await.map_err(flat)?;
                command.wasi_cli_run().call_run(store).await
            }
            Run::V03 => {
                let command =
                    p3::bindings::Command::instantiate_async(&mut *store, component, linker);
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
                    error.root_cause()
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
            exports.join(", ")
        ),
    }
}

fn check_imports(interfaces: &Interfaces) -> anyhow::Result<()> {
    for import in interfaces.imports() {
        let package = import.split_once('/').map_or("", |(package, _)| package);
        if !PACKAGES.contains(&package) {
            bail!(
                "it imports {import}, which nothing here provides: a program may import from {}",
                PACKAGES.join(", ")
            );
        }
    }
    Ok(())
}

/// An engine's error with its causes on one line.
pub(crate) fn flat(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}
