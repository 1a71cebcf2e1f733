//! What of a valid component cannot be passed on by a composition: its imports
//! become imports of the composed component, whose types `wac-graph` writes anew.
//! It cannot express some, and asserts or recurses without end at others, so it only
//! gets those that are made as WIT makes them.

use std::collections::HashSet;
use std::iter;

use wasmparser::component_types::{
    AliasableResourceId, ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId,
    ComponentEntityType, ComponentFuncTypeId, ComponentInstanceTypeId, ComponentValType,
    ResourceId,
};
use wasmparser::types::TypesRef;

use super::ComposeError;

/// Refuses the first of `imports` that cannot be passed on.
pub(super) fn check(types: TypesRef<'_>, imports: &[&str]) -> Result<(), ComposeError> {
    let items = imports
        .iter()
        .filter_map(|name| Some((*name, types.component_item_for_import(name)?.ty)));
    let items: Vec<_> = items.collect();
    let mut before = Before::default();
    let mut outside = Scope::new(types, items.iter().map(|(_, item)| *item));
    for (import, item) in items {
        let refused = match item {
            ComponentEntityType::Instance(instance) => before.check_instance(types, instance),
            ComponentEntityType::Func(function) => outside
                .check_function(&before, function)
                .or_else(|| outside.borrows.then(|| BORROWS.to_owned())),
            ComponentEntityType::Type { created, .. } => {
                let refused = outside.check_type(&before, created);
                before.note(created, false);
                refused
            }
            ComponentEntityType::Module(_) => Some("is a core module".to_owned()),
            ComponentEntityType::Component(_) => Some("is a component".to_owned()),
            ComponentEntityType::Value(_) => Some("is a value".to_owned()),
        };
        if let Some(why) = refused {
            return Err(ComposeError::Unsupported {
                import: crate::printable(import),
                why,
            });
        }
    }
    Ok(())
}

const BORROWS: &str = "borrows a resource outside of an interface";

/// The types that earlier imports have named.
#[derive(Default)]
struct Before {
    defined: HashSet<ComponentDefinedTypeId>,
    /// Resources of interfaces.
    resources: HashSet<ResourceId>,
    /// Resources of no interface.
    loose: HashSet<ResourceId>,
}

impl Before {
    fn note(&mut self, created: ComponentAnyTypeId, in_interface: bool) {
        match created {
            ComponentAnyTypeId::Defined(defined) => {
                self.defined.insert(defined);
            }
            ComponentAnyTypeId::Resource(resource) => {
                let resource = resource.resource();
                if in_interface {
                    self.resources.insert(resource);
                } else if !self.resources.contains(&resource) {
                    self.loose.insert(resource);
                }
            }
            _ => {}
        }
    }

    /// Whether a type is one of those, by another name or the same.
    fn has(&self, types: TypesRef<'_>, defined: ComponentDefinedTypeId) -> bool {
        let aliases = iter::successors(Some(defined), |defined| types.peel_alias(*defined));
        aliases
            .into_iter()
            .any(|defined| self.defined.contains(&defined))
    }

    /// Why an instance cannot be passed on.
    fn check_instance(
        &mut self,
        types: TypesRef<'_>,
        instance: ComponentInstanceTypeId,
    ) -> Option<String> {
        let exports = &types.get(instance)?.exports;
        let mut scope = Scope::new(types, exports.values().map(|item| item.ty));
        for (name, item) in exports {
            let refused = match item.ty {
                ComponentEntityType::Func(function) => scope.check_function(self, function),
                ComponentEntityType::Type {
                    created: ComponentAnyTypeId::Resource(resource),
                    ..
                } if self.loose.contains(&resource.resource()) => {
                    Some("is a resource of no interface".to_owned())
                }
                ComponentEntityType::Type { created, .. } => scope.check_type(self, created),
                ComponentEntityType::Instance(_) => Some("is an instance".to_owned()),
                ComponentEntityType::Module(_) => Some("is a core module".to_owned()),
                ComponentEntityType::Component(_) => Some("is a component".to_owned()),
                ComponentEntityType::Value(_) => Some("is a value".to_owned()),
            };
            if let Some(why) = refused {
                return Some(format!("has {name}, which {why}"));
            }
        }
        for item in exports.values() {
            if let ComponentEntityType::Type { created, .. } = item.ty {
                self.note(created, true);
            }
        }
        None
    }
}

/// An interface, or the world outside of all. What is in it may have handles of those
/// resources only that it names itself, unless as part of another's type.
struct Scope<'a> {
    types: TypesRef<'a>,
    named: HashSet<AliasableResourceId>,
    /// What has no handle of another resource, or is being looked at.
    seen: HashSet<ComponentDefinedTypeId>,
    /// Whether a handle that was seen is a borrowed one.
    borrows: bool,
}

impl<'a> Scope<'a> {
    fn new(types: TypesRef<'a>, items: impl Iterator<Item = ComponentEntityType>) -> Scope<'a> {
        let named = items.filter_map(|item| match item {
            ComponentEntityType::Type {
                created: ComponentAnyTypeId::Resource(resource),
                ..
            } => Some(resource),
            _ => None,
        });
        Scope {
            types,
            named: named.collect(),
            seen: HashSet::new(),
            borrows: false,
        }
    }

    fn check_type(&mut self, before: &Before, created: ComponentAnyTypeId) -> Option<String> {
        match created {
            ComponentAnyTypeId::Defined(defined) => {
                self.check(before, ComponentValType::Type(defined))
            }
            ComponentAnyTypeId::Func(function) => self.check_function(before, function),
            ComponentAnyTypeId::Resource(_) => None,
            ComponentAnyTypeId::Instance(_) => Some("is the type of an instance".to_owned()),
            ComponentAnyTypeId::Component(_) => Some("is the type of a component".to_owned()),
        }
    }

    fn check_function(&mut self, before: &Before, function: ComponentFuncTypeId) -> Option<String> {
        let function = self.types.get(function)?;
        let parameters = function.params.iter().map(|(_, parameter)| *parameter);
        let mut values = parameters.chain(function.result);
        values.find_map(|value| self.check(before, value))
    }

    /// Types nest no deeper than the validator lets them, which is 100.
    fn check(&mut self, before: &Before, value: ComponentValType) -> Option<String> {
        let ComponentValType::Type(id) = value else {
            return None;
        };
        if !self.seen.insert(id) || before.has(self.types, id) {
            return None;
        }
        let defined = self.types.get(id)?;
        let inner: Vec<ComponentValType> = match defined {
            ComponentDefinedType::Own(resource) | ComponentDefinedType::Borrow(resource) => {
                self.borrows |= matches!(defined, ComponentDefinedType::Borrow(_));
                let foreign = !self.named.contains(resource);
                return foreign
                    .then(|| "has a handle of a resource that is not named beside it".to_owned());
            }
            ComponentDefinedType::Primitive(_)
            | ComponentDefinedType::Flags(_)
            | ComponentDefinedType::Enum(_) => return None,
            ComponentDefinedType::Record(record) => record.fields.values().copied().collect(),
            ComponentDefinedType::Variant(variant) => {
                variant.cases.values().filter_map(|case| case.ty).collect()
            }
            ComponentDefinedType::Tuple(tuple) => tuple.types.to_vec(),
            ComponentDefinedType::List { element, .. }
            | ComponentDefinedType::FixedLengthList { element, .. } => vec![*element],
            ComponentDefinedType::Map { key, value, .. } => vec![*key, *value],
            ComponentDefinedType::Option { ty, .. } => vec![*ty],
            ComponentDefinedType::Result { ok, err, .. } => ok.iter().chain(err).copied().collect(),
            ComponentDefinedType::Future { ty, .. } | ComponentDefinedType::Stream { ty, .. } => {
                ty.iter().copied().collect()
            }
        };
        inner
            .into_iter()
            .find_map(|value| self.check(before, value))
    }
}
