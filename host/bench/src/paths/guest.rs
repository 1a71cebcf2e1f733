//! Sends from programs: through the provider, and through wasi:sockets.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Inlining, ProfilingStrategy, Store};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{HostMonotonicClock, WasiCtx, WasiCtxView, WasiView, p2, p3};
use wsp::{Ctx, CtxView, View};

use crate::mark::{Mark, Sample};
use crate::place::receivers::Receivers;
use crate::shape::{Path, Shape};

use super::settings::{peer, settings};
use crate::output::flat;

const WSP: &[u8] = include_bytes!("../../bench-wsp.wasm");
const WASI_02: &[u8] = include_bytes!("../../bench-wasi-02.wasm");
const WASI_03: &[u8] = include_bytes!("../../bench-wasi-03.wasm");

/// The most that a program may print, in bytes.
const MAXIMUM_OUTPUT: usize = 1024;

/// The compiled programs.
pub(crate) struct Guests {
    wsp: p2::bindings::CommandPre<State>,
    wasi_02: p2::bindings::CommandPre<State>,
    wasi_03: p3::bindings::CommandPre<State>,
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

/// The looks that the program took at its clock.
#[derive(Clone, Debug, Default)]
struct Looks {
    marks: Arc<Mutex<Vec<Mark>>>,
    /// When only the time matters, because every send has a look.
    times: Option<Arc<Mutex<Vec<Instant>>>>,
}

/// A program's monotonic clock. It looks before and after what is measured.
struct Watch {
    origin: Instant,
    looks: Looks,
}

impl HostMonotonicClock for Watch {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        if let Some(times) = &self.looks.times {
            let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
            times.push(Instant::now());
        } else {
            let mut marks = self
                .looks
                .marks
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            marks.push(Mark::now());
        }
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Guests {
    pub(crate) fn compile(profiling: ProfilingStrategy) -> anyhow::Result<Guests> {
        let composed = wsp::compose::compose(WSP)?;
        Guests::compile_all(&composed, profiling)
            .map_err(flat)
            .context("cannot compile the programs")
    }

    fn compile_all(composed: &[u8], profiling: ProfilingStrategy) -> wasmtime::Result<Guests> {
        // As `wsp run` does: without concurrency where nothing is asynchronous.
        let mut config = Config::new();
        config.concurrency_support(false);
        config.compiler_inlining(Inlining::InterModule);
        config.profiler(profiling);
        let engine = Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        p2::add_to_linker_async(&mut linker)?;
        wsp::add_to_linker(&mut linker)?;
        let pre = |bytes: &[u8]| {
            let component = Component::new(&engine, bytes)?;
            p2::bindings::CommandPre::new(linker.instantiate_pre(&component)?)
        };
        let wsp = pre(composed)?;
        let wasi_02 = pre(WASI_02)?;

        let mut config = Config::new();
        config.compiler_inlining(Inlining::InterModule);
        config.profiler(profiling);
        let engine = Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        p2::add_to_linker_async(&mut linker)?;
        p3::add_to_linker(&mut linker)?;
        let component = Component::new(&engine, WASI_03)?;
        let wasi_03 = p3::bindings::CommandPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Guests {
            wsp,
            wasi_02,
            wasi_03,
        })
    }

    pub(crate) async fn sample(
        &self,
        path: Path,
        receivers: &Receivers,
        shape: &Shape,
        warm_up: u32,
        count: u32,
    ) -> anyhow::Result<Sample> {
        let looks = Looks::default();
        let arguments = arguments(receivers, shape, warm_up, count, false);
        let printed = self.run(path, receivers, shape, &arguments, &looks).await?;
        let marks = looks.marks.lock().unwrap_or_else(PoisonError::into_inner);
        match marks.as_slice() {
            [begin, end] => {
                let allocations = printed.trim().parse::<f64>().ok();
                Ok(Sample {
                    guest_allocations: allocations.map(|all| all / f64::from(count.max(1))),
                    ..end.since(begin, count)
                })
            }
            marks => bail!("the program looked at its clock {} times", marks.len()),
        }
    }

    /// The times that each of so many sends took to its indication, in nanoseconds.
    pub(crate) async fn latencies(
        &self,
        receivers: &Receivers,
        shape: &Shape,
        count: u32,
    ) -> anyhow::Result<Vec<f64>> {
        let times = Arc::new(Mutex::new(Vec::with_capacity(count as usize + 2)));
        let looks = Looks {
            times: Some(Arc::clone(&times)),
            ..Looks::default()
        };
        let arguments = arguments(receivers, shape, count / 10, count, true);
        self.run(Path::Program, receivers, shape, &arguments, &looks)
            .await?;
        let times = times.lock().unwrap_or_else(PoisonError::into_inner);
        let each = times.windows(2).take(count as usize);
        let each = each.filter_map(|two| match two {
            [before, after] => Some((*after - *before).as_secs_f64() * 1e9),
            _ => None,
        });
        Ok(each.collect())
    }

    async fn run(
        &self,
        path: Path,
        receivers: &Receivers,
        shape: &Shape,
        arguments: &[String],
        looks: &Looks,
    ) -> anyhow::Result<String> {
        let mut wasi = WasiCtx::builder();
        let printed = MemoryOutputPipe::new(MAXIMUM_OUTPUT);
        wasi.inherit_stderr()
            .stdout(printed.clone())
            .args(arguments);
        wasi.monotonic_clock(Watch {
            origin: Instant::now(),
            looks: looks.clone(),
        });
        if path != Path::Program {
            wasi.inherit_network().allow_tcp(true).allow_udp(true);
        }
        let state = |wasi| {
            Ok::<_, anyhow::Error>(State {
                wasi,
                table: ResourceTable::new(),
                wsp: Ctx::new(settings(receivers, shape)).map_err(flat)?,
            })
        };
        let state = state(wasi.build())?;
        let ended = match path {
            Path::Program => command(&self.wsp, state).await,
            Path::Wasi02 => command(&self.wasi_02, state).await,
            Path::Wasi03 => asynchronous_command(&self.wasi_03, state).await,
            Path::Native | Path::Tokio | Path::Embedder => {
                bail!("{} is no program", path.name())
            }
        };
        let ended = ended.map_err(flat).context("the program trapped")?;
        ended.map_err(|()| anyhow!("the program of {} failed", path.name()))?;
        Ok(String::from_utf8_lossy(&printed.contents()).into_owned())
    }
}

async fn command(
    pre: &p2::bindings::CommandPre<State>,
    state: State,
) -> wasmtime::Result<Result<(), ()>> {
    let mut store = Store::new(pre.engine(), state);
    let command = pre.instantiate_async(&mut store).await?;
    command.wasi_cli_run().call_run(&mut store).await
}

async fn asynchronous_command(
    pre: &p3::bindings::CommandPre<State>,
    state: State,
) -> wasmtime::Result<Result<(), ()>> {
    let mut store = Store::new(pre.engine(), state);
    let command = pre.instantiate_async(&mut store).await?;
    store
        .run_concurrent(async |store| command.wasi_cli_run().call_run(store).await)
        .await?
}

fn arguments(
    receivers: &Receivers,
    shape: &Shape,
    warm_up: u32,
    count: u32,
    each: bool,
) -> Vec<String> {
    let (protocol, peer) = peer(receivers, shape);
    vec![
        "bench".to_owned(),
        peer.to_string(),
        protocol.to_string(),
        shape.bytes.to_string(),
        shape.parts.to_string(),
        shape.outstanding.to_string(),
        shape.notify.name().to_owned(),
        shape.no_delay.to_string(),
        shape.fresh.to_string(),
        shape.reply.to_string(),
        warm_up.to_string(),
        count.to_string(),
        each.to_string(),
    ]
}
