//! Running a plugin in a store of its own.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use wasmtime::component::{Linker, ResourceTable};
use wasmtime::{Config, Engine, Inlining, Store};
use wasmtime_wasi::p2::{self, pipe::MemoryOutputPipe};
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxView, WasiView};
use wsp::isolate::EngineNeeds;
use wsp::quota::{Held, HostQuota, limit_store, tick_epochs, yield_each_epoch};
use wsp::{AuditLog, Ctx, CtxView, Monitor, Report, View};

use crate::DEFAULT_TIMEOUT;
use crate::plugin::{self, Loader, Plugin};
use crate::report::{Ended, Outcome};
use crate::turns::{self, Schedule, Turns};

/// The most that a plugin may print; more ends it.
const MAXIMUM_OUTPUT: usize = 64 * 1024;

/// How long the last tasks of a plugin may take to end, and how often they are looked at.
const SETTLING: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(2);

/// What the plugins share.
#[derive(Clone)]
pub(crate) struct Host {
    engine: Engine,
    loader: Loader,
    quota: HostQuota,
    audit: Option<AuditLog>,
    schedule: Schedule,
}

/// What a store holds for a plugin.
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

/// The configuration that plugins are compiled for and run in, all of them the same.
pub(crate) fn configure(_needs: EngineNeeds) -> Config {
    config()
}

fn config() -> Config {
    let mut config = Config::new();
    config.concurrency_support(false);
    config.epoch_interruption(true);
    // Plugin and provider call each other through small adapters.
    config.compiler_inlining(Inlining::InterModule);
    config
}

impl Host {
    pub(crate) fn new(
        loader: Loader,
        quota: HostQuota,
        audit: Option<AuditLog>,
        schedule: Schedule,
    ) -> Result<Host> {
        let engine = Engine::new(&config()).map_err(flat)?;
        tick_epochs(&engine).context("cannot keep time")?;
        Ok(Host {
            engine,
            loader,
            quota,
            audit,
            schedule,
        })
    }

    /// Loads the plugin in a file and runs it.
    pub(crate) async fn load_and_run(self, file: PathBuf, arguments: Vec<String>) -> Outcome {
        match self.loader.load(&self.engine, &file).await {
            Ok(plugin) => self.run(plugin, arguments).await,
            Err(error) => Outcome::not_started(plugin::name(&file), format!("{error:#}")),
        }
    }

    /// Runs a plugin until it ends or is ended. Its store is gone afterwards,
    /// and with it everything that it held.
    async fn run(self, plugin: Plugin, arguments: Vec<String>) -> Outcome {
        let mut settings = plugin.settings;
        settings.host_quota = self.quota;
        settings.audit = self.audit;
        let timeout = settings.limits.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let output = MemoryOutputPipe::new(MAXIMUM_OUTPUT);
        let mut wasi = WasiCtx::builder();
        wasi.arg(&plugin.name)
            .args(&arguments)
            .allow_tcp(false)
            .allow_udp(false)
            .stdout(output.clone())
            .stderr(output.clone());
        let started = Instant::now();
        let (ended, turns, report) = match Ctx::new(settings) {
            Err(error) => {
                let ended = Ended::NotStarted(one_line(&format!("{error:#}")));
                (ended, Turns::default(), None)
            }
            Ok(wsp) => {
                let monitor = wsp.monitor();
                let state = State {
                    wasi: wasi.build(),
                    table: ResourceTable::new(),
                    wsp,
                };
                let call = call(&self.engine, &plugin.component, state);
                let call = tokio::time::timeout(timeout, call);
                let (ended, turns) = turns::taken(&self.schedule, call).await;
                let ended = ended.unwrap_or(Ended::TimedOut(timeout));
                (ended, turns, Some(settled(&monitor).await))
            }
        };
        Outcome {
            name: plugin.name,
            ended,
            seconds: started.elapsed().as_secs_f64(),
            turns,
            output: String::from_utf8_lossy(&output.contents()).into_owned(),
            report,
        }
    }
}

/// Calls a plugin in a store of its own, which is dropped with the future.
async fn call(engine: &Engine, component: &wasmtime::component::Component, state: State) -> Ended {
    let mut store = Store::new(engine, state);
    limit_store(&mut store);
    yield_each_epoch(&mut store);
    let mut linker = Linker::new(engine);
    let linked =
        p2::add_to_linker_async(&mut linker).and_then(|()| wsp::add_to_linker(&mut linker));
    let command = match linked {
        Ok(()) => p2::bindings::Command::instantiate_async(&mut store, component, &linker).await,
        Err(error) => Err(error),
    };
    let command = match command {
        Ok(command) => command,
        Err(error) => return Ended::NotStarted(one_line(&format!("{error:#}"))),
    };
    match command.wasi_cli_run().call_run(&mut store).await {
        Ok(Ok(())) => Ended::Success,
        Ok(Err(())) => Ended::Failure,
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(0)) => Ended::Success,
            Some(I32Exit(_)) => Ended::Failure,
            None => Ended::Trapped(one_line(&error.root_cause().to_string())),
        },
    }
}

/// The report of a plugin whose store is gone. The tasks that moved its bytes end
/// a moment later; what they have not given back by then is in the report.
async fn settled(monitor: &Monitor) -> Report {
    let empty = async {
        while monitor.report().held != Held::default() {
            tokio::time::sleep(LOOK).await;
        }
    };
    let _ = tokio::time::timeout(SETTLING, empty).await;
    monitor.report()
}

fn flat(error: wasmtime::Error) -> anyhow::Error {
    anyhow!(one_line(&format!("{error:#}")))
}

/// A message that may quote the plugin, on one line.
fn one_line(message: &str) -> String {
    wsp::printable(&message.replace('\n', " "))
}
