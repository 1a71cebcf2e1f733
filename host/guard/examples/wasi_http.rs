//! Runs a command that sends requests only where the rules say: `wasi_http PROGRAM.wasm tcp://HOST:PORTS…`

use std::sync::Arc;

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store, error::Context};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView, p2};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView, p2 as http};
use wsp_guard::policy::Policy;
use wsp_guard::wasi::{Http, Sockets, guard_sockets};

struct State(WasiCtx, ResourceTable, Http);

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let State(ctx, table, _) = self;
        WasiCtxView { ctx, table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.2.view(&mut self.1)
    }
}

#[tokio::main]
async fn main() -> wasmtime::Result<()> {
    let program = std::env::args().nth(1).context("no program is named")?;
    let allow = |policy: Policy, rule: String| Ok(policy.allow_outbound(rule.parse()?)?);
    let policy: wasmtime::Result<_> = std::env::args().skip(2).try_fold(Policy::deny_all(), allow);
    let sockets = Sockets::for_policy(policy?);
    let wasi = guard_sockets(WasiCtx::builder().inherit_stdio(), &sockets).build();
    let engine = Engine::default();
    let http = Http::new(Arc::clone(&sockets));
    let mut store = Store::new(&engine, State(wasi, ResourceTable::new(), http));
    let mut linker = Linker::new(&engine);
    p2::add_to_linker_async(&mut linker)?;
    http::add_only_http_to_linker_async(&mut linker)?;
    let component = Component::from_file(&engine, program)?;
    let command = p2::bindings::Command::instantiate_async(&mut store, &component, &linker).await?;
    let ended = command.wasi_cli_run().call_run(&mut store).await?;
    ended.map_err(|()| wasmtime::format_err!("it failed: {:?}", sockets.guard().monitor().report()))
}
