#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

/// A provider of one function, which takes what the real one takes: payload memory.
const PROVIDER: &str = r#"(component
    (import "winsock:spi/memory@0.1.0" (instance
        (export "wsabuf-array" (type (sub resource)))))
    (core module $m (func (export "pump") (result i64) i64.const 1))
    (core instance $i (instantiate $m))
    (func $pump (result u64) (canon lift (core func $i "pump")))
    (instance $provider (export "pump" (func $pump)))
    (export "winsock:spi/provider@0.1.0" (instance $provider))
    (instance $types)
    (export "winsock:spi/types@0.1.0" (instance $types))
)"#;

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn program(import: &str, contents: &str) -> Vec<u8> {
    wasm(&format!(
        r#"(component
            (import "{import}" (instance {contents}))
            (import "winsock:spi/memory@0.1.0" (instance
                (export "wsabuf-array" (type (sub resource)))))
            (import "wasi:cli/environment@0.2.6" (instance))
            (instance $run)
            (export "wasi:cli/run@0.2.6" (instance $run)))"#
    ))
}

fn compose_error(bytes: &[u8]) -> String {
    compose_with(bytes, &wasm(PROVIDER))
        .unwrap_err()
        .to_string()
}

#[test]
fn a_composed_program_imports_only_what_a_host_gives() {
    let pump = r#"(export "pump" (func (result u64)))"#;
    let program = program("winsock:spi/provider@0.1.0", pump);
    assert!(inspect(&program).unwrap().needs_provider());

    let composed = compose_with(&program, &wasm(PROVIDER)).unwrap();
    let interfaces = inspect(&composed).unwrap();
    assert!(!interfaces.needs_provider());
    let mut imports = interfaces.imports().to_vec();
    imports.sort();
    assert_eq!(
        imports,
        ["wasi:cli/environment@0.2.6", "winsock:spi/memory@0.1.0"]
    );
    assert_eq!(interfaces.exports(), ["wasi:cli/run@0.2.6"]);

    let again = compose_with(&composed, &wasm(PROVIDER)).unwrap();
    assert_eq!(again, composed, "a composed program comes back unchanged");
}

#[test]
fn what_is_no_component_is_refused_with_a_sentence() {
    assert_eq!(
        compose_error(b"#!/bin/sh"),
        "it is not WebAssembly: expected a binary component, which begins with the bytes 00 61 73 6d"
    );
    assert_eq!(
        compose_error(&wasm("(module)")),
        "it is a core module, not a component: make a component of it, for example with `wasm-tools component new`"
    );
    assert!(compose_error(b"").starts_with("it is not WebAssembly"));
}

#[test]
fn a_component_cut_off_anywhere_is_refused() {
    let program = program("winsock:spi/provider@0.1.0", "");
    for length in 0..program.len() {
        // A component may well end between two of its sections.
        let error = inspect(program.get(..length).unwrap())
            .err()
            .map(|error| error.to_string());
        if let Some(error) = error {
            assert!(error.starts_with("it is "), "{length}: {error}");
        }
    }
}

#[test]
fn another_version_is_named_with_the_one_there_is() {
    let program = program("winsock:spi/provider@0.2.0", "");
    assert_eq!(
        compose_error(&program),
        "it imports winsock:spi/provider@0.2.0, but this version of wsp has winsock:spi/provider@0.1.0: rebuild the program against that version"
    );
}

#[test]
fn a_later_patch_of_the_same_version_is_accepted() {
    let program = program(
        "winsock:spi/provider@0.1.7",
        r#"(export "pump" (func (result u64)))"#,
    );
    let composed = compose_with(&program, &wasm(PROVIDER)).unwrap();
    assert!(!inspect(&composed).unwrap().needs_provider());
}

#[test]
fn an_unknown_interface_is_named() {
    let program = program("winsock:spi/sockets@0.1.0", "");
    assert_eq!(
        compose_error(&program),
        "it imports winsock:spi/sockets@0.1.0, which does not exist: the interfaces of winsock:spi are types, memory, provider, transport, readiness and resolver"
    );
}

#[test]
fn an_import_that_the_provider_lacks_is_named() {
    for contents in [
        r#"(export "fly" (func))"#,
        r#"(export "pump" (func (result string)))"#,
    ] {
        let program = program("winsock:spi/provider@0.1.0", contents);
        let error = compose_error(&program);
        let start = "its import winsock:spi/provider@0.1.0 does not fit the provider's: ";
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn asynchronous_components_are_told_from_others() {
    let synchronous = program("winsock:spi/types@0.1.0", "");
    assert!(!inspect(&synchronous).unwrap().is_asynchronous());
    let waits = r#"(export "finished-after" (func async (param "seen" u64) (result u64)))"#;
    let asynchronous = program("winsock:spi/readiness@0.1.0", waits);
    assert!(inspect(&asynchronous).unwrap().is_asynchronous());
}

#[test]
fn imports_of_nested_components_do_not_count() {
    let component = wasm(
        r#"(component
            (component (import "inner" (func)) (core module))
            (import "outer" (func)))"#,
    );
    assert_eq!(inspect(&component).unwrap().imports(), ["outer"]);
}
