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

/// A program, ready to be linked.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) component: Component,
    /// Whether it is a command of WASI 0.3.
    pub(crate) asynchronous: bool,
}

/// The program of that name.
pub(crate) fn compiled(name: &str) -> Compiled {
    static PROGRAMS: OnceLock<Mutex<HashMap<String, Arc<OnceLock<Compiled>>>>> = OnceLock::new();
    let slot = {
        let programs = PROGRAMS.get_or_init(Mutex::default);
        let mut programs = programs.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(programs.entry(name.to_owned()).or_default())
    };
    slot.get_or_init(|| compile(name)).clone()
}

fn compile(name: &str) -> Compiled {
    let path = programs().join(name).with_extension("wasm");
    let program = fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "cannot read {}: {error}; build the programs with `cargo xtask guest`",
            path.display()
        )
    });
    let composed = compose(&program).unwrap_or_else(|error| panic!("{name}: {error}"));
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
        Engine::new(&config).expect("this platform runs WebAssembly")
    })
}

/// Where `cargo xtask guest` put the programs' components.
fn programs() -> PathBuf {
    if let Some(directory) = env::var_os("WSP_TEST_PROGRAMS") {
        return directory.into();
    }
    target_directory().join("guest").join("programs")
}

/// The directory that this test's executable was built into, some way down.
fn target_directory() -> PathBuf {
    let executable = env::current_exe().expect("a test has a path");
    let built = |directory: &&Path| directory.join("CACHEDIR.TAG").is_file();
    let target = executable.ancestors().skip(1).find(built);
    target.expect("cargo marks its target directory").to_owned()
}
