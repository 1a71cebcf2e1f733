//! The licences and sources of what is built here, without a network.

use std::{collections::BTreeSet, fs, process::Command};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use spdx::{Expression, ParseMode};

use crate::{
    process::{output, progress},
    workspace::{Workspace, cargo},
};

/// The only place that packages come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks every package that is built for this machine against `deny.toml`.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let configuration = fs::read_to_string(workspace.root.join("deny.toml"));
    let allowed = allowed(&configuration.context("cannot read deny.toml")?)?;
    let mut metadata = Command::new(cargo());
    metadata
        .args(["metadata", "--offline", "--locked", "--format-version=1"])
        .args(["--filter-platform", &host()?])
        .current_dir(&workspace.root);
    let metadata: Value = serde_json::from_str(&output(metadata)?)?;
    let packages = packages(&metadata)?;
    let refused: Vec<String> = packages
        .iter()
        .filter_map(|package| package.objection(&allowed))
        .collect();
    if !refused.is_empty() {
        bail!(
            "packages that deny.toml does not allow:\n{}",
            refused.join("\n")
        );
    }
    progress(&format!(
        "{} packages have allowed licences",
        packages.len()
    ));
    Ok(())
}

/// The triple of this machine.
fn host() -> Result<String> {
    let mut rustc = Command::new("rustc");
    rustc.arg("-vV");
    let version = output(rustc)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}

/// `licenses.allow` of `deny.toml`.
fn allowed(configuration: &str) -> Result<BTreeSet<String>> {
    let configuration: toml::Table = toml::from_str(configuration).context("deny.toml")?;
    let allow = configuration
        .get("licenses")
        .and_then(|licences| licences.get("allow"))
        .and_then(toml::Value::as_array)
        .context("deny.toml has no licenses.allow")?;
    Ok(allow
        .iter()
        .filter_map(|licence| licence.as_str().map(str::to_owned))
        .collect())
}

/// What `cargo metadata` says of a package.
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    licence: Option<&'a str>,
    /// None for a package of this workspace.
    source: Option<&'a str>,
}

/// The packages that are built for the platform.
fn packages(metadata: &Value) -> Result<Vec<Package<'_>>> {
    let list = |value: &'static [&'static str]| {
        let found = value.iter().try_fold(metadata, |value, key| value.get(key));
        let found = found.and_then(Value::as_array);
        found.with_context(|| format!("`cargo metadata` has no {}", value.join(".")))
    };
    fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
        value.get(key).and_then(Value::as_str)
    }
    let nodes = list(&["resolve", "nodes"])?;
    let built: BTreeSet<&str> = nodes.iter().filter_map(|node| text(node, "id")).collect();
    let packages = list(&["packages"])?.iter();
    let packages =
        packages.filter(|package| text(package, "id").is_some_and(|id| built.contains(id)));
    let packages: Vec<Package<'_>> = packages
        .map(|package| Package {
            name: text(package, "name").unwrap_or_default(),
            version: text(package, "version").unwrap_or_default(),
            licence: text(package, "license"),
            source: text(package, "source"),
        })
        .collect();
    if packages.is_empty() {
        bail!("`cargo metadata` names no package");
    }
    Ok(packages)
}

impl Package<'_> {
    /// What is wrong with it, if anything.
    fn objection(&self, allowed: &BTreeSet<String>) -> Option<String> {
        let (name, version) = (self.name, self.version);
        if let Some(source) = self.source
            && source != REGISTRY
        {
            return Some(format!("{name} {version} comes from {source}"));
        }
        let Some(licence) = self.licence else {
            return Some(format!("{name} {version} names no licence"));
        };
        match Expression::parse_mode(licence, ParseMode::LAX) {
            Ok(expression)
                if expression.evaluate(|licence| allowed.contains(&licence.to_string())) =>
            {
                None
            }
            Ok(_) => Some(format!("{name} {version} has the licence {licence}")),
            Err(_) => Some(format!(
                "{name} {version} has {licence:?}, which is no licence expression"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn objection(licence: Option<&str>, source: Option<&str>) -> Option<String> {
        let allowed = allowed("licenses.allow = ['MIT', 'Apache-2.0 WITH LLVM-exception']");
        let package = Package {
            name: "p",
            version: "1.0.0",
            licence,
            source,
        };
        package.objection(&allowed.unwrap())
    }

    #[test]
    fn a_package_needs_one_way_to_be_allowed_and_all_parts_of_it() {
        for licence in [
            "MIT",
            "MIT/Apache-2.0",
            "Apache-2.0 / MIT",
            "GPL-3.0-only OR MIT",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(objection(Some(licence), Some(REGISTRY)), None);
        }
        for licence in [
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "Apache-2.0",
            "whatever",
        ] {
            assert!(
                objection(Some(licence), Some(REGISTRY)).is_some(),
                "{licence}"
            );
        }
        assert_eq!(objection(None, None).unwrap(), "p 1.0.0 names no licence");
    }

    #[test]
    fn a_package_from_elsewhere_is_refused_whatever_its_licence() {
        let from = objection(Some("MIT"), Some("git+https://example.com/p"));
        assert_eq!(
            from.unwrap(),
            "p 1.0.0 comes from git+https://example.com/p"
        );
        assert_eq!(objection(Some("MIT"), None), None);
    }
}
