//! `wsp cc`.

mod component;
mod invocation;
mod library;

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use anyhow::{Context, bail};
use wsp_c::clang::Clang;

use invocation::{Invocation, Product};
use library::Library;

/// Build a program from C sources that call Winsock
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print the flags that sources are compiled with, for another build system
    #[arg(long, exclusive = true)]
    print_flags: bool,

    /// Print a toolchain file for CMake
    #[arg(long, exclusive = true)]
    print_toolchain: bool,

    /// Sources and objects, and whatever else clang takes; -o names the program, a.wasm by default
    #[arg(
        value_name = "CLANG ARGUMENTS",
        num_args = 1..,
        required_unless_present_any = ["print_flags", "print_toolchain"],
        trailing_var_arg = true,
        allow_hyphen_values = true,
    )]
    clang: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  wsp cc client.c -o client.wasm
  wsp cc -O2 -Wall main.c net.c -lm -o server.wasm
  wsp cc -c net.c -o net.o
  wsp cc --print-flags
  wsp cc --print-toolchain > wsp.cmake && cmake -DCMAKE_TOOLCHAIN_FILE=wsp.cmake -B build

It needs clang, lld and wasi-libc; on Debian these are the packages clang-19, lld-19,
wasi-libc and libclang-rt-19-dev-wasm32. WSP_CLANG names another clang, and
WASI_SYSROOT the directory of another wasi-libc. The headers and the library of
Winsock come with this command. With -c, -S, -E, -fsyntax-only or -M only clang runs;
otherwise the program is a component that `wsp run` runs.";

pub(crate) fn execute(arguments: Arguments) -> anyhow::Result<u8> {
    let clang = Clang::find()?;
    let library = Library::install()?;
    if arguments.print_flags {
        crate::output::line(format_args!("{}", library.flags(&clang)))?;
        return Ok(0);
    }
    if arguments.print_toolchain {
        crate::output::line(format_args!("{}", library.toolchain(&clang)?))?;
        return Ok(0);
    }
    let invocation = Invocation::parse(arguments.clang)?;
    match &invocation.product {
        Product::Clangs => run(&clang, &library, &invocation, None),
        Product::Program(program) => {
            let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
            let module = directory.path().join("module.wasm");
            let status = run(&clang, &library, &invocation, Some(&module))?;
            if status == 0 {
                write_program(&module, program)?;
            }
            Ok(status)
        }
    }
}

/// Runs clang, and returns its exit status. It links a module if one is named.
fn run(
    clang: &Clang,
    library: &Library,
    invocation: &Invocation,
    module: Option<&Path>,
) -> anyhow::Result<u8> {
    let mut command = clang.command();
    command
        .args(library.compile_flags())
        .args(&invocation.arguments);
    if let Some(module) = module {
        command
            .args(library.link_flags(clang))
            .arg("-o")
            .arg(module);
    }
    let name = clang.program().display();
    let status = command
        .status()
        .with_context(|| format!("cannot run {name}"))?;
    exit_status(status).with_context(|| format!("{name} was ended"))
}

fn exit_status(status: ExitStatus) -> anyhow::Result<u8> {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ok(u8::try_from(code).unwrap_or(1)),
        (None, Some(signal)) => bail!("by signal {signal}"),
        (None, None) => bail!("without a status"),
    }
}

fn write_program(module: &Path, program: &Path) -> anyhow::Result<()> {
    let name = program.display();
    let module = fs::read(module).context("cannot read what clang linked")?;
    let component =
        component::encode(&module).with_context(|| format!("cannot make a component of {name}"))?;
    fs::write(program, component).with_context(|| format!("cannot write {name}"))
}
