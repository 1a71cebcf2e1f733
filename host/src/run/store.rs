//! The store of a program.

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::{limit_store, yield_each_epoch};
use crate::ctx::Ctx;
use crate::view::View;

/// A builder of what a program has of WASI: nothing but clocks, random numbers and what is
/// added to it. There are no sockets of WASI, to which no policy of this crate applies.
#[must_use]
pub fn wasi() -> WasiCtxBuilder {
    let mut wasi = WasiCtx::builder();
    wasi.allow_tcp(false).allow_udp(false);
    wasi
}

/// What a store holds for a program.
pub(super) struct State {
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
    fn wsp(&mut self) -> &mut Ctx {
        &mut self.wsp
    }
}

/// A store that keeps the limits of `wsp`, and yields each epoch of an engine that has them.
pub(super) fn store(engine: &Engine, wasi: WasiCtx, wsp: Ctx, epochs: bool) -> Store<State> {
    let state = State {
        wasi,
        table: ResourceTable::new(),
        wsp,
    };
    let mut store = Store::new(engine, state);
    limit_store(&mut store);
    if epochs {
        yield_each_epoch(&mut store);
    }
    store
}
