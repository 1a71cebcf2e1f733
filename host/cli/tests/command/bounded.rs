//! `wsp run --timeout` holds whatever the command is doing, and no bytes of a program
//! are more than a sentence.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::{Errno, ioctl_fionbio};

use crate::support::{Running, program, starter, text, wsp};

/// A component that exports `wasi:cli/run`, whose function `run` is this code.
fn command(memory: &str, code: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (core module $m {memory} (func (export "run") (result i32) {code} i32.const 0))
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (component $wrap
                (import "run" (func $r (result (result)))) (export "run" (func $r)))
            (instance $w (instantiate $wrap (with "run" (func $run))))
            (export "wasi:cli/run@0.2.0" (instance $w)))"#
    );
    wat::parse_str(text).unwrap()
}

/// A function that a compiler works on for minutes: loops within loops, each with all locals live.
fn slow_to_compile() -> Vec<u8> {
    const DEPTH: usize = 3000;
    let mut code = "(local".to_owned() + &" i32".repeat(DEPTH) + ")";
    for loop_ in 0..DEPTH {
        code += " loop";
        for step in 0..4 {
            let (from, to) = ((loop_ + step) % DEPTH, (loop_ * 7 + step) % DEPTH);
            code += &format!(" local.get {from} i32.const 1 i32.add local.set {to}");
        }
    }
    code += &" local.get 0 br_if 0 end".repeat(DEPTH);
    command("", &code)
}

fn in_file(directory: &Path, bytes: &[u8]) -> String {
    let file = directory.join("program.wasm");
    fs::write(&file, bytes).unwrap();
    file.to_str().unwrap().to_owned()
}

fn fifo(directory: &Path) -> String {
    let path = directory.join("fifo");
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    path.to_str().unwrap().to_owned()
}

fn assert_ended_in_time(arguments: &[&str]) {
    let output = wsp(arguments).output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(124), "{message}");
    assert!(message.contains("its time was up"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn a_policy_and_a_program_that_nobody_writes_are_not_waited_for_longer() {
    let directory = tempfile::tempdir().unwrap();
    let silent = fifo(directory.path());
    assert_ended_in_time(&["run", "--timeout=300ms", &silent]);
    let busy = program("plugin_busy_loop");
    assert_ended_in_time(&["run", "--timeout=300ms", "--policy", &silent, &busy]);
}

/// The directories of the processes that the process of that number has started as compilers.
fn compilers_of(parent: u32) -> Vec<PathBuf> {
    let request = format!("\"parent\":{parent}}}");
    let processes = fs::read_dir("/proc").unwrap();
    let directories = processes.filter_map(|process| Some(process.ok()?.path()));
    let is_compiler = |directory: &PathBuf| {
        let line = fs::read(directory.join("cmdline")).unwrap_or_default();
        text(&line).contains(&request)
    };
    directories.filter(is_compiler).collect()
}

/// Whether a compiler has begun, and so has more threads than those that read the program.
fn is_compiling(directory: &Path) -> bool {
    let threads = fs::read_dir(directory.join("task"));
    threads.is_ok_and(|threads| threads.count() > 2)
}

fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let give_up = Instant::now() + Duration::from_secs(60);
    while !happened() {
        assert!(Instant::now() < give_up, "{what}");
        thread::yield_now();
    }
}

#[test]
fn a_program_that_takes_long_to_compile_is_ended_and_its_compiler_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let slow = in_file(directory.path(), &slow_to_compile());
    assert_ended_in_time(&["run", "--timeout=1s", &slow]);

    let mut running = Running::wsp(&["run", &slow]);
    let parent = running.0.id();
    wait_until(
        "a compiler is at work",
        || matches!(&compilers_of(parent)[..], [compiler] if is_compiling(compiler)),
    );
    // Killed, the command cannot end its compiler: the system does.
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    wait_until("the compiler ends", || compilers_of(parent).is_empty());
}

/// A pipe that takes no byte more, and its other end.
fn full_pipe() -> (File, io::PipeReader) {
    let (reader, writer) = io::pipe().unwrap();
    let mut writer = File::from(std::os::fd::OwnedFd::from(writer));
    ioctl_fionbio(&writer, true).unwrap();
    for length in [4096, 1] {
        while writer.write(&vec![b'x'; length]).is_ok() {}
    }
    assert_eq!(
        writer.write(b"x").unwrap_err().raw_os_error(),
        Some(Errno::AGAIN.raw_os_error())
    );
    ioctl_fionbio(&writer, false).unwrap();
    (writer, reader)
}

#[test]
fn a_full_standard_output_does_not_keep_it_and_neither_does_a_full_standard_error() {
    let (full, _reader) = full_pipe();
    let run = || {
        let mut command = starter("timeout");
        command
            .args(["60", env!("CARGO_BIN_EXE_wsp"), "run", "--timeout=300ms"])
            // It prints a line first.
            .arg(program("plugin_busy_loop"))
            .stdin(Stdio::null())
            .stdout(full.try_clone().unwrap());
        command
    };
    let output = run().stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(124), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("its time was up after 300ms"));
    let status = run().stderr(full.try_clone().unwrap()).status().unwrap();
    assert_eq!(status.code(), Some(124));
}

/// A library that, preloaded, never comes back from resolving a name.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn hanging_resolver(directory: &Path) -> String {
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/command/hanging_resolver.c"
    );
    let library = directory.join("hanging_resolver.so");
    // Rust links with the same command.
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, Path::new(source)])
        .status();
    assert!(built.unwrap().success());
    library.to_str().unwrap().to_owned()
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn a_resolver_that_never_answers_does_not_keep_it() {
    let directory = tempfile::tempdir().unwrap();
    let resolver = hanging_resolver(directory.path());
    let asks = program("hostile");
    // Asked by the program, and for the name of a rule.
    for (arguments, limit, name) in [
        (
            &["--allow-resolve=*", &asks, "resolve db.example"][..],
            "3s",
            "db.example.",
        ),
        (
            &["--allow-outbound=tcp://rule.example:80", &asks, "now"],
            "500ms",
            "rule.example",
        ),
    ] {
        let timeout = format!("--timeout={limit}");
        let mut command = wsp(&["run", &timeout]);
        let command = command.args(arguments).env("LD_PRELOAD", &resolver);
        let output = command.output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(124), "{said}");
        let lines: Vec<&str> = said.lines().collect();
        let [asked, ended] = lines[..] else {
            panic!("{said}");
        };
        assert_eq!(asked, format!("asked for {name}"));
        let why = format!("its time was up after {limit}");
        assert!(ended.contains(&why), "{said}");
    }
}

#[test]
fn one_long_instruction_is_ended_in_the_middle() {
    // Nothing interrupts an instruction, and there is no loop between these.
    let fill = "(memory.fill (i32.const 0) (i32.const 1) (i32.const -1))".repeat(16);
    let directory = tempfile::tempdir().unwrap();
    let fills = in_file(directory.path(), &command("(memory 65536)", &fill));
    assert_ended_in_time(&["run", "--timeout=200ms", &fills]);
}

#[test]
fn a_component_that_the_composer_cannot_take_is_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    for imports in [
        r#"(import "i" (instance (export "m" (core module))))"#,
        r#"(import "r" (type $r (sub resource))) (import "f" (func (param "x" (borrow $r))))"#,
        // The composer panics.
        r#"(import "wasi:a/b" (instance $x
               (export "r" (type $r (sub resource)))
               (type $l (record (field "z" (own $r))))
               (export "l" (type (eq $l)))))
           (alias export $x "l" (type $s))
           (import "wasi:a/d" (instance
               (alias outer 1 $s (type $s)) (export "f" (func (param "x" $s)))))"#,
    ] {
        let odd =
            format!(r#"(component (import "winsock:spi/provider@0.2.0" (instance)) {imports})"#);
        let odd = in_file(directory.path(), &wat::parse_str(odd).unwrap());
        let out = directory.path().join("out.wasm");
        for arguments in [
            &["compose", &odd, "-o", out.to_str().unwrap()][..],
            &["run", &odd],
        ] {
            let output = wsp(arguments).output().unwrap();
            let message = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
            assert!(
                message.contains("it cannot be composed with the provider"),
                "{message}"
            );
            assert!(!message.contains("panicked"), "{message}");
            assert!(!out.exists());
        }
    }
}

#[test]
fn the_globals_of_many_instances_count_for_max_memory() {
    let globals = "(global i64 (i64.const 0))".repeat(10_000);
    let instances = "(core instance (instantiate $many))".repeat(200);
    let component = format!(
        r#"(component
            (core module $many {globals})
            {instances}
            (core module $m (func (export "run") (result i32) i32.const 0))
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (component $wrap
                (import "run" (func $r (result (result)))) (export "run" (func $r)))
            (instance $w (instantiate $wrap (with "run" (func $run))))
            (export "wasi:cli/run@0.2.0" (instance $w)))"#
    );
    let directory = tempfile::tempdir().unwrap();
    let many = in_file(directory.path(), &wat::parse_str(component).unwrap());
    let output = wsp(&["run", "--max-memory=30MiB", &many]).output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("bytes without their linear memories, which is more than the limit of 30MiB; give it more with --max-memory"),
        "{message}"
    );
    let output = wsp(&["run", "--max-memory=40MiB", &many]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn a_command_whose_file_was_removed_still_compiles() {
    let directory = tempfile::tempdir().unwrap();
    let (copy, fifo) = (directory.path().join("wsp"), fifo(directory.path()));
    fs::copy(env!("CARGO_BIN_EXE_wsp"), &copy).unwrap();
    let path = std::env::var("PATH").unwrap();
    let running = starter("timeout")
        .args(["60", "wsp", "run", &fifo])
        .env("PATH", format!("{}:{path}", directory.path().display()))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // This waits until the command has opened it too, and so has been started.
    let mut program = File::options().write(true).open(&fifo).unwrap();
    fs::remove_file(&copy).unwrap();
    program.write_all(&command("", "unreachable")).unwrap();
    drop(program);
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(134), "{}", text(&output.stderr));
}

#[test]
fn names_in_a_program_forge_no_line_and_command_no_terminal() {
    const NAME: &str = r"url=<x\0awsp: a forged line\1b[2J>";
    let directory = tempfile::tempdir().unwrap();
    let program = |text: &str| {
        let text = text.replace("NAME", NAME);
        in_file(directory.path(), &wat::parse_str(text).unwrap())
    };
    let run = r#"
        (core module $m (func (export "run") (result i32) i32.const 0))
        (core instance $i (instantiate $m))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (component $wrap (import "run" (func $r (result (result)))) (export "run" (func $r)))
        (instance $w (instantiate $wrap (with "run" (func $run))))
        (export "wasi:cli/run@0.2.0" (instance $w))"#;
    for text in [
        format!(r#"(component (import "NAME" (instance)) {run})"#),
        format!(r#"(component (import "wasi:cli/NAME" (instance)) {run})"#),
        r#"(component (import "NAME" (func)))"#.to_owned(),
        r#"(component (func $f (import "f")) (export "NAME" (func $f)))"#.to_owned(),
    ] {
        let output = wsp(&["run", &program(&text)]).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        assert!(!message.contains('\u{1b}'), "{message:?}");
    }
}
