//! The instructions of a send in software, counted by valgrind: whoever else uses the machine,
//! they are the same.

use std::env;
use std::process::Command;

use anyhow::{Context, bail};
use serde::Serialize;

/// What is counted, as `--profile` takes it.
const SUBJECTS: [&str; 6] = [
    "program:null:64",
    "program:null:4096:16",
    "program:null:64:1:64",
    "embedder:null:64",
    "embedder-native:null:64",
    "embedder-native:null:64:1:64",
];

/// Sends of the two runs whose difference counts: what comes before the first send and after the
/// last is the same in both.
const SENDS: [u32; 2] = [2_000, 22_000];

/// The instructions of a send into the null sink.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Instructions {
    pub(crate) subject: &'static str,
    pub(crate) of_a_send: f64,
}

/// Counts them.
///
/// # Errors
///
/// Without valgrind, or if a run of it fails.
pub(crate) fn measure() -> anyhow::Result<Vec<Instructions>> {
    let [few, many] = SENDS;
    let counted = SUBJECTS.map(|subject| {
        let more = count(subject, many)?.saturating_sub(count(subject, few)?);
        Ok(Instructions {
            subject,
            of_a_send: more as f64 / f64::from(many - few),
        })
    });
    counted.into_iter().collect()
}

/// The instructions of a process that sends so often.
fn count(subject: &str, sends: u32) -> anyhow::Result<u64> {
    let this = env::current_exe().context("cannot tell where this command is")?;
    let valgrind = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        // Code is generated while it runs.
        .arg("--smc-check=all-non-file")
        .arg(this)
        .args(["--profile", subject, "--count", &sends.to_string()])
        .output()
        .context("cannot start valgrind: install the package of that name")?;
    let said = String::from_utf8_lossy(&valgrind.stderr);
    if !valgrind.status.success() {
        bail!("valgrind ended with {}: {said}", valgrind.status);
    }
    collected(&said).with_context(|| format!("valgrind did not say what it counted: {said}"))
}

/// The number in the line `==1== Collected : 123`.
fn collected(said: &str) -> Option<u64> {
    let lines = said.lines().rev();
    let mut counts = lines.filter_map(|line| line.split_once("Collected :"));
    counts.next()?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_valgrind_counted_is_read() {
        let said = "==7== Events    : Ir\n==7== Collected : 2508351\n==7==\n";
        assert_eq!(collected(said), Some(2_508_351));
        assert_eq!(collected("==7== Collected : none"), None);
        assert_eq!(collected(""), None);
    }
}
