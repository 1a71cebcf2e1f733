//! The store of a program.

use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store};
use wasmtime_wasi::sockets::WasiSocketsCtxView;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wsp_guard::wasi::{Guarded, GuardedView, Sockets, guard_sockets};

use super::{limit_store, yield_each_epoch};
use crate::ctx::Ctx;
use crate::view::View;

/// A builder of what a program has of WASI: nothing but clocks, random numbers, sockets as far
/// as the policy goes (see [`wsp_guard::wasi`]), and what is added to it. What it is told of
/// sockets is of no effect.
#[must_use]
pub fn wasi() -> WasiCtxBuilder {
    WasiCtx::builder()
}

/// What a store holds for a program.
pub(super) struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    wsp: Ctx,
    pub(super) sockets: Arc<Sockets>,
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

impl View for State {
    fn wsp(&mut self) -> &mut Ctx {
        &mut self.wsp
    }
}

/// A store that keeps the limits of `wsp`, and yields each epoch of an engine that has them.
pub(super) fn store(engine: &Engine, mut wasi: WasiCtx, wsp: Ctx, epochs: bool) -> Store<State> {
    let sockets = Sockets::new(wsp.guard()).with_resolver(Arc::clone(&wsp.resolver));
    let sockets = sockets.shared();
    let mut guarded = WasiCtx::builder();
    guard_sockets(&mut guarded, &sockets);
    // A later policy may allow them; what creates sockets and asks for names decides.
    guarded.allow_tcp(true).allow_udp(true);
    guarded.allow_ip_name_lookup(true);
    *wasi.sockets() = guarded.build().sockets().clone();
    let state = State {
        wasi,
        table: ResourceTable::new(),
        wsp,
        sockets,
    };
    let mut store = Store::new(engine, state);
    limit_store(&mut store);
    if epochs {
        yield_each_epoch(&mut store);
    }
    store
}
