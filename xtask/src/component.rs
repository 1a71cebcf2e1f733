//! Components: made of core modules, and looked into.

use anyhow::{Context, Result};
use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

/// Makes a component of a core module with embedded component types.
///
/// # Errors
///
/// When the module does not fit the world that it says it has.
pub fn encode(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .module(module)?
        .validate(true)
        .encode()
}

/// Appends a custom section to a component.
pub fn append_custom_section(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    CustomSection {
        name: name.into(),
        data: data.into(),
    }
    .append_to_component(component);
}

/// The data of the outermost custom section of that name, if there is one.
///
/// # Errors
///
/// When `component` is no well-formed component.
pub fn custom_section(component: &[u8], name: &str) -> Result<Option<Vec<u8>>> {
    let mut found = None;
    at_top_level(component, |payload| {
        if let Payload::CustomSection(section) = payload
            && section.name() == name
        {
            found = Some(section.data().to_vec());
        }
        Ok(())
    })?;
    Ok(found)
}

/// The names of the interfaces and functions that a component imports, sorted,
/// such as `winsock:spi/memory@0.2.0`.
///
/// # Errors
///
/// When `component` is no well-formed component.
pub fn imports(component: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    at_top_level(component, |payload| {
        if let Payload::ComponentImportSection(imports) = payload {
            for import in imports {
                names.push(import?.name.name.to_owned());
            }
        }
        Ok(())
    })?;
    names.sort();
    Ok(names)
}

/// The names of what a component exports, sorted.
///
/// # Errors
///
/// When `component` is no well-formed component.
pub fn exports(component: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    at_top_level(component, |payload| {
        if let Payload::ComponentExportSection(exports) = payload {
            for export in exports {
                names.push(export?.name.name.to_owned());
            }
        }
        Ok(())
    })?;
    names.sort();
    Ok(names)
}

/// Calls `each` for the sections of the outermost component only.
fn at_top_level(component: &[u8], mut each: impl FnMut(Payload<'_>) -> Result<()>) -> Result<()> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.context("no well-formed component")? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            payload if depth == 0 => each(payload)?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;
    use wasm_encoder::{Component, Module, ModuleSection};

    #[test]
    fn a_custom_section_can_be_appended_and_is_found_at_the_top_level_only() {
        let mut module = Module::new();
        module.section(&CustomSection {
            name: "stamp".into(),
            data: b"inner".as_slice().into(),
        });
        let mut component = Component::new();
        component.section(&ModuleSection(&module));
        let mut component = component.finish();
        assert_eq!(custom_section(&component, "stamp").unwrap(), None);

        append_custom_section(&mut component, "stamp", b"outer");
        assert_eq!(custom_section(&component, "other").unwrap(), None);
        assert_eq!(
            custom_section(&component, "stamp").unwrap().unwrap(),
            b"outer"
        );
    }

    #[test]
    fn bytes_that_are_no_component_are_an_error() {
        assert!(imports(b"not wasm").is_err());
        assert!(encode(b"not wasm").is_err());
    }
}
