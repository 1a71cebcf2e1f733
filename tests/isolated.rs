//! Compiling in a child process, as an embedder does it. This process is the child too,
//! so its `main` has the hook first.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::env;
use std::fs;
use std::future::Future;
use std::io::{self, Write};
use std::process::{self, ExitCode};
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use wasmtime::component::{Linker, Val};
use wasmtime::{Config, Engine, Store};
use wsp::isolate::{Bounds, Compiled, Compiler, EngineNeeds, IsolateError, Source, run_if_child};

fn configure(needs: EngineNeeds) -> Config {
    // Whoever asks for epochs has a compiler that does as nobody should.
    if needs.epochs {
        misbehave();
    }
    let mut config = Config::new();
    config.concurrency_support(needs.concurrency);
    config
}

/// The bounds on memory that tell a compiler how to misbehave.
const FLOODS_OUTPUT: u64 = 128 << 20;
const FLOODS_ERROR: u64 = FLOODS_OUTPUT + 1;
const FORGES: u64 = FLOODS_OUTPUT + 2;

fn misbehave() {
    let request = env::args().nth(2).unwrap_or_default();
    let is_bound = |bytes: u64| request.contains(&format!("\"memory_bytes\":{bytes},"));
    if is_bound(FLOODS_OUTPUT) {
        flood(io::stdout());
    } else if is_bound(FLOODS_ERROR) {
        flood(io::stderr());
    } else if is_bound(FORGES) {
        forge();
    }
    crash();
}

/// Writes for as long as somebody reads.
fn flood(mut stream: impl Write) {
    while stream.write_all(&[0; 1 << 16]).is_ok() {}
}

/// Refuses the program with a sentence that clears the screen.
fn forge() -> ! {
    let answer = br#"{"Refused":"\u001b[2J"}"#;
    let lengths = [answer.len() as u64, 0].map(u64::to_le_bytes);
    io::stdout()
        .write_all(&[lengths.as_flattened(), answer].concat())
        .unwrap();
    process::exit(0);
}

/// Panics with what this process has inherited.
fn crash() {
    let open: Vec<i32> = fs::read_dir("/dev/fd")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .collect();
    // One is that of the listing.
    let inherited = open.iter().filter(|descriptor| **descriptor > 2).count() - 1;
    let variables = env::vars_os().filter(|(name, _)| name != "LD_LIBRARY_PATH");
    panic!(
        "{inherited} descriptors and {} variables",
        variables.count()
    );
}

fn main() -> ExitCode {
    run_if_child(configure);
    let trials = vec![
        trial("a_compiled_program_is_loaded_and_runs", runs),
        trial(
            "a_program_that_is_refused_has_the_composers_sentence",
            refused,
        ),
        trial("a_compiler_whose_time_is_up_is_killed", timed_out),
        trial(
            "a_compiler_that_needs_too_much_memory_is_a_sentence",
            out_of_memory,
        ),
        trial("a_compiler_nobody_waits_for_is_killed", cancelled),
        trial("a_crash_is_a_sentence_and_nothing_is_inherited", crashed),
        trial("a_refusal_moves_no_cursor_whoever_wrote_it", forged),
        trial(
            "an_answer_longer_than_the_compilers_memory_is_not_read_to_its_end",
            answers_without_end,
        ),
        trial(
            "a_compiler_that_complains_without_end_is_killed_when_its_time_is_up",
            complains_without_end,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial<F: Future<Output = ()> + 'static>(name: &str, test: fn() -> F) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async move { test().await });
        Ok(())
    })
}

fn program(code: &str) -> Source {
    let text = format!(
        r#"(component
            (core module $m (func (export "run") (result i32) {code}))
            (core instance $i (instantiate $m))
            (func (export "run") (result u32) (canon lift (core func $i "run"))))"#
    );
    Source::Bytes(wat::parse_str(text).unwrap())
}

/// Loops within loops, each with all locals live: minutes of work for a compiler.
fn slow() -> Source {
    const DEPTH: usize = 3000;
    let mut code = "(local".to_owned() + &" i32".repeat(DEPTH) + ")";
    for number in 0..DEPTH {
        let to = number * 7 % DEPTH;
        code += &format!(" loop local.get {number} i32.const 1 i32.add local.set {to}");
    }
    code += &" local.get 0 br_if 0 end".repeat(DEPTH);
    program(&(code + " i32.const 0"))
}

async fn compile(source: Source, bounds: Bounds) -> Result<Compiled, IsolateError> {
    Compiler::new()
        .unwrap()
        .bounds(bounds)
        .compile(source)
        .await
}

async fn runs() {
    let compiled = compile(program("i32.const 42"), Bounds::default())
        .await
        .unwrap();
    assert_eq!(compiled.interfaces().exports(), ["run"]);
    let engine = Engine::new(&configure(compiled.needs())).unwrap();
    let component = compiled.load(&engine).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine)
        .instantiate(&mut store, &component)
        .unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    let mut result = [Val::Bool(false)];
    run.call(&mut store, &[], &mut result).unwrap();
    assert_eq!(result, [Val::U32(42)]);

    // Another engine is told from that one.
    let mut other = configure(compiled.needs());
    other.epoch_interruption(true);
    assert!(compiled.load(&Engine::new(&other).unwrap()).is_err());
}

async fn refused() {
    let error = compile(Source::Bytes(b"#!/bin/sh".to_vec()), Bounds::default()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, IsolateError::Refused(_)), "{error:?}");
    assert!(
        error.to_string().starts_with("it is not WebAssembly"),
        "{error}"
    );
    let directory = Source::File(fs::File::open("/").unwrap());
    let error = compile(directory, Bounds::default()).await.unwrap_err();
    assert!(
        error.to_string().starts_with("it cannot be read: "),
        "{error}"
    );
}

async fn timed_out() {
    let mut bounds = Bounds::default();
    bounds.time = Duration::from_millis(300);
    let error = compile(slow(), bounds).await.unwrap_err();
    assert_eq!(error.to_string(), "it cannot be compiled within 300ms");
    assert_no_child().await;
}

async fn out_of_memory() {
    let mut bounds = Bounds::default();
    bounds.memory_bytes = 64 << 20;
    let error = compile(slow(), bounds).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "it cannot be compiled within 64MiB of memory"
    );
}

async fn cancelled() {
    let compiling = compile(slow(), Bounds::default());
    let waiting = tokio::time::timeout(Duration::from_millis(300), compiling);
    assert!(waiting.await.is_err());
    assert_no_child().await;
}

/// Waits until this process has no child that compiles any more.
async fn assert_no_child() {
    let request = format!("\"parent\":{}}}", process::id());
    let is_child = |process: &fs::DirEntry| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&request)
    };
    let gone = async {
        while fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .any(|process| is_child(&process))
        {
            tokio::task::yield_now().await;
        }
    };
    let gone = tokio::time::timeout(Duration::from_secs(60), gone).await;
    gone.unwrap();
}

async fn crashed() {
    // Open for every child, if the child did not close it.
    let _open = rustix::io::dup(io::stderr()).unwrap();
    let compiler = Compiler::new().unwrap().epochs(true);
    let error = compiler.compile(program("i32.const 1")).await.unwrap_err();
    assert!(matches!(error, IsolateError::Crashed(_)), "{error:?}");
    let error = error.to_string();
    assert!(error.starts_with("it cannot be compiled: the compiler crashed (exit status: 101"));
    assert!(error.contains("0 descriptors and 0 variables"), "{error}");
}

/// What becomes of a compiler that misbehaves as that bound on memory says.
async fn misbehaved(memory_bytes: u64, time: Duration) -> String {
    let mut bounds = Bounds::default();
    (bounds.memory_bytes, bounds.time) = (memory_bytes, time);
    let compiler = Compiler::new().unwrap().epochs(true).bounds(bounds);
    let error = compiler.compile(program("i32.const 1")).await.unwrap_err();
    assert_no_child().await;
    error.to_string()
}

async fn forged() {
    let refusal = misbehaved(FORGES, Duration::from_secs(60)).await;
    assert_eq!(refusal, r"\u{1b}[2J");
}

async fn answers_without_end() {
    let error = misbehaved(FLOODS_OUTPUT, Duration::from_secs(60)).await;
    assert_eq!(
        error,
        "it cannot be compiled: the compiler crashed (its answer is longer than the memory that it may allocate)"
    );
}

async fn complains_without_end() {
    let error = misbehaved(FLOODS_ERROR, Duration::from_millis(500)).await;
    assert_eq!(error, "it cannot be compiled within 500ms");
}
