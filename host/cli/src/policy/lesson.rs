//! `--learn`: the policy that a run would have needed, as a file.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use wsp::policy::{Observer, Policy, PolicyConfig};
use wsp_guard::Learner;

use crate::output;

/// What learns, and where to.
pub(crate) struct Lesson {
    file: PathBuf,
    learner: Arc<Learner>,
}

impl Lesson {
    pub(crate) fn new(file: PathBuf, given: &PolicyConfig, policy: &Policy) -> Lesson {
        Lesson {
            file,
            learner: Arc::new(Learner::new(given, policy)),
        }
    }

    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.learner) as Arc<dyn Observer>
    }

    /// Writes the file, and says so.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        let learned = self.learner.learned();
        let mut text = String::from("# What a run of a program needed.\n");
        for denial in &learned.unlearned {
            writeln!(text, "# Not allowed by it: {denial}")?;
        }
        writeln!(text, "{}", learned.config)?;
        let file = self.file.display();
        fs::write(&self.file, text).with_context(|| format!("cannot write {file}"))?;
        output::tell(format_args!(
            "wsp: {file} has the policy that would have allowed it: {} rules are new, {} refusals are left",
            learned.rules,
            learned.unlearned.len()
        ));
        Ok(())
    }
}
