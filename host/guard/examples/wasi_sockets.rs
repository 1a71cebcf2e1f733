//! Runs a command that reaches only what the rule names: `wasi_sockets tcp://HOST:PORTS PROGRAM.wasm ARGS…`

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store, error::Context};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView, p2};
use wsp_guard::policy::Policy;
use wsp_guard::wasi::{Sockets, guard_sockets};

struct State(WasiCtx, ResourceTable);

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let State(ctx, table) = self;
        WasiCtxView { ctx, table }
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
    let mut store = Store::new(linker.engine(), State(wasi, ResourceTable::new()));
    p2::add_to_linker_async(&mut linker)?;
    let program = arguments.first().context("no program is named")?;
    let program = Component::from_file(linker.engine(), program)?;
    let command = p2::bindings::Command::instantiate_async(&mut store, &program, &linker).await?;
    let ended = command.wasi_cli_run().call_run(&mut store).await?;
    ended.map_err(|()| wasmtime::format_err!("it failed: {:?}", sockets.guard().monitor().report()))
}
