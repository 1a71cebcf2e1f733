#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;

/// A provider of one function, which takes what the real one takes: payload memory.
const PROVIDER: &str = r#"(component
    (import "winsock:spi/memory@0.2.0" (instance
        (export "wsabuf-array" (type (sub resource)))))
    (core module $m (func (export "pump") (result i64) i64.const 1))
    (core instance $i (instantiate $m))
    (func $pump (result u64) (canon lift (core func $i "pump")))
    (instance $provider (export "pump" (func $pump)))
    (export "winsock:spi/provider@0.2.0" (instance $provider))
    (instance $types)
    (export "winsock:spi/types@0.2.0" (instance $types))
)"#;

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn program(import: &str, contents: &str) -> Vec<u8> {
    wasm(&format!(
        r#"(component
            (import "{import}" (instance {contents}))
            (import "winsock:spi/memory@0.2.0" (instance
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
    let program = program("winsock:spi/provider@0.2.0", pump);
    assert!(inspect(&program).unwrap().needs_provider());

    let composed = compose_with(&program, &wasm(PROVIDER)).unwrap();
    let interfaces = inspect(&composed).unwrap();
    assert!(!interfaces.needs_provider());
    let mut imports = interfaces.imports().to_vec();
    imports.sort();
    assert_eq!(
        imports,
        ["wasi:cli/environment@0.2.6", "winsock:spi/memory@0.2.0"]
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
    let program = program("winsock:spi/provider@0.2.0", "");
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
    let program = program("winsock:spi/provider@0.1.0", "");
    assert_eq!(
        compose_error(&program),
        "it imports winsock:spi/provider@0.1.0, but this version of wsp has winsock:spi/provider@0.2.0: rebuild the program against that version"
    );
}

#[test]
fn a_later_patch_of_the_same_version_is_accepted() {
    let program = program(
        "winsock:spi/provider@0.2.7",
        r#"(export "pump" (func (result u64)))"#,
    );
    let composed = compose_with(&program, &wasm(PROVIDER)).unwrap();
    assert!(!inspect(&composed).unwrap().needs_provider());
}

#[test]
fn an_unknown_interface_is_named() {
    let program = program("winsock:spi/sockets@0.2.0", "");
    assert_eq!(
        compose_error(&program),
        "it imports winsock:spi/sockets@0.2.0, which does not exist: the interfaces of winsock:spi are types, memory, provider, extensions, tickets, threads, transport, gather, words, readiness and resolver"
    );
}

#[test]
fn an_import_that_the_provider_lacks_is_named() {
    for contents in [
        r#"(export "fly" (func))"#,
        r#"(export "pump" (func (result string)))"#,
    ] {
        let program = program("winsock:spi/provider@0.2.0", contents);
        let error = compose_error(&program);
        let start = "its import winsock:spi/provider@0.2.0 does not fit the provider's: ";
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn asynchronous_components_are_told_from_others() {
    let synchronous = program("winsock:spi/types@0.2.0", "");
    assert!(!inspect(&synchronous).unwrap().is_asynchronous());
    let waits = r#"(export "finished-after" (func async (param "seen" u64) (result u64)))"#;
    let asynchronous = program("winsock:spi/readiness@0.2.0", waits);
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

/// A program that imports the provider, and these too.
fn with_imports(imports: &str) -> Vec<u8> {
    wasm(&format!(
        r#"(component (import "winsock:spi/provider@0.2.0" (instance)) {imports})"#
    ))
}

#[test]
fn imports_as_wit_makes_them_are_passed_on() {
    for imports in [
        r#"(import "f" (func (param "a" (list (list string))) (result (result u8 (error (option string))))))"#,
        r#"(import "f" (func async (param "a" (stream u8)) (result (future string))))"#,
        // A world that uses an interface's resource, or has one of its own.
        r#"(import "wasi:a/b" (instance $x (export "r" (type (sub resource)))))
           (alias export $x "r" (type $s))
           (import "r" (type $t (eq $s)))
           (import "f" (func (param "x" (own $t))))"#,
        r#"(import "r" (type $r (sub resource))) (import "f" (func (param "x" (own $r))))"#,
        // Interfaces that use each other's types.
        r#"(import "wasi:a/b" (instance $x (export "r" (type (sub resource)))))
           (alias export $x "r" (type $s))
           (import "wasi:a/c" (instance $y (alias outer 1 $s (type $s)) (export "s" (type (eq $s)))))
           (alias export $y "s" (type $t))
           (import "wasi:a/d" (instance
               (alias outer 1 $t (type $t))
               (export "u" (type $u (eq $t)))
               (export "f" (func (param "x" (own $u))))))"#,
        r#"(import "wasi:a/b" (instance $x
               (export "r" (type $r (sub resource)))
               (type $l (record (field "z" (own $r))))
               (export "l" (type (eq $l)))))
           (alias export $x "l" (type $s))
           (import "wasi:a/d" (instance
               (alias outer 1 $s (type $s))
               (export "l" (type $u (eq $s)))
               (export "f" (func (param "x" $u)))))"#,
    ] {
        let composed = compose_with(&with_imports(imports), &wasm(PROVIDER));
        let composed = composed.unwrap_or_else(|error| panic!("{imports}: {error}"));
        assert!(!inspect(&composed).unwrap().needs_provider());
    }
}

#[test]
fn an_import_that_cannot_be_passed_on_is_named_with_what_it_has() {
    for (imports, sentence) in [
        (
            r#"(import "i" (instance (export "m" (core module))))"#,
            "its import i has m, which is a core module, which a composition cannot pass on",
        ),
        (
            r#"(import "i" (instance (export "c" (component))))"#,
            "its import i has c, which is a component",
        ),
        (
            r#"(import "m" (core module))"#,
            "its import m is a core module",
        ),
        (r#"(import "c" (component))"#, "its import c is a component"),
        // Left to itself, the composer recurses until the stack is used up.
        (
            r#"(import "wasi:a/b" (instance
                (export "r" (type $r (sub resource)))
                (export "i" (instance (alias outer 1 $r (type $q)) (export "q" (type (eq $q)))))))"#,
            "its import wasi:a/b has i, which is an instance",
        ),
        (
            r#"(import "r" (type $r (sub resource))) (import "f" (func (param "x" (borrow $r))))"#,
            "its import f borrows a resource outside of an interface",
        ),
        (
            r#"(import "wasi:a/b" (instance $x (export "r" (type (sub resource)))))
               (alias export $x "r" (type $s))
               (import "f" (func (param "x" (own $s))))"#,
            "its import f has a handle of a resource that is not named beside it",
        ),
        (
            r#"(import "r" (type $r (sub resource)))
               (import "wasi:a/b" (instance
                   (alias outer 1 $r (type $r)) (export "f" (func (param "x" (own $r))))))"#,
            "its import wasi:a/b has f, which has a handle of a resource that is not named beside it",
        ),
        (
            r#"(import "r" (type $r (sub resource)))
               (import "wasi:a/b" (instance
                   (alias outer 1 $r (type $q))
                   (export "q" (type $w (eq $q)))
                   (export "f" (func (param "x" (own $w))))))"#,
            "its import wasi:a/b has q, which is a resource of no interface",
        ),
    ] {
        let error = compose_error(&with_imports(imports));
        assert!(error.contains(sentence), "{imports}: {error}");
    }
}

#[test]
fn what_the_composer_asserts_ends_as_an_error() {
    // A type with a handle in it, whose interface has no name that the next could use.
    let program = with_imports(
        r#"(import "wasi:a/b" (instance $x
               (export "r" (type $r (sub resource)))
               (type $l (record (field "z" (own $r))))
               (export "l" (type (eq $l)))))
           (alias export $x "l" (type $s))
           (import "wasi:a/d" (instance
               (alias outer 1 $s (type $s)) (export "f" (func (param "x" $s)))))"#,
    );
    let error = compose_error(&program);
    let start = "it cannot be composed with the provider: the composer cannot take it (";
    assert!(error.starts_with(start), "{error}");
}

/// This many empty components, one within the other.
fn nested(depth: usize) -> Vec<u8> {
    const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
    let mut component = HEADER.to_vec();
    for _ in 0..depth {
        let mut outer = HEADER.to_vec();
        outer.push(4);
        let mut length = component.len();
        while length >= 128 {
            outer.push(128 | (length % 128) as u8);
            length /= 128;
        }
        outer.push(length as u8);
        outer.extend(component);
        component = outer;
    }
    component
}

#[test]
fn components_nested_too_deep_are_refused_before_they_are_validated() {
    assert!(inspect(&nested(MAXIMUM_NESTING)).is_ok());
    for depth in [MAXIMUM_NESTING + 1, 20_000] {
        assert_eq!(
            compose_error(&nested(depth)),
            "it has components nested more than 64 deep, which is the deepest that is read"
        );
    }
}

#[test]
fn a_component_larger_than_the_bound_is_refused() {
    // Zeros that are never written take no memory.
    let mut large = vec![0; MAXIMUM_BYTES + 1];
    large
        .get_mut(..8)
        .unwrap()
        .copy_from_slice(b"\0asm\x0d\0\x01\0");
    assert_eq!(
        compose_error(&large),
        "it has more than 268435456 bytes, which is the most that is read"
    );
}
