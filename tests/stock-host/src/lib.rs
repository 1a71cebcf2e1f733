//! A host of WASI 0.2 as wasmtime's own crates make it, with sockets and nothing else. What
//! a component needs beside WASI, it does not have.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::path::Path;

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Result, Store};
use wasmtime_wasi::p2::bindings::Command;
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// Lets a program reach the machine's network.
pub fn grant_sockets(wasi: &mut WasiCtxBuilder) {
    wasi.inherit_network().allow_ip_name_lookup(true);
    wasi.allow_tcp(true).allow_udp(true);
}

/// Runs a command, and returns its exit status.
///
/// # Errors
///
/// It is no component, imports something else than WASI 0.2, or traps.
pub async fn run(engine: &Engine, component: &Component, wasi: WasiCtx) -> Result<u8> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    let table = ResourceTable::new();
    let mut store = Store::new(engine, State { wasi, table });
    let command = Command::instantiate_async(&mut store, component, &linker).await?;
    match command.wasi_cli_run().call_run(&mut store).await {
        Ok(answer) => Ok(answer.is_err().into()),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(exit) => Ok(u8::try_from(exit.0).unwrap_or(1)),
            None => Err(error),
        },
    }
}

/// Runs the command in a file with these arguments, and this process's standard streams.
///
/// # Errors
///
/// As [`run`].
pub fn main(file: &Path, arguments: impl Iterator<Item = OsString>) -> Result<u8> {
    let mut wasi = WasiCtx::builder();
    grant_sockets(&mut wasi);
    wasi.inherit_stdio().arg(file.to_string_lossy());
    for argument in arguments {
        wasi.arg(argument.to_string_lossy());
    }
    let engine = Engine::default();
    let component = Component::from_file(&engine, file)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(run(&engine, &component, wasi.build()))
}
