//! Whatever text or bytes they are given, the readers of policies, rules, limits and
//! components answer, and do not panic.
//!
//! The texts are made of pieces of real ones, damaged; the components are real ones with
//! some bytes changed, cut or repeated. `PROPTEST_CASES` says how many of each.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::env;
use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use wsp::Limits;
use wsp::compose::{compose, inspect};
use wsp::policy::{NamePattern, PolicyConfig, Rule, Target};
use wsp::quota::Size;
use wsp_tests::directory_of_programs;

/// Pieces of rules, policy files, sizes and durations.
const PIECES: [&str; 56] = [
    "tcp://",
    "udp://",
    "http://",
    "://",
    "*",
    ":",
    ":*",
    ":0",
    ":80",
    ":65536",
    "80-",
    "-90",
    "8000-8099,9000",
    "10.0.0.0/8",
    "/33",
    "/",
    "127.1",
    "0x7f.1",
    "010.0.0.1",
    "192.0.2.1",
    "[",
    "]",
    "[::1]",
    "[fe80::1%eth0]",
    "[2002::]/16",
    "[::]/0",
    "localhost",
    "db.example.com.",
    "*.example.com",
    "a..b",
    "-",
    "_",
    "[outbound]\n",
    "[[outbound]]\n",
    "[inbound]\n",
    "[peer]\n",
    "[resolve]\n",
    "[quota]\n",
    "allow = ",
    "deny = ",
    "mode = \"count\"\n",
    "sockets = ",
    "payload-bytes = ",
    "timeout = ",
    "\"64KiB\"\n",
    "\"30s\"\n",
    "-1\n",
    "1e400\n",
    "\"",
    "'''",
    "\\u0000",
    "\u{feff}",
    "\u{1b}[2J",
    "#",
    "\n",
    " ",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => select(&PIECES[..]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => any::<u32>().prop_map(|number| number.to_string()),
        1 => ".*",
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// How a component is damaged.
#[derive(Clone, Debug)]
enum Damage {
    Change(Index, u8),
    Cut(Index),
    Remove(Index, u8),
    Repeat(Index, u16),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let damage = prop_oneof![
        6 => (any::<Index>(), any::<u8>()).prop_map(|(at, to)| Damage::Change(at, to)),
        1 => any::<Index>().prop_map(Damage::Cut),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, count)| Damage::Remove(at, count)),
        2 => (any::<Index>(), any::<u16>()).prop_map(|(at, count)| Damage::Repeat(at, count)),
    ];
    vec(damage, 1..5)
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match damage {
            Damage::Change(at, to) => *at.get_mut(&mut bytes) = *to,
            Damage::Cut(at) => bytes.truncate(at.index(length)),
            Damage::Remove(at, count) => {
                let at = at.index(length);
                bytes.drain(at..length.min(at + usize::from(*count)));
            }
            Damage::Repeat(at, count) => {
                let at = at.index(length);
                let part = bytes[at..length.min(at + usize::from(*count))].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

/// Small components: a program that imports the provider, and texts of few sections.
fn components() -> Vec<Vec<u8>> {
    let texts = [
        "(component)",
        r#"(component
            (import "winsock:spi/provider@0.2.0" (instance (export "pump" (func (result u64))))))"#,
        r#"(component
            (core module $m (func (export "f")))
            (core instance (instantiate $m))
            (component $c (import "a" (func)) (export "b" (func 0)))
            (type $t (instance (export "r" (type (sub resource)))))
            (import "x:y/z@1.2.3" (instance (type $t))))"#,
    ];
    let mut components: Vec<Vec<u8>> = texts
        .iter()
        .map(|text| wat::parse_str(text).expect("a component"))
        .collect();
    let program = directory_of_programs(env!("CARGO_TARGET_TMPDIR")).join("exit_status.wasm");
    components.push(fs::read(program).expect("`cargo xtask guest` builds it"));
    components
}

/// As many cases, unless `PROPTEST_CASES` says otherwise.
fn config(cases: u32) -> ProptestConfig {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    match env::var_os("PROPTEST_CASES") {
        Some(_) => config,
        None => ProptestConfig { cases, ..config },
    }
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn no_text_is_too_much_for_a_reader(text in text()) {
        // Whatever is read prints as something that is read again.
        if let Ok(rule) = text.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse(), Ok(rule));
        }
        if let Ok(pattern) = text.parse::<NamePattern>() {
            prop_assert_eq!(pattern.to_string().parse(), Ok(pattern));
        }
        if let Ok(target) = text.parse::<Target>() {
            prop_assert_eq!(target.to_string().parse(), Ok(target));
        }
        if let Ok(size) = text.parse::<Size>() {
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }
        if let Ok(config) = text.parse::<PolicyConfig>() {
            prop_assert_eq!(config.to_string().parse(), Ok(config));
        }
        if let Ok(limits) = toml::from_str::<Limits>(&text) {
            let printed = toml::to_string(&limits).expect("limits print");
            prop_assert_eq!(toml::from_str(&printed), Ok(limits));
        }
    }
}

#[test]
fn no_component_is_too_much_for_the_composer() {
    let components = components();
    let damages = (any::<Index>(), damage());
    proptest!(config(2000), |((which, damages) in damages)| {
        let bytes = damaged(which.get(&components).clone(), &damages);
        if let Ok(composed) = compose(&bytes) {
            prop_assert!(inspect(&composed).is_ok());
        }
        let _ = inspect(&bytes);
    });
}
