//! A program with what it is given: arguments, policy and limits.

use std::path::PathBuf;
use std::sync::Arc;

use wsp::policy::{Policy, Protocol};
use wsp::quota::{Clock, HostQuota};
use wsp::run::{self, Prepared};
use wsp::{AuditLog, Faults, Limits, Resolver, Settings};

use crate::component::{Way, compiled, directory_of_programs, portable};
use crate::output::output;
use crate::recorded::Recorded;
use crate::running::{Outcome, Running};

/// A program of `tests/programs` that is to be run. It may reach nothing until
/// it is granted something.
pub struct Program {
    name: String,
    file: PathBuf,
    way: Way,
    arguments: Vec<String>,
    settings: Settings,
    recorded: bool,
}

impl Program {
    /// The program of that name; a test names its own `env!("CARGO_TARGET_TMPDIR")`.
    pub fn new(target_tmpdir: &str, name: &str) -> Program {
        let file = directory_of_programs(target_tmpdir).join(name);
        Program::in_file(file.with_extension("wasm"))
    }

    /// The program in that file, composed with the provider or not.
    pub fn in_file(file: PathBuf) -> Program {
        let name = file.file_stem().unwrap_or_default();
        Program {
            name: name.to_string_lossy().into_owned(),
            file,
            way: Way::Direct,
            arguments: Vec::new(),
            settings: Settings::default(),
            recorded: false,
        }
    }

    /// Puts the interposer between it and its provider on the one side, and the host on the
    /// other: nothing of them may show whether it is there.
    #[must_use]
    pub fn interposed(mut self) -> Program {
        self.way = Way::Interposed;
        self
    }

    /// Records it, and replays it as soon as it has ended: whoever waits for its end finds that
    /// it did the same again, without a network.
    #[must_use]
    pub fn recorded(mut self) -> Program {
        self.recorded = true;
        self
    }

    /// Starts it portable, in a host that has WASI alone and lets it reach what it wants:
    /// its policy, limits and the like do not count.
    pub fn start_portable(self) -> Running {
        let (stdout, printed) = output();
        let (stderr, complaints) = output();
        let component = portable(&self.file);
        let mut wasi = run::wasi();
        wsp_stock_host::grant_sockets(&mut wasi);
        wasi.arg(&self.name).args(&self.arguments);
        wasi.stdout(stdout).stderr(stderr);
        let wasi = wasi.build();
        let task = tokio::spawn(async move {
            match wsp_stock_host::run(component.engine(), &component, wasi).await {
                Ok(0) => Outcome::Success,
                Ok(_) => Outcome::Failure,
                Err(trap) => Outcome::Trap(format!("{trap:#}")),
            }
        });
        Running::new(self.name, task, None, printed, complaints)
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: impl ToString) -> Program {
        self.arguments.push(argument.to_string());
        self
    }

    /// Gives it a policy, in place of the one that denies everything.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Program {
        self.settings.policy = policy;
        self
    }

    /// Adds a peer as an argument, and grants streams to the peers that were
    /// added so and nothing else.
    #[must_use]
    pub fn peer(self, peer: std::net::SocketAddr) -> Program {
        let program = self.argument(peer);
        let peers: Vec<_> = program
            .arguments
            .iter()
            .filter_map(|argument| argument.parse().ok())
            .collect();
        program.policy(Policy::naming(Protocol::Tcp, &peers))
    }

    /// Gives it other limits than the default ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Program {
        self.settings.limits = limits;
        self
    }

    /// Gives it another clock for its rates.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Program {
        self.settings.clock = clock;
        self
    }

    /// Makes its system calls fail, or counts them.
    #[must_use]
    pub fn faults(mut self, faults: &Faults) -> Program {
        self.settings.faults = faults.clone();
        self
    }

    /// Writes what it does to an audit log.
    #[must_use]
    pub fn audit(mut self, audit: AuditLog) -> Program {
        self.settings.audit = Some(audit);
        self
    }

    /// Lets it share a quota with others.
    #[must_use]
    pub fn host_quota(mut self, quota: &HostQuota) -> Program {
        self.settings.host_quota = quota.clone();
        self
    }

    /// Lets it resolve names in another way than the system's.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Program {
        self.settings.resolver = Some(resolver);
        self
    }

    /// Starts it in a task of its own.
    pub fn start(self) -> Running {
        let (stdout, printed) = output();
        let (stderr, complaints) = output();
        let mut arguments = vec![self.name.clone()];
        arguments.extend(self.arguments);
        let program = compiled(&self.file, self.way);
        let (prepared, recorded) = if self.recorded {
            let (recorded, recorder) = Recorded::begin(&self.file, program.clone(), &arguments);
            let mut wasi = recorder.wasi(tokio::io::empty(), stdout);
            wasi.stderr(stderr);
            let prepared = program.record(wasi.build(), self.settings, &recorder);
            (prepared, Some(recorded))
        } else {
            let mut wasi = run::wasi();
            wasi.args(&arguments).stdout(stdout).stderr(stderr);
            (program.prepare(wasi.build(), self.settings), None)
        };
        let prepared = prepared.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let watched = Some((prepared.monitor(), prepared.live_policy()));
        let task = tokio::spawn(call(prepared));
        let running = Running::new(self.name, task, watched, printed, complaints);
        running.recorded(recorded)
    }
}

pub(crate) async fn call(program: Prepared) -> Outcome {
    match program.run().await.expect("it can be instantiated") {
        run::Outcome::Exited(0) => Outcome::Success,
        run::Outcome::Trapped(trap) => Outcome::Trap(format!("{:#}", trap.error())),
        run::Outcome::Exited(_) => Outcome::Failure,
        ended => panic!("the tests bound its time, and it {ended:?}"),
    }
}
