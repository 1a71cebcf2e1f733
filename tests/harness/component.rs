//! Programs as compiled components: composed with the provider, and compiled
//! once for all tests of a process.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wasmtime::component::Component;
use wasmtime::{Config, Engine};
use wsp::compose::{compose, inspect};
use wsp::quota::tick_epochs;

use crate::interposed::interposed_program;

/// A program, ready to be linked.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) component: Component,
    /// Whether it is a command of WASI 0.3.
    pub(crate) asynchronous: bool,
}

/// How a program reaches the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    /// As `wsp run` composes it with the provider.
    Direct,
    /// Through the interposer.
    Interposed,
}

/// The program in that file.
pub(crate) fn compiled(file: &Path, way: Way) -> Compiled {
    type Slot = Arc<OnceLock<Compiled>>;
    static PROGRAMS: OnceLock<Mutex<HashMap<(PathBuf, Way), Slot>>> = OnceLock::new();
    let slot = {
        let programs = PROGRAMS.get_or_init(Mutex::default);
        let mut programs = programs.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(programs.entry((file.to_owned(), way)).or_default())
    };
    slot.get_or_init(|| compile(file, way)).clone()
}

fn compile(file: &Path, way: Way) -> Compiled {
    let name = file.display();
    let program = fs::read(file).unwrap_or_else(|error| {
        panic!("cannot read {name} ({error}): run `cargo xtask guest`, which builds it")
    });
    let composed = match way {
        Way::Direct => compose(&program).unwrap_or_else(|error| panic!("{name}: {error}")),
        Way::Interposed => {
            let directory = file.parent().expect("a directory of programs");
            interposed_program(&program, directory)
        }
    };
    let asynchronous = inspect(&composed).expect("composed").is_asynchronous();
    let component = Component::new(engine(asynchronous), composed);
    Compiled {
        component: component.unwrap_or_else(|error| panic!("{name}: {error:?}")),
        asynchronous,
    }
}

/// One engine for programs that await, and a faster one for all others.
fn engine(asynchronous: bool) -> &'static Engine {
    static CONCURRENT: OnceLock<Engine> = OnceLock::new();
    static PLAIN: OnceLock<Engine> = OnceLock::new();
    let engine = if asynchronous { &CONCURRENT } else { &PLAIN };
    engine.get_or_init(|| {
        let mut config = Config::new();
        config.concurrency_support(asynchronous);
        // So that no program keeps others from running, whatever it does.
        config.epoch_interruption(true);
        let engine = Engine::new(&config).expect("this platform runs WebAssembly");
        tick_epochs(&engine).expect("a thread");
        engine
    })
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
