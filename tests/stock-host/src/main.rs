//! Runs a component: `stock-host COMPONENT [ARGUMENTS]`.

#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use wasmtime::Result;

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let file = arguments.next().unwrap_or_default();
    Ok(wsp_stock_host::main(Path::new(&file), arguments)?.into())
}
