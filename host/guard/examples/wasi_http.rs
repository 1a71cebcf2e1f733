//! Runs a command that sends requests only where the rule says: `wasi_http tcp://HOST:PORTS PROGRAM.wasm ARGS…`

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
    let mut arguments = std::env::args().skip(1);
    let rule = arguments.next().context("no rule is named")?;
    let arguments: Vec<String> = arguments.collect();
    let sockets = Sockets::for_policy(Policy::deny_all().allow_outbound(rule.parse()?)?);
    let mut linker = Linker::new(&Engine::default());
    let mut wasi = WasiCtx::builder();
    let wasi = guard_sockets(wasi.inherit_stdio().args(&arguments), &sockets).build();
    let http = Http::new(Arc::clone(&sockets));
    let mut store = Store::new(linker.engine(), State(wasi, ResourceTable::new(), http));
    p2::add_to_linker_async(&mut linker)?;
    http::add_only_http_to_linker_async(&mut linker)?;
    let program = arguments.first().context("no program is named")?;
    let program = Component::from_file(linker.engine(), program)?;
    let command = p2::bindings::Command::instantiate_async(&mut store, &program, &linker).await?;
    let ended = command.wasi_cli_run().call_run(&mut store).await?;
    ended.map_err(|()| wasmtime::format_err!("it failed: {:?}", sockets.guard().monitor().report()))
}
