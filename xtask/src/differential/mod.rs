//! The same C sources on two systems: built with mingw and run by Wine, and
//! built with `wsp cc` and run by `wsp run`. Their transcripts are compared
//! line by line; a difference has to be explained, or is a bug.

mod compare;
mod document;
mod execution;
mod explained;
mod peer;
mod portable;
mod program;
mod report;
mod sandbox;
mod wine;

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

pub use execution::Transcript;
pub use portable::Portable;
pub use program::{Program, programs};
pub use sandbox::Sandbox;

use explained::Explanations;
use report::{Outcome, Report};
use wine::Wine;

/// What to compare, and how to say it.
#[derive(Debug)]
pub struct Options<'a> {
    /// Where the workspace is.
    pub root: &'a Path,
    /// The directory for what is built, below cargo's target directory.
    pub directory: PathBuf,
    /// The command `wsp`.
    pub wsp: PathBuf,
    /// Only the programs of these names; all of them if there are none.
    pub only: &'a [String],
    /// How many programs run at a time.
    pub jobs: usize,
    /// Print JSON instead of a table.
    pub json: bool,
}

/// Compares the programs and prints a report.
///
/// # Errors
///
/// Wine or mingw is missing, a name in `only` is no program, the explanations
/// cannot be read; and, after the report, any difference without an
/// explanation, and any explanation without a difference.
pub fn run(options: &Options<'_>) -> Result<()> {
    let explanations = Explanations::read(options.root)?;
    let selected = select(programs(options.root)?, options.only)?;
    let wine = Wine::start(&options.directory.join("wine"))?;
    let sandbox = Sandbox::new(options.wsp.clone(), options.directory.join("wsp"))?;

    let progress = ProgressBar::new(selected.len() as u64);
    progress.set_style(ProgressStyle::with_template(
        "{bar:30} {pos}/{len} programs {msg}",
    )?);
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, selected.len().max(1)) {
            scope.spawn(|| {
                while let Some(program) = selected.get(next.fetch_add(1, Ordering::Relaxed)) {
                    progress.set_message(program.name().to_owned());
                    let outcome = Outcome::of(program, &wine, &sandbox);
                    progress.inc(1);
                    outcomes
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(outcome);
                }
            });
        }
    });
    progress.finish_and_clear();

    let outcomes = outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let report = Report::new(outcomes, &explanations);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    if report.is_fine() {
        Ok(())
    } else {
        bail!(
            "{}; mend it, or explain it in {}",
            report.summary(),
            explained::FILE
        )
    }
}

/// Writes the section of docs/deviations.md that lists the explanations.
///
/// # Errors
///
/// The explanations or the document cannot be read, the document has no place
/// for the section, or it cannot be written.
pub fn write_document(root: &Path) -> Result<()> {
    document::write(root, &Explanations::read(root)?)
}

fn select(programs: Vec<Program>, only: &[String]) -> Result<Vec<Program>> {
    if let Some(unknown) = only
        .iter()
        .find(|name| programs.iter().all(|program| program.name() != *name))
    {
        bail!("there is no program `{unknown}` in {}", program::DIRECTORY);
    }
    Ok(programs
        .into_iter()
        .filter(|program| only.is_empty() || only.iter().any(|name| name == program.name()))
        .collect())
}

/// Whether `output` is newer than everything it was made of.
fn is_current(output: &Path, inputs: &[&Path]) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    let Ok(made) = modified(output) else {
        return false;
    };
    inputs
        .iter()
        .all(|input| modified(input).is_ok_and(|changed| changed < made))
}

/// Runs a compiler; what it says is the error if it fails.
fn compile(mut command: std::process::Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!(
            "{} failed:\n{}",
            command.get_program().display(),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(())
}
