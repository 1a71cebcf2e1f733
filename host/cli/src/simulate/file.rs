//! The file of a simulation.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use serde::de::{Deserialize, Deserializer, Error};
use wsp::policy::PolicyConfig;
use wsp::simulation::NetworkConfig;

use crate::output::UsageError;
use crate::policy::{in_file, read};

/// What a file says.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct File {
    /// The first seed.
    pub(super) seed: u64,
    /// How long a run takes at most, in simulated time.
    #[serde(deserialize_with = "time")]
    pub(super) time: Option<Duration>,
    pub(super) network: NetworkConfig,
    #[serde(rename = "program")]
    pub(super) programs: Vec<Program>,
}

/// A program, as a file has it.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Program {
    /// The component, from the directory of the file.
    pub(super) file: PathBuf,
    /// The name of its host; that of the component if there is none.
    #[serde(default)]
    pub(super) name: Option<String>,
    /// The address of its host; 10.0.0.1 for the first program if there is none, and so on.
    #[serde(default)]
    pub(super) address: Option<IpAddr>,
    /// Its arguments, without its name.
    #[serde(default)]
    pub(super) args: Vec<String>,
    /// Its environment.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// When it begins.
    #[serde(default, deserialize_with = "time")]
    pub(super) begins: Option<Duration>,
    /// It serves the others, and is ended when they have ended.
    #[serde(default)]
    pub(super) serves: bool,
    /// What it may reach, from the directory of the file; everything in the simulation if there
    /// is none.
    #[serde(default)]
    pub(super) policy: Option<PathBuf>,
}

impl Program {
    /// One of the command line: its file and its arguments.
    pub(super) fn of_command_line(program: &[String], env: &[(String, String)]) -> Option<Program> {
        let (file, args) = program.split_first()?;
        Some(Program {
            file: file.into(),
            name: None,
            address: None,
            args: args.to_vec(),
            env: env.iter().cloned().collect(),
            begins: None,
            serves: false,
            policy: None,
        })
    }

    /// The name of its host.
    pub(super) fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| {
            let stem = self.file.file_stem().unwrap_or_default();
            stem.to_string_lossy().into_owned()
        })
    }

    /// The address of its host, if it is the program at that place.
    pub(super) fn address(&self, place: usize) -> IpAddr {
        let number = u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1);
        let first = u32::from(Ipv4Addr::new(10, 0, 0, 0));
        let counted = Ipv4Addr::from(first.saturating_add(number));
        self.address.unwrap_or(IpAddr::V4(counted))
    }

    /// Its policy, if it names one.
    pub(super) fn policy(&self) -> anyhow::Result<Option<PolicyConfig>> {
        let Some(file) = &self.policy else {
            return Ok(None);
        };
        let config = read(file)?.map_err(|error| UsageError(in_file(file, &error)))?;
        Ok(Some(config))
    }
}

impl File {
    /// Reads a file. Files that it names are seen from its directory.
    pub(super) fn read(file: &Path) -> anyhow::Result<File> {
        let text = fs::read_to_string(file);
        let text =
            text.with_context(|| format!("cannot read the simulation {}", file.display()))?;
        let mut read: File = toml::from_str(&text).map_err(|error| {
            let (line, column) = place(&text, error.span().map_or(0, |span| span.start));
            let message = error.message().trim_end().replace('\n', ", ");
            UsageError(format!("{}:{line}:{column}: {message}", file.display()))
        })?;
        let directory = file.parent().unwrap_or(Path::new(""));
        for program in &mut read.programs {
            program.file = directory.join(&program.file);
            program.policy = program.policy.take().map(|policy| directory.join(policy));
        }
        Ok(read)
    }
}

/// The line and the column, in characters, of a byte of a text, both counted from 1.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rsplit_once('\n').map_or(before, |(_, line)| line);
    (
        before.matches('\n').count() + 1,
        line_start.chars().count() + 1,
    )
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match wsp_guard::duration::parse(&text) {
        Ok(time) => Ok(Some(time)),
        Err(error) => Err(D::Error::custom(format_args!(
            "{text:?} is no time: {error}"
        ))),
    }
}
