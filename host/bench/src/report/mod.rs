//! A run as people read it.

pub(crate) mod budgets;
pub(crate) mod document;
pub(crate) mod plot;
pub(crate) mod tables;
pub(crate) mod terminal;

use serde::Serialize;

use crate::measure::run::Run;
use budgets::Budget;

/// A run, and which budgets it kept.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    #[serde(flatten)]
    pub(crate) run: Run,
    pub(crate) budgets: Vec<Budget>,
}

impl Report {
    /// Compares a run with the budgets.
    ///
    /// # Errors
    ///
    /// When the run measured too little for that.
    pub(crate) fn of(run: Run) -> anyhow::Result<Report> {
        let budgets = budgets::of(&run)?;
        Ok(Report { run, budgets })
    }
}
