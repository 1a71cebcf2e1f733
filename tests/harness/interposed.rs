//! Compositions in which nothing reaches the host but through the interposer.

use std::fs;
use std::mem;
use std::path::Path;

use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};
use wsp::compose::inspect;

use crate::component::directory_of_programs;

/// A program and its provider, both behind the interposer of that directory.
pub fn interposed_program(program: &[u8], directory: &Path) -> Vec<u8> {
    let mut composition = Composition::of_interposer_and_provider(directory);
    let program = composition.instantiate("test:program", program);
    composition.export_all(&program);
    composition.encode()
}

/// The provider behind the interposer, with the exports of both: who calls them from outside
/// can do what a program does. A test names its own `env!("CARGO_TARGET_TMPDIR")`.
pub fn interposed_provider(target_tmpdir: &str) -> Vec<u8> {
    let directory = directory_of_programs(target_tmpdir);
    let mut composition = Composition::of_interposer_and_provider(&directory);
    for part in mem::take(&mut composition.parts) {
        composition.export_all(&part);
    }
    composition.encode()
}

/// The provider over the portable component, with the exports of both, as
/// [`interposed_provider`].
pub fn portable_provider() -> Vec<u8> {
    let mut composition = Composition::of([
        ("test:portable", wsp_portable::COMPONENT),
        ("test:provider", wsp_provider::COMPONENT),
    ]);
    for part in mem::take(&mut composition.parts) {
        composition.export_all(&part);
    }
    composition.encode()
}

/// Whether nobody but the interposer may import that from the host.
fn is_interposed(import: &str) -> bool {
    let ours = import.strip_prefix("winsock:spi/");
    // The one has no functions, and the other no data.
    ours.is_some_and(|name| !name.starts_with("types@") && !name.starts_with("readiness@"))
}

/// Components that are linked with each other.
#[derive(Default)]
struct Composition {
    graph: CompositionGraph,
    /// What the next one is linked with.
    parts: Vec<Part>,
}

/// An instance with the names of its exports.
struct Part {
    instance: NodeId,
    exports: Vec<String>,
}

impl Composition {
    fn of_interposer_and_provider(directory: &Path) -> Composition {
        let bytes =
            fs::read(directory.join("interposer.wasm")).expect("`cargo xtask guest` builds it");
        Composition::of([
            ("test:interposer", &*bytes),
            ("test:provider", wsp_provider::COMPONENT),
        ])
    }

    /// These, each linked with those before it.
    fn of(parts: [(&str, &[u8]); 2]) -> Composition {
        let mut composition = Composition::default();
        for (name, bytes) in parts {
            let part = composition.instantiate(name, bytes);
            composition.parts.push(part);
        }
        composition
    }

    fn instantiate(&mut self, name: &str, bytes: &[u8]) -> Part {
        let interfaces = inspect(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let package = Package::from_bytes(name, None, bytes, self.graph.types_mut());
        let package = self
            .graph
            .register_package(package.expect("a component"))
            .expect("one of each name");
        let instance = self.graph.instantiate(package);
        for import in interfaces.imports() {
            let exporter = self.parts.iter().find(|part| part.exports.contains(import));
            let Some(exporter) = exporter else {
                let around = !self.parts.is_empty() && is_interposed(import);
                assert!(!around, "{name} reaches {import} around the interposer");
                continue;
            };
            let export = self.graph.alias_instance_export(exporter.instance, import);
            self.graph
                .set_instantiation_argument(instance, import, export.expect("it is exported"))
                .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
        Part {
            instance,
            exports: interfaces.exports().to_vec(),
        }
    }

    fn export_all(&mut self, part: &Part) {
        for name in &part.exports {
            let export = self.graph.alias_instance_export(part.instance, name);
            self.graph
                .export(export.expect("it is exported"), name)
                .expect("one of each name");
        }
    }

    fn encode(&self) -> Vec<u8> {
        self.graph
            .encode(EncodeOptions::default())
            .expect("they fit")
    }
}
