//! What the instances of a component take beside their memories and tables: each core
//! instance has a slot for every global, function and import of its module, and a
//! component of some KiB may instantiate one of many globals thousands of times.

use wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentTypeRef, ElementItems, Instance, Parser, Payload,
};

// Bytes, rounded up from what wasmtime lays out for a machine of 64 bits.
const INSTANCE: u64 = 1024;
const GLOBAL: u64 = 16;
const FUNCTION: u64 = 40;
const IMPORT: u64 = 40;
const ELEMENT: u64 = 16;
/// A table, memory, tag, segment, or canonical function: whatever has a record of its own.
const RECORD: u64 = 64;

/// A module or component that is a parameter or comes out of an instance.
const UNKNOWN: u32 = u32::MAX;

/// An upper estimate, in bytes, of what all core instances of a valid component take
/// outside of their memories and tables. A module that comes from elsewhere counts as
/// the largest there is; a component that does has no bound.
pub(super) fn estimate(bytes: &[u8]) -> Result<u64, BinaryReaderError> {
    let mut largest = 0;
    let mut scopes = vec![Scope::default()];
    let mut total = Cost::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::ModuleSection { .. } => {
                scopes.push(Scope {
                    own: Cost::bytes(INSTANCE),
                    is_module: true,
                    ..Scope::default()
                });
                continue;
            }
            Payload::ComponentSection { .. } => {
                scopes.push(Scope::default());
                continue;
            }
            Payload::End(_) => {
                let Some(ended) = scopes.pop() else { continue };
                match scopes.last_mut() {
                    Some(outer) if ended.is_module => {
                        let allocated = allocated(ended.own.bytes);
                        largest = largest.max(allocated);
                        outer.modules.push(Cost::bytes(allocated));
                    }
                    Some(outer) => outer.components.push(ended.own),
                    None => total = ended.own,
                }
                continue;
            }
            _ => {}
        }
        match scopes.last_mut() {
            Some(module) if module.is_module => module.add_of_module(payload)?,
            _ => add_of_component(&mut scopes, payload)?,
        }
    }
    Ok(total
        .bytes
        .saturating_add(total.unknown.saturating_mul(largest)))
}

/// With what an allocator adds to it: whole pages, for the larger ones.
const fn allocated(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 16)
}

/// What instantiating something once costs.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    bytes: u64,
    /// Instances of unknown modules.
    unknown: u64,
}

impl Cost {
    const WITHOUT_BOUND: Cost = Cost::bytes(u64::MAX);

    const fn bytes(bytes: u64) -> Cost {
        Cost { bytes, unknown: 0 }
    }

    fn add(&mut self, other: Cost) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.unknown = self.unknown.saturating_add(other.unknown);
    }
}

/// A module or component that is being read, and the index spaces of it.
#[derive(Debug, Default)]
struct Scope {
    is_module: bool,
    own: Cost,
    modules: Vec<Cost>,
    components: Vec<Cost>,
}

impl Scope {
    fn module(&self, index: u32) -> Cost {
        let unknown = Cost {
            bytes: 0,
            unknown: 1,
        };
        self.modules.get(index as usize).copied().unwrap_or(unknown)
    }

    fn component(&self, index: u32) -> Cost {
        let component = self.components.get(index as usize);
        component.copied().unwrap_or(Cost::WITHOUT_BOUND)
    }

    fn add_records(&mut self, count: u64, each: u64) {
        self.own.add(Cost::bytes(count.saturating_mul(each)));
    }

    fn add_of_module(&mut self, payload: Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    import?;
                    self.add_records(1, IMPORT);
                }
            }
            Payload::FunctionSection(section) => self.add_records(section.count().into(), FUNCTION),
            Payload::GlobalSection(section) => self.add_records(section.count().into(), GLOBAL),
            Payload::TableSection(section) => self.add_records(section.count().into(), RECORD),
            Payload::MemorySection(section) => self.add_records(section.count().into(), RECORD),
            Payload::TagSection(section) => self.add_records(section.count().into(), RECORD),
            Payload::DataSection(section) => self.add_records(section.count().into(), RECORD),
            Payload::ElementSection(section) => {
                for element in section {
                    let items = match element?.items {
                        ElementItems::Functions(items) => items.count(),
                        ElementItems::Expressions(_, items) => items.count(),
                    };
                    self.add_records(1, RECORD);
                    self.add_records(items.into(), ELEMENT);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Another name of a module or component.
    fn name(&mut self, kind: ComponentExternalKind, index: u32) {
        match kind {
            ComponentExternalKind::Module => self.modules.push(self.module(index)),
            ComponentExternalKind::Component => self.components.push(self.component(index)),
            _ => {}
        }
    }
}

/// Reads a section of the component that is the last of `scopes`, which are within each other.
fn add_of_component(scopes: &mut [Scope], payload: Payload<'_>) -> Result<(), BinaryReaderError> {
    let depth = scopes.len();
    let Some((scope, outer)) = scopes.split_last_mut() else {
        return Ok(());
    };
    match payload {
        Payload::ComponentImportSection(section) => {
            for import in section {
                match import?.ty {
                    ComponentTypeRef::Module(_) => {
                        scope.name(ComponentExternalKind::Module, UNKNOWN);
                    }
                    ComponentTypeRef::Component(_) => {
                        scope.name(ComponentExternalKind::Component, UNKNOWN);
                    }
                    _ => {}
                }
            }
        }
        Payload::ComponentExportSection(section) => {
            for export in section {
                let export = export?;
                scope.name(export.kind, export.index);
            }
        }
        Payload::ComponentAliasSection(section) => {
            for alias in section {
                match alias? {
                    ComponentAlias::InstanceExport { kind, .. } => scope.name(kind, UNKNOWN),
                    ComponentAlias::Outer { kind, count, index } => {
                        let of = match depth.checked_sub(count as usize + 1) {
                            Some(at) => outer.get(at),
                            None => None,
                        };
                        let of = of.unwrap_or(scope);
                        match kind {
                            ComponentOuterAliasKind::CoreModule => {
                                let module = of.module(index);
                                scope.modules.push(module);
                            }
                            ComponentOuterAliasKind::Component => {
                                let component = of.component(index);
                                scope.components.push(component);
                            }
                            _ => {}
                        }
                    }
                    ComponentAlias::CoreInstanceExport { .. } => {}
                }
            }
        }
        Payload::InstanceSection(section) => {
            for instance in section {
                if let Instance::Instantiate { module_index, .. } = instance? {
                    let module = scope.module(module_index);
                    scope.own.add(module);
                }
            }
        }
        Payload::ComponentInstanceSection(section) => {
            for instance in section {
                if let ComponentInstance::Instantiate {
                    component_index, ..
                } = instance?
                {
                    let component = scope.component(component_index);
                    scope.own.add(component);
                }
            }
        }
        Payload::ComponentCanonicalSection(section) => {
            scope.add_records(section.count().into(), RECORD);
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn of(text: &str) -> u64 {
        estimate(&wat::parse_str(text).unwrap()).unwrap()
    }

    fn module(globals: usize) -> String {
        let globals = "(global i64 (i64.const 0))".repeat(globals);
        format!("(core module $m {globals})")
    }

    #[test]
    fn what_is_not_instantiated_costs_nothing() {
        assert_eq!(of("(component)"), 0);
        assert_eq!(of(&format!("(component {})", module(1000))), 0);
        assert_eq!(
            of("(component (component (core module $m) (core instance (instantiate $m))))"),
            0
        );
    }

    #[test]
    fn every_instance_counts_with_all_that_its_module_has() {
        let once = "(core instance (instantiate $m))";
        let (one, many) = (
            of(&format!("(component {} {once})", module(1000))),
            of(&format!("(component {} {})", module(1000), once.repeat(50))),
        );
        assert_eq!(one, allocated(INSTANCE + 1000 * GLOBAL));
        assert_eq!(many, 50 * one);
        let full = of(r#"(component (core module $m
            (import "" "f" (func)) (func) (table 1 funcref) (memory 1) (data "x") (elem func 0 1))
            (core module $f (func (export "f")))
            (core instance $f (instantiate $f))
            (core instance (instantiate $m (with "" (instance $f)))))"#);
        let one = INSTANCE + IMPORT + FUNCTION + 4 * RECORD + 2 * ELEMENT;
        let other = INSTANCE + FUNCTION;
        assert_eq!(full, allocated(one) + allocated(other));
    }

    #[test]
    fn components_within_each_other_multiply() {
        let mut text = format!(
            "(component $c {} (core instance (instantiate $m)))",
            module(100)
        );
        for _ in 0..5 {
            text = format!(
                "(component $c {text} {})",
                "(instance (instantiate $c))".repeat(10)
            );
        }
        assert_eq!(of(&text), 100_000 * allocated(INSTANCE + 100 * GLOBAL));
        for _ in 0..30 {
            text = format!(
                "(component $c {text} {})",
                "(instance (instantiate $c))".repeat(10)
            );
        }
        assert_eq!(of(&text), u64::MAX, "it saturates");
    }

    #[test]
    fn a_module_by_another_name_is_the_same_and_an_unknown_one_the_largest() {
        let largest = allocated(INSTANCE + 1000 * GLOBAL);
        let outer = format!(
            "(component $o {} (component $c
                (alias outer $o $m (core module $n)) (core instance (instantiate $n)))
                (instance (instantiate $c)))",
            module(1000)
        );
        assert_eq!(of(&outer), largest);
        let parameter = format!(
            r#"(component {} (core module $small)
                (component $c (import "m" (core module $n))
                    (core instance (instantiate $n)) (core instance (instantiate $n)))
                (instance (instantiate $c (with "m" (core module $small)))))"#,
            module(1000)
        );
        assert_eq!(of(&parameter), 2 * largest);
        let component = r#"(component (component $e)
            (component $c (import "c" (component $d)) (instance (instantiate $d)))
            (instance (instantiate $c (with "c" (component $e)))))"#;
        assert_eq!(of(component), u64::MAX);
    }
}
