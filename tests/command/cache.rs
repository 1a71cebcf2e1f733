//! The compiled provider that one command keeps for the next.

use std::fs;
use std::path::Path;

use crate::support::{text, tracing};

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
