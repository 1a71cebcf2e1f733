//! The compiled provider and programs that one command keeps for the next.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{program, text, tracing};

/// Compiles the provider, or loads it, and keeps it below `cache`; fails without doing more.
/// The system calls that made the file.
fn kept(cache: &Path) -> Vec<String> {
    let mut command = tracing("fsync,rename,renameat,renameat2");
    command.args(["listen", "tcp://192.0.2.1:9"]);
    let output = command.env("XDG_CACHE_HOME", cache).output();
    let output = output.expect("strace runs; install it with `apt-get install strace`");
    let trace = text(&output.stderr);
    assert!(trace.contains("WSAEADDRNOTAVAIL"), "{trace}");
    let cache = cache.to_str().unwrap();
    let of_cache = |line: &&str| line.contains(cache) && !line.contains("resumed");
    trace.lines().filter(of_cache).map(str::to_owned).collect()
}

fn only_file(directory: &Path) -> std::path::PathBuf {
    let entries = fs::read_dir(directory).unwrap();
    let entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let [file] = &entries[..] else {
        panic!("{entries:?}");
    };
    file.clone()
}

#[test]
fn what_is_kept_is_on_the_disk_before_it_has_its_name_and_is_replaced_when_damaged() {
    let cache = tempfile::tempdir().unwrap();
    let assert_kept = || {
        let calls = kept(cache.path());
        let [synced, renamed, named] = &calls[..] else {
            panic!("{calls:#?}");
        };
        assert!(
            synced.contains("fsync(") && synced.contains(".tmp>"),
            "{synced}"
        );
        assert!(
            renamed.contains("rename") && renamed.contains(".tmp\""),
            "{renamed}"
        );
        assert!(
            named.contains("fsync(") && named.contains("/wsp>"),
            "{named}"
        );
    };
    assert_kept();
    let file = only_file(&cache.path().join("wsp"));
    let whole = fs::read(&file).unwrap();
    assert_eq!(kept(cache.path()), Vec::<String>::new(), "it is found");

    // A hole, as after a power failure.
    let mut damaged = whole.clone();
    let (begin, end) = (damaged.len() / 4, damaged.len() / 2);
    damaged[begin..end].fill(0);
    fs::write(&file, damaged).unwrap();
    assert_kept();
    assert_eq!(only_file(&cache.path().join("wsp")), file);
    assert!(fs::read(&file).unwrap().len() == whole.len());
}

/// How many compilers `wsp run` starts for a program that always fails.
fn compilers(cache: &Path, arguments: &[&str]) -> usize {
    let mut command = tracing("execve");
    command.arg("run").args(arguments);
    let output = command.env("XDG_CACHE_HOME", cache).output();
    let output = output.expect("strace runs; install it with `apt-get install strace`");
    let trace = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{trace}");
    assert!(trace.contains("this program always fails"), "{trace}");
    let started = |line: &&str| line.contains("execve(") && line.contains("isolated-compiler");
    trace.lines().filter(started).count()
}

#[test]
fn a_program_is_compiled_once_for_all_starts_and_again_where_that_cannot_be_used() {
    let cache = tempfile::tempdir().unwrap();
    let fails = program("exit_status");
    let compilers = |arguments: &[&str]| compilers(cache.path(), arguments);
    assert_eq!(compilers(&[&fails]), 1);
    let file = only_file(&cache.path().join("wsp"));
    let whole = fs::read(&file).unwrap();
    assert_eq!(compilers(&[&fails]), 0, "it is found");
    // Wherever it lies and whatever it is given.
    let copy = cache.path().join("copy.wasm");
    fs::copy(&fails, &copy).unwrap();
    assert_eq!(compilers(&["--env=A=b", copy.to_str().unwrap(), "x"]), 0);

    // A hole, as after a power failure.
    let mut damaged = whole.clone();
    let (begin, end) = (damaged.len() / 4, damaged.len() / 2);
    damaged[begin..end].fill(0);
    fs::write(&file, damaged).unwrap();
    assert_eq!(compilers(&[&fails]), 1);
    assert_eq!(fs::read(&file).unwrap(), whole);

    // Somebody else could have written it.
    fs::set_permissions(&file, PermissionsExt::from_mode(0o606)).unwrap();
    assert_eq!(compilers(&[&fails]), 1);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(compilers(&[&fails]), 0);
    let directory = cache.path().join("wsp");
    fs::set_permissions(&directory, PermissionsExt::from_mode(0o777)).unwrap();
    assert_eq!(compilers(&[&fails]), 1);
}

#[test]
fn what_was_compiled_of_another_program_or_for_another_engine_is_not_used() {
    let cache = tempfile::tempdir().unwrap();
    let compilers = |arguments: &[&str]| compilers(cache.path(), arguments);
    let file = cache.path().join("program.wasm");
    fs::copy(program("exit_status"), &file).unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(compilers(&[path]), 1);
    // With epochs it is other code.
    assert_eq!(compilers(&["--timeout=60s", path]), 1);
    assert_eq!(compilers(&["--timeout=60s", path]), 0);
    // A custom section of another name.
    let mut other = fs::read(&file).unwrap();
    other.extend([0, 2, 1, b'x']);
    fs::write(&file, other).unwrap();
    assert_eq!(compilers(&[path]), 1);
    // What is kept under the name of another is not run in its place.
    let kept = fs::read_dir(cache.path().join("wsp")).unwrap();
    let kept: Vec<_> = kept.map(|entry| entry.unwrap().path()).collect();
    let mut contents: Vec<_> = kept.iter().map(|file| fs::read(file).unwrap()).collect();
    assert_eq!(contents.len(), 3);
    contents.rotate_left(1);
    for (file, content) in kept.iter().zip(contents) {
        fs::write(file, content).unwrap();
    }
    assert_eq!(compilers(&[path]), 1);
    assert_eq!(compilers(&["--timeout=60s", path]), 1);
}
