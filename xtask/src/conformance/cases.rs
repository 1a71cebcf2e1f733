//! The catalog of the cases, `tests/conformance/cases.toml`.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace::Workspace;

#[derive(Deserialize)]
struct Catalog {
    case: Vec<Case>,
}

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) section: String,
    pub(super) given: String,
    pub(super) when: String,
    pub(super) then: String,
    pub(super) source: String,
    /// Required by the sources, unless it says otherwise.
    pub(super) mark: Option<Mark>,
    /// Why it is run through the C library alone.
    pub(super) c_only: Option<String>,
    /// Why a portable program is not like that.
    pub(super) not_portable: Option<String>,
}

/// What a case is, when it is not simply required.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mark {
    /// The sources leave a choice.
    Policy,
    /// An option of the provider.
    Profile,
}

impl Mark {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Mark::Policy => "policy",
            Mark::Profile => "profile",
        }
    }
}

impl Case {
    /// The name of its tests.
    pub(super) fn test(&self) -> String {
        format!("{}_{}", self.id.to_lowercase(), self.name)
    }
}

pub(super) fn read(workspace: &Workspace) -> Result<Vec<Case>> {
    let file = workspace.root.join("tests/conformance/cases.toml");
    let text = fs::read_to_string(&file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    let catalog: Catalog =
        toml::from_str(&text).with_context(|| format!("{} is not as expected", file.display()))?;
    Ok(catalog.case)
}
