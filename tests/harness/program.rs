//! A program with what it is given: arguments, policy and limits.

use std::path::PathBuf;
use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView, p2, p3};
use wsp::policy::{Policy, Protocol};
use wsp::quota::{Clock, HostQuota, limit_store, yield_each_epoch};
use wsp::{AuditLog, Ctx, CtxView, Faults, Limits, Resolver, Settings, View};

use crate::component::{Compiled, Way, compiled, directory_of_programs};
use crate::output::output;
use crate::running::{Outcome, Running};

/// A program of `tests/programs` that is to be run. It may reach nothing until
/// it is granted something.
pub struct Program {
    name: String,
    file: PathBuf,
    way: Way,
    arguments: Vec<String>,
    settings: Settings,
}

/// What a store holds for a program.
struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    wsp: Ctx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl View for State {
    fn wsp(&mut self) -> CtxView<'_> {
        CtxView { ctx: &mut self.wsp }
    }
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
        }
    }

    /// Puts the interposer between it and its provider on the one side, and the host on the
    /// other: nothing of them may show whether it is there.
    #[must_use]
    pub fn interposed(mut self) -> Program {
        self.way = Way::Interposed;
        self
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
        let mut wasi = WasiCtx::builder();
        wasi.args(&arguments)
            .allow_tcp(false)
            .allow_udp(false)
            .stdout(stdout)
            .stderr(stderr);
        let state = State {
            wasi: wasi.build(),
            table: ResourceTable::new(),
            wsp: Ctx::new(self.settings).expect("tests run in a tokio runtime"),
        };
        let monitor = state.wsp.monitor();
        let task = tokio::spawn(run(compiled(&self.file, self.way), state));
        Running::new(self.name, task, monitor, printed, complaints)
    }
}

async fn run(program: Compiled, state: State) -> Outcome {
    let engine = program.component.engine();
    let mut linker = Linker::new(engine);
    p2::add_to_linker_async(&mut linker).expect("an empty linker");
    wsp::add_to_linker(&mut linker).expect("a linker without winsock:spi");
    let mut store = Store::new(engine, state);
    limit_store(&mut store);
    yield_each_epoch(&mut store);
    let component = &program.component;
    let outcome = if program.asynchronous {
        p3::add_to_linker(&mut linker).expect("a linker without WASI 0.3");
        let command = p3::bindings::Command::instantiate_async(&mut store, component, &linker);
        let command = command.await.expect("a command of WASI 0.3");
        let running =
            store.run_concurrent(async |store| command.wasi_cli_run().call_run(store).await);
        running.await.and_then(|outcome| outcome)
    } else {
        let command = p2::bindings::Command::instantiate_async(&mut store, component, &linker);
        let command = command.await.expect("a command of WASI 0.2");
        command.wasi_cli_run().call_run(&mut store).await
    };
    match outcome {
        Ok(Ok(())) => Outcome::Success,
        Ok(Err(())) => Outcome::Failure,
        Err(trap) => Outcome::Trap(format!("{trap:#}")),
    }
}
