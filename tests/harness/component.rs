//! Programs as compiled components: composed with the provider, and compiled
//! once for all tests of a process.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wasmtime::Engine;
use wasmtime::component::Component;
use wsp::compose::compose_portable;
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

type Slots<K, V> = OnceLock<Mutex<HashMap<K, Arc<OnceLock<V>>>>>;

/// What there is for that key, made once.
fn once<K: Eq + Hash, V: Clone>(slots: &Slots<K, V>, key: K, make: impl FnOnce() -> V) -> V {
    let slot = {
        let slots = slots.get_or_init(Mutex::default);
        let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key).or_default())
    };
    slot.get_or_init(make).clone()
}

/// The program in that file.
pub(crate) fn compiled(file: &Path, way: Way) -> Program {
    static PROGRAMS: Slots<(PathBuf, Way), Program> = OnceLock::new();
    once(&PROGRAMS, (file.to_owned(), way), || compile(file, way))
}

/// The program in that file, made portable.
pub(crate) fn portable(file: &Path) -> Component {
    static PROGRAMS: Slots<PathBuf, Component> = OnceLock::new();
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let engine = ENGINE.get_or_init(Engine::default);
    once(&PROGRAMS, file.to_owned(), || {
        let name = file.display();
        let program = compose_portable(&read(file));
        let program = program.unwrap_or_else(|error| panic!("{name}: {error}"));
        Component::new(engine, program).unwrap_or_else(|error| panic!("{name}: {error}"))
    })
}

fn read(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap_or_else(|error| {
        let name = file.display();
        panic!("cannot read {name} ({error}): run `cargo xtask guest`, which builds it")
    })
}

fn compile(file: &Path, way: Way) -> Program {
    static RUNNER: OnceLock<Runner> = OnceLock::new();
    let name = file.display();
    let program = read(file);
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
