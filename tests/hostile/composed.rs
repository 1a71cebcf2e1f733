//! A program and a provider that is hostile too, as one component.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};
use wsp_tests::directory_of_programs;

/// The file with the program that calls the hostile provider. Whoever writes a program may
/// compose it with any provider, so that ours is never asked.
pub(crate) fn file() -> PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile_composed.wasm");
        fs::write(&file, compose()).expect("a directory for what tests write");
        file
    })
    .clone()
}

fn compose() -> Vec<u8> {
    let mut graph = CompositionGraph::new();
    let mut register = |name: &str| {
        let path = directory_of_programs(env!("CARGO_TARGET_TMPDIR")).join(name);
        let bytes = fs::read(path.with_extension("wasm")).expect("`cargo xtask guest` builds it");
        let package = Package::from_bytes(name, None, bytes, graph.types_mut());
        graph
            .register_package(package.expect("a component"))
            .expect("one of each name")
    };
    let (provider, caller) = (register("hostile_provider"), register("hostile_caller"));
    plug(&mut graph, vec![provider], caller).expect("they fit");
    graph.encode(EncodeOptions::default()).expect("they fit")
}
