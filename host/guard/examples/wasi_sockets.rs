//! Runs a command component of WASI with no network but what the rules name:
//! `wasi_sockets PROGRAM.wasm tcp://HOST:PORTS…`

use std::sync::Arc;

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store, error::Context};
use wasmtime_wasi::p2::{add_to_linker_async, bindings::Command};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wsp_guard::wasi::{Sockets, guard_sockets};
use wsp_guard::{Guard, policy::Policy, quota::Limits};

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
    let program = arguments.next().context("no program is named")?;
    let mut policy = Policy::deny_all();
    for rule in arguments {
        policy = policy.allow_outbound(rule.parse()?)?;
    }
    let sockets = Arc::new(Sockets::new(Arc::new(Guard::new(
        policy,
        &Limits::default(),
    ))));

    let mut wasi = WasiCtx::builder();
    guard_sockets(wasi.inherit_stdio(), &sockets);
    let engine = Engine::default();
    let mut store = Store::new(&engine, State(wasi.build(), ResourceTable::new()));
    let mut linker = Linker::new(&engine);
    add_to_linker_async(&mut linker)?;
    let component = Component::from_file(&engine, program)?;
    let command = Command::instantiate_async(&mut store, &component, &linker).await?;
    let ended = command.wasi_cli_run().call_run(&mut store).await?;
    println!("{ended:?}: {:?}", sockets.guard().monitor().report());
    Ok(())
}
