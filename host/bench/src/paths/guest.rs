//! Sends from programs: through the provider, through wasi:sockets, and through both.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use wasmtime::ProfilingStrategy;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};
use wsp::compose::compose_portable;
use wsp::run::{self, Outcome, Program, Runner};

use crate::mark::{Mark, Sample};
use crate::place::receivers::Receivers;
use crate::shape::{Path, Shape};

use super::settings::{peer, settings};

const WSP: &[u8] = include_bytes!("../../bench-wsp.wasm");
const WASI_02: &[u8] = include_bytes!("../../bench-wasi-02.wasm");
const WASI_03: &[u8] = include_bytes!("../../bench-wasi-03.wasm");

/// The most that a program may print, in bytes.
const MAXIMUM_OUTPUT: usize = 1024;

/// The compiled programs, each with its path.
pub(crate) struct Guests(Vec<(Path, Program)>);

/// The looks that the program took at its clock.
#[derive(Clone, Debug, Default)]
struct Looks {
    marks: Arc<Mutex<Vec<Mark>>>,
    /// When only the time matters, because every send has a look.
    times: Option<Arc<Mutex<Vec<Instant>>>>,
}

/// A program's clock. It looks before and after what is measured.
struct Watch {
    origin: Instant,
    looks: Looks,
}

impl Watch {
    fn look(&self) -> Duration {
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
        self.origin.elapsed()
    }
}

impl HostMonotonicClock for Watch {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        u64::try_from(self.look().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl HostWallClock for Watch {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.look()
    }
}

impl Guests {
    /// Compiles those of these paths, as `wsp run` without a time-out does.
    pub(crate) fn compile(profiling: ProfilingStrategy, paths: &[Path]) -> anyhow::Result<Guests> {
        let runner = Runner::without_epochs().with_profiling(profiling);
        let compile = |program: &[u8]| {
            let compiled = runner.compile_here(program);
            compiled.context("cannot compile the programs")
        };
        let mut all = Vec::new();
        for path in paths {
            let program = match path {
                Path::Program => compile(WSP)?,
                Path::Wasi02 => compile(WASI_02)?,
                Path::Wasi03 => compile(WASI_03)?,
                Path::Portable => compile(&compose_portable(WSP)?)?,
                Path::Native | Path::Tokio | Path::Embedder | Path::EmbedderNative => continue,
            };
            all.push((*path, program));
        }
        Ok(Guests(all))
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
        let program = self.0.iter().find(|(of, _)| *of == path);
        let (_, program) = program.with_context(|| format!("{} is no program", path.name()))?;
        let mut wasi = run::wasi();
        let printed = MemoryOutputPipe::new(MAXIMUM_OUTPUT);
        wasi.inherit_stderr()
            .stdout(printed.clone())
            .args(arguments);
        let watch = Watch {
            origin: Instant::now(),
            looks: looks.clone(),
        };
        match path {
            Path::Program | Path::Portable => wasi.wall_clock(watch),
            _ => wasi.monotonic_clock(watch),
        };
        match program
            .run(wasi.build(), settings(receivers, shape))
            .await?
        {
            Outcome::Exited(0) => Ok(String::from_utf8_lossy(&printed.contents()).into_owned()),
            Outcome::Trapped(trap) => bail!("the program of {} trapped: {trap}", path.name()),
            _ => bail!("the program of {} failed", path.name()),
        }
    }
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
