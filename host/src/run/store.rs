//! The store of a program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store};
use wasmtime_wasi::sockets::WasiSocketsCtxView;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};
use wsp_guard::Guard;
use wsp_guard::wasi::{Guarded, GuardedView, Http, Sockets, guard_sockets};

use super::limit_store;
use super::timed_out::end_in_time;
use crate::ctx::Ctx;
use crate::policy::Policy;
use crate::quota::Limits;
use crate::tape::Taping;
use crate::view::View;

/// Resources that a program with requests has in the host beside those of its connections, of
/// which each has a response, a body, two streams and what waits for them. Each holds 32 KiB
/// at most.
const RESOURCES: usize = 1024;

/// Resources of a connection.
const RESOURCES_OF_CONNECTION: usize = 8;

/// How many instructions a program computes before others have a turn, if they are counted.
const INSTRUCTIONS_A_TURN: u64 = 100_000;

/// How long a program computes before others have a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turns {
    /// Until it waits.
    Whole,
    /// For an epoch, which is a time.
    Epochs,
    /// For [`INSTRUCTIONS_A_TURN`].
    Instructions,
}

/// A builder of what a program has of WASI: nothing but clocks, random numbers, sockets and
/// requests as far as the policy goes (see [`wsp_guard::wasi`]), and what is added to it. What it is told of
/// sockets is of no effect.
#[must_use]
pub fn wasi() -> WasiCtxBuilder {
    WasiCtx::builder()
}

/// What a store holds for a program.
pub(crate) struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    wsp: Ctx,
    pub(super) sockets: Arc<Sockets>,
    http: Http,
    taping: Option<Taping>,
    time_is_up: Arc<AtomicBool>,
}

impl State {
    /// What records or replays the program, if something does.
    pub(crate) fn taping(&self) -> Option<&Taping> {
        self.taping.as_ref()
    }

    /// What is set when the program is to be ended.
    pub(super) fn end(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.time_is_up)
    }

    pub(super) fn time_is_up(&self) -> bool {
        self.time_is_up.load(Ordering::Relaxed)
    }

    pub(super) fn running_thread(&self) -> Option<u32> {
        self.wsp.running_thread
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl GuardedView for State {
    fn guarded(&mut self) -> Guarded<'_> {
        Guarded {
            sockets: &self.sockets,
            wasi: WasiSocketsCtxView {
                ctx: self.wasi.sockets(),
                table: &mut self.table,
            },
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.http.view(&mut self.table)
    }
}

impl View for State {
    fn wsp(&mut self) -> &mut Ctx {
        &mut self.wsp
    }
}

/// How many resources a program that sends requests may have in the host, whose headers and
/// bodies are memory that no other limit counts.
pub(super) fn resources(limits: &Limits) -> usize {
    let connections = limits.sockets.saturating_mul(RESOURCES_OF_CONNECTION);
    connections.saturating_add(RESOURCES)
}

/// A store that keeps the limits of `wsp`, and yields at the end of each turn.
/// Its table has room for so many `resources`, if that is bounded. A program that is recorded
/// or replayed has no sockets of WASI.
pub(super) fn store(
    engine: &Engine,
    mut wasi: WasiCtx,
    wsp: Ctx,
    resources: Option<usize>,
    (turns, taping): (Turns, Option<Taping>),
) -> wasmtime::Result<Store<State>> {
    let guard = match wsp.in_network() || taping.is_some() {
        false => wsp.guard(),
        // What is not of Winsock would reach the system's network, or would not be recorded.
        true => Arc::new(Guard::new(Policy::deny_all(), &Limits::default())),
    };
    let sockets = Sockets::new(guard).with_resolver(Arc::clone(&wsp.resolver));
    let sockets = sockets.shared();
    let mut guarded = WasiCtx::builder();
    guard_sockets(&mut guarded, &sockets);
    // A later policy may allow them; what creates sockets and asks for names decides.
    guarded.allow_tcp(true).allow_udp(true);
    guarded.allow_ip_name_lookup(true);
    *wasi.sockets() = guarded.build().sockets().clone();
    let mut table = ResourceTable::new();
    if let Some(resources) = resources {
        table.set_max_capacity(resources);
    }
    let state = State {
        wasi,
        table,
        wsp,
        http: Http::new(Arc::clone(&sockets)),
        sockets,
        taping,
        time_is_up: Arc::default(),
    };
    let mut store = Store::new(engine, state);
    limit_store(&mut store);
    match turns {
        Turns::Whole => {}
        Turns::Epochs => end_in_time(&mut store),
        Turns::Instructions => {
            store.set_fuel(u64::MAX)?;
            store.fuel_async_yield_interval(Some(INSTRUCTIONS_A_TURN))?;
        }
    }
    Ok(store)
}
