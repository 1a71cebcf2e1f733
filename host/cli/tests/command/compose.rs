//! `wsp compose`.

use std::fs;
use std::net::TcpListener;

use crate::support::{program, text, wsp};

#[test]
fn a_composed_program_needs_no_provider_and_runs() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("composed.wasm");
    let composed = path.to_str().unwrap();
    wsp(&["compose", &program("connect_denied"), "-o", composed])
        .assert()
        .success();
    let imports = xtask::component::imports(&fs::read(&path).unwrap()).unwrap();
    let ours: Vec<&String> = imports
        .iter()
        .filter(|import| import.starts_with("winsock:spi/"))
        .collect();
    assert_eq!(
        ours,
        [
            "winsock:spi/gather@0.2.0",
            "winsock:spi/memory@0.2.0",
            "winsock:spi/transport@0.2.0",
            "winsock:spi/types@0.2.0"
        ]
    );

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let output = wsp(&["run", &rule, composed, &target]).output().unwrap();
    assert_eq!(text(&output.stdout), "connect: ok\n");
}

#[test]
fn a_file_that_is_no_component_leaves_no_output() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("input.wasm");
    let output = directory.path().join("output.wasm");
    fs::write(&input, "not wasm").unwrap();
    wsp(&[
        "compose",
        input.to_str().unwrap(),
        "-o",
        output.to_str().unwrap(),
    ])
    .assert()
    .code(1);
    assert!(!output.exists());
}

#[test]
fn a_portable_program_needs_wasi_alone_and_runs_here_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("portable.wasm");
    let portable = path.to_str().unwrap();
    let connects = program("connect_denied");
    wsp(&["compose", "--portable", &connects, "-o", portable])
        .assert()
        .success();
    let imports = xtask::component::imports(&fs::read(&path).unwrap()).unwrap();
    assert!(!imports.is_empty());
    for import in imports {
        let of_wasi = import.starts_with("wasi:") && import.contains("@0.2.");
        assert!(of_wasi, "{import}");
    }

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let output = wsp(&["run", &rule, portable, &target]).output().unwrap();
    assert_eq!(text(&output.stdout), "connect: ok\n");
    // What its host refuses is what a policy refuses.
    let elsewhere = "--allow-outbound=tcp://127.0.0.1:9";
    let output = wsp(&["run", elsewhere, portable, &target])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "connect: WSAEACCES (10013)\n");
}

#[test]
fn what_cannot_be_portable_is_named_and_leaves_no_output() {
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("output.wasm");
    let waits = program("async_operations");
    let made = wsp(&[
        "compose",
        "--portable",
        &waits,
        "-o",
        output.to_str().unwrap(),
    ])
    .output()
    .unwrap();
    assert_eq!(made.status.code(), Some(1));
    let said = text(&made.stderr);
    assert!(said.contains("cannot be made portable"), "{said}");
    assert!(said.contains("winsock:spi/readiness"), "{said}");
    assert!(!output.exists());
}
