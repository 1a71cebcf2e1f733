//! Binaryen's `wasm-opt`, which is found and run as clang is.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// The environment variable that names it.
pub(crate) const VARIABLE: &str = "WSP_WASM_OPT";

/// What its file is called.
const PROGRAM: &str = "wasm-opt";

/// What clang's modules may use. A module that was stripped does not say it itself.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The pass, and what makes its result small again. Nothing that is imported suspends.
const PASSES: [&str; 4] = [
    "--asyncify",
    "--pass-arg=asyncify-ignore-imports",
    "-O1",
    // The names of functions, for who reads a backtrace.
    "-g",
];

pub(super) struct Optimizer {
    program: PathBuf,
}

impl Optimizer {
    /// The one that [`VARIABLE`] names, else the one on the PATH.
    pub(super) fn find() -> anyhow::Result<Optimizer> {
        Optimizer::among(
            env::var_os(VARIABLE).map(PathBuf::from),
            &env::var_os("PATH").unwrap_or_default(),
        )
    }

    fn among(named: Option<PathBuf>, path: &std::ffi::OsStr) -> anyhow::Result<Optimizer> {
        if let Some(program) = named {
            if !program.is_file() {
                bail!(
                    "the program makes threads, and {VARIABLE} names {}, which is no file: name the wasm-opt of Binaryen, of version 108 or later",
                    program.display()
                );
            }
            return Ok(Optimizer { program });
        }
        let mut found = env::split_paths(path).map(|directory| directory.join(PROGRAM));
        let found = found.find(|file| file.is_file());
        let program = found.with_context(|| {
            format!(
                "the program makes threads, for which wasm-opt of Binaryen 108 or later is needed, and none is on the PATH: on Debian, `apt-get install binaryen`; elsewhere, `npm install binaryen`, or name one in {VARIABLE}"
            )
        })?;
        Ok(Optimizer { program })
    }

    /// The module with functions whose calls can be put aside and brought back.
    pub(super) fn asyncify(&self, module: &[u8], directory: &Path) -> anyhow::Result<Vec<u8>> {
        let name = self.program.display();
        let (before, after) = (directory.join("before.wasm"), directory.join("after.wasm"));
        fs::write(&before, module).context("cannot write a temporary file")?;
        let output = Command::new(&self.program)
            .args(FEATURES)
            .args(PASSES)
            .arg(&before)
            .arg("-o")
            .arg(&after)
            .output()
            .with_context(|| format!("cannot run {name}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!(
                "{name} cannot make the program's functions able to wait ({}): a newer wasm-opt may, which {VARIABLE} names",
                wsp::one_line(said.trim_end())
            );
        }
        fs::read(&after).with_context(|| format!("{name} has written nothing"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn without_an_optimizer_a_sentence_says_what_to_install() {
        let missing = Optimizer::among(None, "/nowhere".as_ref()).err().unwrap();
        let missing = missing.to_string();
        assert!(missing.contains("apt-get install binaryen"), "{missing}");
        assert!(missing.contains(VARIABLE), "{missing}");
        let named = Optimizer::among(Some("/nowhere/wasm-opt".into()), "/usr/bin".as_ref());
        let named = named.err().unwrap().to_string();
        assert!(named.contains("/nowhere/wasm-opt"), "{named}");
    }

    #[test]
    fn the_first_one_on_the_path_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(PROGRAM);
        fs::write(&file, "").unwrap();
        let path = env::join_paths([Path::new("/nowhere"), directory.path()]).unwrap();
        assert_eq!(Optimizer::among(None, &path).unwrap().program, file);
    }
}
