//! The provider component and its interface: what goes in, what comes out, and
//! that the committed files are the ones that the sources make.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use wasmtime::component::types::ComponentItem;
use wit_parser::{Docs, Resolve, Stability, TypeDef, TypeDefKind, WorldItem, WorldKey};
use wsp::compose::{compose, inspect};
use wsp_provider::COMPONENT;
use wsp_tests::directory_of_programs;
use xtask::component::{exports, imports};
use xtask::stamp::COMMITTED;

/// The workspace's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn the_provider_imports_exactly_memory_and_transport_besides_types() {
    // Of `gather` it has the types of a ticket, and no function.
    assert_eq!(
        imports(COMPONENT).unwrap(),
        [
            "winsock:spi/gather@0.2.0",
            "winsock:spi/memory@0.2.0",
            "winsock:spi/transport@0.2.0",
            "winsock:spi/types@0.2.0"
        ]
    );
    assert_eq!(
        functions_imported_from(COMPONENT, "winsock:spi/gather@0.2.0"),
        0
    );
}

#[test]
fn the_provider_exports_exactly_its_four_interfaces() {
    assert_eq!(
        exports(COMPONENT).unwrap(),
        [
            "winsock:spi/extensions@0.2.0",
            "winsock:spi/provider@0.2.0",
            "winsock:spi/threads@0.2.0",
            "winsock:spi/tickets@0.2.0"
        ]
    );
}

/// How many functions a component needs of an interface.
fn functions_imported_from(component: &[u8], interface: &str) -> usize {
    let engine = wasmtime::Engine::default();
    let component = wasmtime::component::Component::new(&engine, component).unwrap();
    let of_it = component.component_type();
    let imported = of_it.get_import(&engine, interface).unwrap();
    let ComponentItem::ComponentInstance(instance) = imported.ty else {
        panic!("{interface} is no interface");
    };
    let functions = instance.exports(&engine);
    functions
        .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
        .count()
}

#[test]
fn the_provider_is_valid_and_uses_nothing_asynchronous() {
    assert!(!inspect(COMPONENT).unwrap().is_asynchronous());
}

#[test]
fn the_committed_components_are_current() {
    for component in COMMITTED {
        assert!(
            component.is_current(root()).unwrap(),
            "{} was not built from the sources as they are: run `cargo xtask guest`",
            component.file
        );
    }
}

#[test]
fn the_library_holds_the_committed_provider() {
    let committed = std::fs::read(root().join("guest/provider/provider.wasm")).unwrap();
    assert!(COMPONENT == committed, "rebuild the library");
}

#[test]
fn a_composed_program_imports_nothing_of_the_provider() {
    let directory = directory_of_programs(env!("CARGO_TARGET_TMPDIR"));
    let mut composed = 0;
    for file in directory.read_dir().expect("run `cargo xtask guest`") {
        let program = std::fs::read(file.unwrap().path()).unwrap();
        let before = inspect(&program).unwrap();
        let after = inspect(&compose(&program).unwrap()).unwrap();
        assert!(!after.needs_provider());
        assert_eq!(after.exports(), before.exports());
        for import in after.imports() {
            let of_the_host = [
                "winsock:spi/types@0.2.0",
                "winsock:spi/gather@0.2.0",
                "winsock:spi/words@0.2.0",
                "winsock:spi/scheduling@0.2.0",
                "winsock:spi/memory@0.2.0",
                "winsock:spi/transport@0.2.0",
                "winsock:spi/readiness@0.2.0",
                "winsock:spi/resolver@0.2.0",
            ];
            assert!(
                import.starts_with("wasi:") || of_the_host.contains(&import.as_str()),
                "{import}"
            );
        }
        composed += usize::from(before.needs_provider());
    }
    assert!(composed > 0, "no program needs the provider");
}

fn wit() -> Resolve {
    let mut resolve = Resolve {
        all_features: true,
        ..Resolve::default()
    };
    resolve.push_dir(root().join("wit")).unwrap();
    resolve
}

/// What an item of the interface lacks, as a line each.
#[derive(Default)]
struct Lacking(Vec<String>);

impl Lacking {
    fn document(&mut self, item: &str, docs: &Docs) {
        if docs.contents.as_deref().unwrap_or_default().is_empty() {
            self.0.push(format!("{item} has no documentation"));
        }
    }

    fn item(&mut self, item: &str, docs: &Docs, stability: &Stability) {
        self.document(item, docs);
        match stability {
            Stability::Stable { since, .. } if since.to_string() == VERSION => {}
            Stability::Unstable { feature, .. } if feature == "tickets" => {}
            _ => self.0.push(format!("{item} has no @since of {VERSION}")),
        }
    }

    fn cases_of(&mut self, item: &str, definition: &TypeDef) {
        let cases: Vec<(&str, &Docs)> = match &definition.kind {
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter();
                cases.map(|case| (case.name.as_str(), &case.docs)).collect()
            }
            TypeDefKind::Enum(enumeration) => {
                let cases = enumeration.cases.iter();
                cases.map(|case| (case.name.as_str(), &case.docs)).collect()
            }
            TypeDefKind::Flags(flags) => {
                let flags = flags.flags.iter();
                flags.map(|flag| (flag.name.as_str(), &flag.docs)).collect()
            }
            // A record's own documentation speaks of its fields.
            _ => Vec::new(),
        };
        for (name, docs) in cases {
            self.document(&format!("{item}::{name}"), docs);
        }
    }
}

/// The version of the interface, of which everything is.
const VERSION: &str = "0.2.0";

#[test]
fn every_item_of_the_wit_is_documented_and_says_since_when() {
    let resolve = wit();
    let mut lacking = Lacking::default();
    let mut items = 0;
    for (_, package) in resolve.packages.iter() {
        lacking.document(&package.name.to_string(), &package.docs);
        for (name, world) in &package.worlds {
            let world = &resolve.worlds[*world];
            lacking.item(name, &world.docs, &world.stability);
        }
        for (name, interface) in &package.interfaces {
            let interface = &resolve.interfaces[*interface];
            lacking.item(name, &interface.docs, &interface.stability);
            for (function, definition) in &interface.functions {
                let item = format!("{name}.{function}");
                lacking.item(&item, &definition.docs, &definition.stability);
                items += 1;
            }
            for (type_name, definition) in &interface.types {
                let definition = &resolve.types[*definition];
                // What `use` brings in is documented where it comes from.
                if matches!(definition.kind, TypeDefKind::Type(_)) {
                    continue;
                }
                let item = format!("{name}.{type_name}");
                lacking.item(&item, &definition.docs, &definition.stability);
                lacking.cases_of(&item, definition);
                items += 1;
            }
        }
    }
    assert!(items > 50, "only {items} items were found");
    assert_eq!(lacking.0, Vec::<String>::new());
}

#[test]
fn the_worlds_of_the_wit_name_what_the_components_have() {
    let resolve = wit();
    let names = |items: &mut dyn Iterator<Item = (&WorldKey, &WorldItem)>| -> Vec<String> {
        let mut names: Vec<String> = items.map(|(key, _)| resolve.name_world_key(key)).collect();
        names.sort();
        names
    };
    let (_, world) = resolve
        .worlds
        .iter()
        .find(|(_, world)| world.name == "spi-provider")
        .unwrap();
    assert_eq!(
        names(&mut world.imports.iter()),
        imports(COMPONENT).unwrap()
    );
    assert_eq!(
        names(&mut world.exports.iter()),
        exports(COMPONENT).unwrap()
    );
}
