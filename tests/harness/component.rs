//! Programs as compiled components: composed with the provider, and compiled
//! once for all tests of a process.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wsp::run::{Program, Runner};

use crate::interposed::interposed_program;

/// How a program reaches the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    /// As `wsp run` composes it with the provider.
    Direct,
    /// Through the interposer.
    Interposed,
}

/// The program in that file.
pub(crate) fn compiled(file: &Path, way: Way) -> Program {
    type Slot = Arc<OnceLock<Program>>;
    static PROGRAMS: OnceLock<Mutex<HashMap<(PathBuf, Way), Slot>>> = OnceLock::new();
    let slot = {
        let programs = PROGRAMS.get_or_init(Mutex::default);
        let mut programs = programs.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(programs.entry((file.to_owned(), way)).or_default())
    };
    slot.get_or_init(|| compile(file, way)).clone()
}

fn compile(file: &Path, way: Way) -> Program {
    static RUNNER: OnceLock<Runner> = OnceLock::new();
    let name = file.display();
    let program = fs::read(file).unwrap_or_else(|error| {
        panic!("cannot read {name} ({error}): run `cargo xtask guest`, which builds it")
    });
    let program = match way {
        Way::Direct => program,
        Way::Interposed => {
            let directory = file.parent().expect("a directory of programs");
            interposed_program(&program, directory)
        }
    };
    let compiled = RUNNER.get_or_init(Runner::new).compile_here(&program);
    compiled.unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Where `cargo xtask guest` put the programs' components. A test names its own
/// `env!("CARGO_TARGET_TMPDIR")`, which is below cargo's target directory.
pub fn directory_of_programs(target_tmpdir: &str) -> PathBuf {
    if let Some(directory) = env::var_os("WSP_TEST_PROGRAMS") {
        return directory.into();
    }
    let target = Path::new(target_tmpdir).parent();
    let target = target.expect("cargo's temporary directory has a parent");
    target.join("guest").join("programs")
}
