//! Every C program of `tests/programs/c`, as `wsp cc` builds and `wsp run`
//! runs it, over real sockets: one test for each source that is there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
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
    let transcript = sandbox
        .transcript(program)
        .map_err(|error| format!("{error:#}"))?;
    if !transcript.is_complete() {
        return Err(format!(
            "it did not come to its end:\n{}\n{}",
            transcript.lines.join("\n"),
            transcript.diagnostics
        )
        .into());
    }
    let expected = program.expected().map_err(|error| format!("{error:#}"))?;
    if expected.is_some_and(|expected| expected != transcript.lines) {
        return Err(format!(
            "it printed other lines than are expected:\n{}",
            transcript.lines.join("\n")
        )
        .into());
    }
    Ok(())
}
