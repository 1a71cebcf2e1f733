//! From the start of `wsp send` to its exit.

use std::env;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

use super::plan::Plan;
use super::receivers::Receivers;
use super::statistics::Spread;

/// Nanoseconds that this very command takes to send one byte, started anew each time.
pub(super) fn measure(receivers: &Receivers, plan: &Plan) -> anyhow::Result<Spread> {
    let command = env::current_exe().context("cannot find this command's file")?;
    let run = || {
        let mut send = Command::new(&command);
        send.args([
            "send",
            &format!("tcp://{}", receivers.sleeping),
            "--buffer",
            "x",
        ]);
        send.stdin(Stdio::null());
        send.stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let status = send.status().context("cannot start `wsp send`")?;
        if !status.success() {
            bail!("`wsp send` ended with {status}");
        }
        Ok(begin.elapsed().as_secs_f64() * 1e9)
    };
    // Warms the caches: the system's and the command's own.
    run()?;
    let times: Vec<f64> = (0..plan.starts).map(|_| run()).collect::<Result<_, _>>()?;
    Spread::of(times).context("nothing was started")
}
