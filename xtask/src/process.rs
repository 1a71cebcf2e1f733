//! Running other programs.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// Tells what goes on.
pub(crate) fn progress(what: &str) {
    eprintln!("xtask: {what}");
}

/// Runs a command to its end; it is an error if that fails.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let name = name(&command);
    let status = command
        .status()
        .with_context(|| format!("cannot run `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(())
}

/// As [`run`], but ends the command when it takes longer than `limit`.
pub(crate) fn run_within(mut command: Command, limit: Duration) -> Result<()> {
    let name = name(&command);
    let deadline = Instant::now() + limit;
    let mut child = command
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot run `{name}`"))?;
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => bail!("`{name}` failed ({status})"),
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(50)),
            None => {
                child.kill()?;
                child.wait()?;
                bail!("`{name}` took longer than {} s", limit.as_secs());
            }
        }
    }
}

/// What a command prints to standard output.
pub(crate) fn output(mut command: Command) -> Result<String> {
    let name = name(&command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run `{name}`"))?;
    if !output.status.success() {
        bail!("`{name}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{name}` printed no text"))
}

/// The command as a person would write it, without its environment.
fn name(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(|word| word.to_string_lossy()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn a_command_that_hangs_is_ended() {
        let mut hanging = Command::new("sleep");
        hanging.arg("600");
        let error = run_within(hanging, Duration::from_millis(100)).unwrap_err();
        assert_eq!(error.to_string(), "`sleep 600` took longer than 0 s");
    }

    #[test]
    fn a_command_that_fails_is_named() {
        let error = run(Command::new("false")).unwrap_err();
        assert_eq!(error.to_string(), "`false` failed (exit status: 1)");
    }
}
