//! Running a plugin in a store of its own.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wsp::quota::{Held, HostQuota};
use wsp::run::{self, Prepared};
use wsp::{AuditLog, Monitor, Report};

use crate::plugin::{self, Loader, Plugin};
use crate::report::{Ended, Outcome};
use crate::turns::{self, Schedule};

/// The most that a plugin may print; more ends it.
const MAXIMUM_OUTPUT: usize = 64 * 1024;

/// How long the last tasks of a plugin may take to end, and how often they are looked at.
const SETTLING: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(2);

/// What the plugins share.
#[derive(Clone)]
pub(crate) struct Host {
    loader: Loader,
    quota: HostQuota,
    audit: Option<AuditLog>,
    schedule: Schedule,
}

impl Host {
    pub(crate) fn new(
        loader: Loader,
        quota: HostQuota,
        audit: Option<AuditLog>,
        schedule: Schedule,
    ) -> Host {
        Host {
            loader,
            quota,
            audit,
            schedule,
        }
    }

    /// Loads the plugin in a file and runs it.
    pub(crate) async fn load_and_run(self, file: PathBuf, arguments: Vec<String>) -> Outcome {
        match self.loader.load(&file).await {
            Ok(plugin) => self.run(plugin, arguments).await,
            Err(error) => Outcome::not_started(plugin::name(&file), format!("{error:#}")),
        }
    }

    /// Runs a plugin until it ends or is ended. Its store is gone afterwards,
    /// and with it everything that it held.
    async fn run(self, plugin: Plugin, arguments: Vec<String>) -> Outcome {
        let mut settings = plugin.settings;
        settings.host_quota = self.quota;
        settings.audit = self.audit;
        let output = MemoryOutputPipe::new(MAXIMUM_OUTPUT);
        let mut wasi = run::wasi();
        wasi.arg(&plugin.name)
            .args(&arguments)
            .stdout(output.clone())
            .stderr(output.clone());
        let started = Instant::now();
        let prepared = match plugin.program.prepare(wasi.build(), settings) {
            Ok(prepared) => prepared,
            Err(error) => return Outcome::not_started(plugin.name, error.to_string()),
        };
        let monitor = prepared.monitor();
        let following = plugin
            .following
            .map(|following| tokio::spawn(following.follow(prepared.live_policy())));
        let (ended, turns) = turns::taken(&self.schedule, call(prepared)).await;
        if let Some(following) = following {
            following.abort();
        }
        Outcome {
            name: plugin.name,
            ended,
            turns,
            report: Some(settled(&monitor).await),
            seconds: started.elapsed().as_secs_f64(),
            output: String::from_utf8_lossy(&output.contents()).into_owned(),
        }
    }
}

async fn call(prepared: Prepared) -> Ended {
    match prepared.run().await {
        Ok(run::Outcome::Exited(0)) => Ended::Success,
        Ok(run::Outcome::Trapped(trap)) => Ended::Trapped(trap.to_string()),
        Ok(run::Outcome::TimedOut(ended)) => Ended::TimedOut(ended.limit()),
        Ok(run::Outcome::Revoked) => Ended::Revoked,
        Ok(_) => Ended::Failure,
        Err(error) => Ended::NotStarted(error.to_string()),
    }
}

/// The report of a plugin whose store is gone. The tasks that moved its bytes end
/// a moment later; what they have not given back by then is in the report.
async fn settled(monitor: &Monitor) -> Report {
    let empty = async {
        while monitor.report().held != Held::default() {
            tokio::time::sleep(LOOK).await;
        }
    };
    let _ = tokio::time::timeout(SETTLING, empty).await;
    monitor.report()
}
