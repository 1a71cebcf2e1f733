//! What became of the plugins, as a table or as lines of JSON.

use std::fmt::{self, Write};
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use wsp::Report;

use crate::turns::Turns;

/// How a plugin ended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ended {
    /// Its main function returned well.
    Success,
    /// It said that it had failed.
    Failure,
    /// It trapped.
    Trapped(String),
    /// Its time was up.
    TimedOut(Duration),
    /// A policy came into force that does not allow a connection which it had.
    Revoked,
    /// It could not be started.
    NotStarted(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Success => f.write_str("success"),
            Ended::Failure => f.write_str("failure"),
            Ended::Trapped(_) => f.write_str("trapped"),
            Ended::TimedOut(_) => f.write_str("timed out"),
            Ended::Revoked => f.write_str("revoked"),
            Ended::NotStarted(_) => f.write_str("not started"),
        }
    }
}

/// A plugin that has ended.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) ended: Ended,
    pub(crate) seconds: f64,
    pub(crate) turns: Turns,
    pub(crate) output: String,
    /// What it did and was refused; none where it could not be started.
    pub(crate) report: Option<Report>,
}

impl Outcome {
    /// Of a plugin that could not be started, for that reason.
    pub(crate) fn not_started(name: String, why: String) -> Outcome {
        Outcome {
            name,
            ended: Ended::NotStarted(why),
            seconds: 0.0,
            turns: Turns::default(),
            output: String::new(),
            report: None,
        }
    }
}

/// One line for each plugin; `waited` are the turns of others before each of its own.
pub(crate) fn json_lines(outcomes: &[Outcome]) -> Result<String> {
    let mut text = String::new();
    for outcome in outcomes {
        text.push_str(&serde_json::to_string(outcome)?);
        text.push('\n');
    }
    Ok(text)
}

/// A line for each plugin, and below it what it was refused.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let longest = |outcome: &Outcome| wsp::printable(&outcome.name).chars().count();
    let width = outcomes.iter().map(longest).max().unwrap_or(0).max(6);
    let mut text = format!(
        "{:width$}  {:11}  {:>8}  {:>6}  {:>8}  {:>10}  {:>12}  {:>12}\n",
        "plugin", "ended", "seconds", "waited", "sockets", "operations", "sent", "received"
    );
    for outcome in outcomes {
        // Writing to a string cannot fail.
        let _ = line(&mut text, outcome, width);
    }
    text
}

fn line(text: &mut String, outcome: &Outcome, width: usize) -> fmt::Result {
    let name = wsp::printable(&outcome.name);
    let (ended, seconds) = (outcome.ended.to_string(), outcome.seconds);
    let waited = outcome.turns.waited_for_each();
    write!(
        text,
        "{name:width$}  {ended:11}  {seconds:>8.2}  {waited:>6.1}"
    )?;
    if let Some(report) = &outcome.report {
        let (sockets, operations) = (report.sockets, report.operations);
        let (sent, received) = (report.bytes_sent, report.bytes_received);
        write!(
            text,
            "  {sockets:>8}  {operations:>10}  {sent:>12}  {received:>12}"
        )?;
    }
    text.push('\n');
    if let Ended::Trapped(why) | Ended::NotStarted(why) = &outcome.ended {
        writeln!(text, "{:width$}    {}", "", wsp::printable(why))?;
    }
    let Some(report) = &outcome.report else {
        return Ok(());
    };
    for denied in &report.denials {
        let (count, reason) = (denied.count, denied.reason);
        writeln!(text, "{:width$}    denied {count} times: {reason}", "")?;
    }
    for refused in &report.refusals {
        let (count, quota, scope) = (refused.count, refused.quota, refused.scope);
        writeln!(
            text,
            "{:width$}    refused {count} times: {quota} of the {scope}",
            ""
        )?;
    }
    Ok(())
}
