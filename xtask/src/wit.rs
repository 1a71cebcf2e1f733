//! The WIT package as a component, as registries keep packages, and its copies in the crates
//! whose bindings are generated from it.

use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use wasm_metadata::{AddMetadata, AddMetadataField};
use wasmparser::{Validator, WasmFeatures};
use wit_component::{DecodedWasm, OutputToString, WitPrinter, decode, encode};
use wit_parser::{PackageId, Resolve};

use crate::{process::progress, workspace::Workspace};

/// The copies: a crate that is published has no file of another folder.
const COPIES: [&str; 4] = [
    "guest/portable/winsock-spi",
    "guest/provider/winsock-spi",
    "guest/sdk/winsock-spi",
    "host/winsock-spi",
];

/// Makes every copy the same as `wit/` again.
pub(crate) fn copy(workspace: &Workspace) -> Result<()> {
    let files = files(&workspace.root.join("wit"))?;
    for copy in COPIES {
        let folder = workspace.root.join(copy);
        if self::files(&folder).is_ok_and(|there| there == files) {
            continue;
        }
        let cannot = || format!("cannot write {}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(cannot)?;
        }
        fs::create_dir_all(&folder).with_context(cannot)?;
        for (name, text) in &files {
            fs::write(folder.join(name), text).with_context(cannot)?;
        }
    }
    Ok(())
}

/// Checks that every copy is the same as `wit/`.
pub(crate) fn check_copies(workspace: &Workspace) -> Result<()> {
    let files = files(&workspace.root.join("wit"))?;
    for copy in COPIES {
        if self::files(&workspace.root.join(copy))? != files {
            bail!("{copy} is not the same as wit: `cargo xtask wit` copies it");
        }
    }
    Ok(())
}

/// The WIT files of a folder, by name.
fn files(folder: &Path) -> Result<BTreeMap<OsString, String>> {
    let cannot = || format!("cannot read {}", folder.display());
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if let Some(name) = path.file_name()
            && path.extension().is_some_and(|extension| extension == "wit")
        {
            let text = fs::read_to_string(&path).with_context(cannot)?;
            files.insert(name.to_owned(), text);
        }
    }
    Ok(files)
}

/// `wit/wkg.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    authors: String,
    description: String,
    license: String,
}

/// Writes the package to `file`, or below the target directory, and checks what was written:
/// it is valid, and says what the text says.
pub(crate) fn write(workspace: &Workspace, file: Option<&Path>) -> Result<()> {
    let source = workspace.root.join("wit");
    let (resolve, package) = read(&source)?;
    let component = described(&source, &encode(&resolve, package)?)?;
    check(&component, &printed(&resolve, package)?)?;

    let name = &resolve
        .packages
        .get(package)
        .context("the package is not there")?
        .name;
    let file = match file {
        Some(file) => file.to_owned(),
        None => {
            let version = name
                .version
                .as_ref()
                .context("the package has no version")?;
            let file = format!("{}-{}-{version}.wasm", name.namespace, name.name);
            workspace.packages().join(file)
        }
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(&file, &component).with_context(|| format!("cannot write {}", file.display()))?;
    progress(&format!(
        "{name}: {} bytes in {}",
        component.len(),
        file.display()
    ));
    Ok(())
}

/// Everything in the folder, also what only those see who ask for a feature.
fn read(source: &Path) -> Result<(Resolve, PackageId)> {
    let mut resolve = Resolve {
        all_features: true,
        ..Resolve::default()
    };
    let (package, _) = resolve
        .push_dir(source)
        .with_context(|| format!("{} is no WIT package", source.display()))?;
    Ok((resolve, package))
}

/// The component with what `wkg.toml` says of it.
fn described(source: &Path, component: &[u8]) -> Result<Vec<u8>> {
    let file = source.join("wkg.toml");
    let cannot = || format!("cannot read {}", file.display());
    let text = fs::read_to_string(&file).with_context(cannot)?;
    let Manifest { metadata } = toml::from_str(&text).with_context(cannot)?;
    let mut add = AddMetadata::default();
    add.authors = AddMetadataField::Set(metadata.authors.parse()?);
    add.description = AddMetadataField::Set(metadata.description.parse()?);
    add.licenses = AddMetadataField::Set(metadata.license.parse()?);
    add.to_wasm(component)
}

/// Reads a component again, which must say the same as the text.
fn check(component: &[u8], text: &str) -> Result<()> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    validator
        .validate_all(component)
        .context("the package is no valid component")?;
    let DecodedWasm::WitPackage(resolve, package) = decode(component)? else {
        anyhow::bail!("what was written is no WIT package");
    };
    ensure!(
        printed(&resolve, package)? == text,
        "the package does not say what the text says"
    );
    Ok(())
}

fn printed(resolve: &Resolve, package: PackageId) -> Result<String> {
    let mut printer = WitPrinter::<OutputToString>::default();
    printer.print(resolve, package, &[])?;
    Ok(printer.output.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn package(text: &str) -> (Vec<u8>, String) {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("package.wit", text).unwrap();
        let component = encode(&resolve, package).unwrap();
        (component, printed(&resolve, package).unwrap())
    }

    #[test]
    fn a_package_is_what_its_text_says_and_no_other() {
        let (component, text) = package("package a:b@1.0.0; interface c { d: func(); }");
        check(&component, &text).unwrap();
        let (_, other) = package("package a:b@1.0.0; interface c { d: func() -> u8; }");
        check(&component, &other).unwrap_err();
        check(b"\0asm", &text).unwrap_err();
    }
}
