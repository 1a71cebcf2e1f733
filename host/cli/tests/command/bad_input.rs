//! Bad input: one clear sentence each, the right exit status, nothing sent.

use std::fs;
use std::process::Command;

use crate::support::{program, text, wsp};

/// Runs the command and returns what it said on standard error.
fn fails(code: i32, arguments: &[&str]) -> String {
    let output = wsp(arguments).output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    assert!(!message.contains("panicked"), "{arguments:?}: {message}");
    message
}

#[test]
fn usage_errors_exit_2_and_say_how_to_mend_them() {
    for (arguments, expected) in [
        (
            &["send", "http://127.0.0.1:80", "--buffer", "x"][..],
            "unknown scheme \"http\"",
        ),
        (&["send", "127.0.0.1:80", "--buffer", "x"], "tcp://HOST:"),
        (&["send", "tcp://127.0.0.1", "--buffer", "x"], "no port"),
        (
            &["send", "tcp://127.0.0.1:99999", "--buffer", "x"],
            "bad port \"99999\"",
        ),
        (
            &["send", "tcp://127.0.0.1:80/path", "--buffer", "x"],
            "/path",
        ),
        (&["send", "tcp://127.0.0.1:9"], "--buffer"),
        (
            &["send", "tcp://127.0.0.1:9", "--file", "-", "--chunk", "0"],
            "--chunk",
        ),
        (
            &[
                "send",
                "tcp://127.0.0.1:9",
                "--file",
                "-",
                "--chunk",
                "1",
                "--depth",
                "0",
            ],
            "--depth",
        ),
        (
            &[
                "send",
                "tcp://127.0.0.1:9",
                "--buffer",
                "x",
                "--notify",
                "mail",
            ],
            "--notify",
        ),
        (
            &[
                "send",
                "tcp://127.0.0.1:9",
                "--buffer",
                "x",
                "--timeout",
                "soon",
            ],
            "--timeout",
        ),
        (
            &["send", "tcp://127.0.0.1:9", "--buffer", "--file", "x"],
            "a text must follow --buffer, but --file does",
        ),
        (
            &["listen", "tcp://127.0.0.1:0", "--idle", "0"],
            "none is no limit",
        ),
        (&["listen", "tcp://127.0.0.1"], "no port"),
        (&["listen", "quic://127.0.0.1:1"], "unknown scheme"),
        (
            &["run", "--allow-outbound=tcp://127.0.0.1:1-", "x.wasm"],
            "--allow-outbound",
        ),
        (
            &["run", "--allow-outbound=tcp://300.0.0.0/8:1", "x.wasm"],
            "--allow-outbound",
        ),
        (&["run"], "PROGRAM"),
        (&["frobnicate"], "frobnicate"),
        // Measuring is no business of the installed command.
        (&["bench"], "unrecognized subcommand 'bench'"),
    ] {
        let message = fails(2, arguments);
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
}

#[test]
fn files_that_cannot_be_used_exit_1_with_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let text_file = write("text.wasm", b"not wasm");
    let module = write("module.wasm", b"\0asm\x01\0\0\0");
    let truncated = {
        let mut bytes = fs::read(program("exit_status")).unwrap();
        bytes.truncate(bytes.len() / 2);
        write("truncated.wasm", &bytes)
    };
    let provider = write("provider.wasm", wsp_provider::COMPONENT);
    for (file, expected) in [
        ("missing.wasm", "No such file"),
        (text_file.as_str(), "not WebAssembly"),
        (module.as_str(), "core module"),
        (truncated.as_str(), "damaged"),
        (provider.as_str(), "must export wasi:cli/run"),
    ] {
        let message = fails(1, &["run", file]);
        assert!(message.contains(expected), "{file}: {message}");
        assert_eq!(message.lines().count(), 1, "{file}: {message}");
    }
    let message = fails(1, &["send", "tcp://127.0.0.1:9", "--file", "missing"]);
    assert!(message.contains("missing"), "{message}");
}

#[test]
fn a_program_of_another_version_is_told_which_import_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let component = |text: &str| {
        let path = directory.path().join("program.wasm");
        fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let newer = component(
        r#"(component
            (import "winsock:spi/provider@0.9.0" (instance (export "pump" (func (result u64))))))"#,
    );
    let message = fails(1, &["run", &newer]);
    assert!(message.contains("winsock:spi/provider@0.9.0"), "{message}");
    let foreign = component(
        r#"(component (import "acme:toys/train@1.0.0" (instance (export "go" (func)))))"#,
    );
    let message = fails(1, &["run", &foreign]);
    assert!(
        message.contains("acme:toys/train@1.0.0") || message.contains("must export wasi:cli/run"),
        "{message}"
    );
}

#[test]
fn buffers_past_four_gibibytes_are_refused_before_anything_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large");
    let file = fs::File::create(&path).unwrap();
    // Sparse: it takes no space.
    file.set_len(5 << 30).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let target = format!("tcp://{}", listener.local_addr().unwrap());
    let message = fails(1, &["send", &target, "--file", path.to_str().unwrap()]);
    assert!(message.contains("--chunk"), "it says what to do: {message}");
    if let Ok((peer, _)) = listener.accept() {
        peer.set_nonblocking(true).unwrap();
        let sent = peer.peek(&mut [0]);
        assert!(!matches!(sent, Ok(1)), "nothing was sent");
    }
}

#[test]
fn a_limit_of_file_sizes_is_told_in_words() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program.wasm");
    fs::write(&program, wsp_provider::COMPONENT).unwrap();
    let script = r#"ulimit -f 8; exec "$@""#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_wsp"), "compose"]);
    command
        .arg(&program)
        .arg("-o")
        .arg(directory.path().join("o\x1b.wasm"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{:?}", output.status);
    let message = text(&output.stderr);
    let written = format!(
        "cannot write {}",
        directory.path().join(r"o\u{1b}.wasm").display()
    );
    assert!(message.contains(&written), "{message}");
    assert!(message.contains("File too large"), "{message}");
}
