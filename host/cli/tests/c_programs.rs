//! Every C program of `tests/programs/c`, as `wsp cc` builds and `wsp run`
//! runs it, over real sockets: one test for each source that is there. Each runs
//! once more behind the interposer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::ensure;
use libtest_mimic::{Arguments, Failed, Trial};
use wsp_tests::{directory_of_programs, interposed_program};
use xtask::differential::{Program, Sandbox, programs};

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c_programs");
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_wsp").into(), built).unwrap();
    let sandbox = Arc::new(sandbox);
    let trials = programs(&root).unwrap().into_iter().map(|program| {
        let sandbox = Arc::clone(&sandbox);
        Trial::test(program.name().to_owned(), move || {
            comes_to_its_end(&program, &sandbox)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// The program prints its last line, and what is written down beside its source if anything is.
fn comes_to_its_end(program: &Program, sandbox: &Sandbox) -> Result<(), Failed> {
    let direct = sandbox.build(program).map_err(said)?;
    let interposed = interposed(&direct).map_err(said)?;
    for component in [direct, interposed] {
        prints_what_is_expected(program, sandbox, &component)
            .map_err(|error| format!("{}: {}", component.display(), said(error)))?;
    }
    Ok(())
}

/// Composes the program anew beside the one that is composed by `wsp run`.
fn interposed(component: &Path) -> anyhow::Result<PathBuf> {
    let directory = directory_of_programs(env!("CARGO_TARGET_TMPDIR"));
    let composed = interposed_program(&fs::read(component)?, &directory);
    let file = component.with_extension("interposed.wasm");
    fs::write(&file, composed)?;
    Ok(file)
}

fn prints_what_is_expected(
    program: &Program,
    sandbox: &Sandbox,
    component: &Path,
) -> anyhow::Result<()> {
    let transcript = sandbox.run(program, component)?;
    let printed = transcript.lines.join("\n");
    ensure!(
        transcript.is_complete(),
        "it did not come to its end:\n{printed}\n{}",
        transcript.diagnostics
    );
    let expected = program.expected()?;
    ensure!(
        expected.is_none_or(|expected| expected == transcript.lines),
        "it printed other lines than are expected:\n{printed}"
    );
    Ok(())
}

fn said(error: anyhow::Error) -> String {
    format!("{error:#}")
}
