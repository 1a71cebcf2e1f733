//! Programs that can be run, and running them.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use futures::future::{Either, select};
use futures::poll;
use wasmtime::Store;
use wasmtime::component::Component;
use wasmtime_wasi::{WasiCtx, p2, p3};

use super::machine::Machine;
use super::store::{self, State, Turns};
use super::timed_out::{self, TimedOut};
use super::{Outcome, RunError};
use crate::compose::Interfaces;
use crate::ctx::Ctx;
use crate::live::LivePolicy;
use crate::printable::one_line;
use crate::settings::Settings;
use crate::tape::{Recorder, Replayer, Taping};
use wsp_guard::witness::Monitor;

/// The packages that a program may import from.
const PACKAGES: [&str; 8] = [
    "winsock:spi",
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    HTTP,
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];

/// The package of requests, of which programs have only what sends them.
const HTTP: &str = "wasi:http";

/// The interfaces of [`HTTP`] that a program may import.
const OF_HTTP: [&str; 3] = ["client", "outgoing-handler", "types"];

/// A compiled program, which can be run any number of times. Clones share it.
#[derive(Clone)]
pub struct Program {
    component: Component,
    interfaces: Interfaces,
    machine: Arc<Machine>,
    turns: Turns,
    command: Arc<OnceLock<Command>>,
}

/// A linked program, by the version of `wasi:cli/run` that it exports.
#[derive(Clone)]
enum Command {
    V02(p2::bindings::CommandPre<State>),
    V03(p3::bindings::CommandPre<State>),
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("interfaces", &self.interfaces)
            .finish_non_exhaustive()
    }
}

impl Program {
    pub(super) fn new(
        component: Component,
        interfaces: Interfaces,
        machine: Arc<Machine>,
        turns: Turns,
    ) -> Program {
        Program {
            component,
            interfaces,
            machine,
            turns,
            command: Arc::default(),
        }
    }

    /// What it imports and exports, composed with the provider.
    #[must_use]
    pub fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }

    /// Makes a store for one run of the program, which may reach and use what `settings` say
    /// and has of WASI what [`wasi`](super::wasi) built. Every limit holds in it: memory, from
    /// which what the program's instances take is subtracted, bytes of a call, and time.
    ///
    /// # Errors
    ///
    /// [`RunError::TooLarge`], [`RunError::NoCommand`] and [`RunError::Untimed`], as they say
    /// there; [`RunError::Engine`] when it cannot be linked, or outside a tokio runtime (see
    /// [`crate::Ctx::new`]).
    pub fn prepare(&self, wasi: WasiCtx, settings: Settings) -> Result<Prepared, RunError> {
        self.prepare_as(wasi, settings, None)
    }

    /// As [`Program::prepare`], and everything that the program learns of the network, of clocks
    /// and of standard input is recorded. `wasi` is what [`Recorder::wasi`] built.
    ///
    /// To the program `wasi:sockets` and `wasi:http` are denied, of which nothing is recorded.
    /// When nothing more can be written, the program traps.
    ///
    /// # Errors
    ///
    /// As there; [`RunError::Engine`] also when the beginning cannot be written.
    pub fn record(
        &self,
        wasi: WasiCtx,
        settings: Settings,
        recorder: &Recorder,
    ) -> Result<Prepared, RunError> {
        let limits = settings.limits;
        let taping = Taping::Recording(recorder.clone());
        let prepared = self.prepare_as(wasi, settings, Some(taping))?;
        recorder.begin(limits)?;
        Ok(prepared)
    }

    /// As [`Program::prepare`], and the program is given what was recorded, in place of a
    /// network, clocks and standard input, under the limits that it had. `wasi` is what
    /// [`Replayer::wasi`] built. No time passes while the program waits for it.
    ///
    /// The program ends with [`Outcome::Diverged`] at the first call that differs.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn replay(&self, wasi: WasiCtx, replayer: &Replayer) -> Result<Prepared, RunError> {
        let taping = Taping::Replaying(replayer.clone());
        self.prepare_as(wasi, replayer.settings(), Some(taping))
    }

    fn prepare_as(
        &self,
        wasi: WasiCtx,
        mut settings: Settings,
        taping: Option<Taping>,
    ) -> Result<Prepared, RunError> {
        settings.limits = self.interfaces.leave_room(settings.limits)?;
        let timeout = settings.limits.timeout;
        if timeout.is_some() && self.turns != Turns::Epochs {
            return Err(RunError::Untimed);
        }
        let command = match taping {
            None => self.command()?,
            Some(_) => self.link(taping.as_ref())?,
        };
        let mut imports = self.interfaces.imports().iter();
        let sends_requests = imports.any(|import| package(import) == HTTP);
        let resources = sends_requests.then(|| store::resources(&settings.limits));
        let wsp = Ctx::new(settings)?;
        let engine = self.component.engine();
        Ok(Prepared {
            command,
            timeout,
            monitor: wsp.monitor(),
            live: wsp.live_policy(),
            store: store::store(engine, wasi, wsp, resources, (self.turns, taping.clone()))?,
            taping,
        })
    }

    /// Runs the program to its end: [`Program::prepare`] and [`Prepared::run`].
    ///
    /// # Errors
    ///
    /// As theirs.
    pub async fn run(&self, wasi: WasiCtx, settings: Settings) -> Result<Outcome, RunError> {
        self.prepare(wasi, settings)?.run().await
    }

    /// The linked program, which is checked and linked once.
    fn command(&self) -> Result<Command, RunError> {
        if let Some(command) = self.command.get() {
            return Ok(command.clone());
        }
        let command = self.link(None)?;
        Ok(self.command.get_or_init(|| command).clone())
    }

    fn link(&self, taping: Option<&Taping>) -> Result<Command, RunError> {
        check_imports(&self.interfaces)?;
        let version = exported_version(&self.interfaces)?;
        let linker = self.machine.linker(taping)?;
        let linked = linker.instantiate_pre(&self.component)?;
        Ok(match version {
            Version::V02 => Command::V02(p2::bindings::CommandPre::new(linked)?),
            Version::V03 => Command::V03(p3::bindings::CommandPre::new(linked)?),
        })
    }
}

/// A program in a store of its own, which has not begun.
#[must_use = "it runs when its `run` is awaited"]
pub struct Prepared {
    command: Command,
    timeout: Option<Duration>,
    monitor: Monitor,
    live: LivePolicy,
    store: Store<State>,
    taping: Option<Taping>,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Prepared {
    /// Watches what the program does, also when it is gone.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }

    /// Replaces the policy of the program while it runs; without effect when it is gone.
    #[must_use]
    pub fn live_policy(&self) -> LivePolicy {
        self.live.clone()
    }

    /// Runs the program to its end, or until its [`Limits::timeout`](crate::Limits::timeout),
    /// which counts from the first poll, is up. Its store is gone then, and with it everything
    /// that it held.
    ///
    /// The program runs while the future is polled, which returns at the end of every epoch:
    /// whoever polls it gives the program its turns. Dropping the future ends the program. A
    /// single instruction is not interrupted, such as one that fills all of its memory.
    ///
    /// # Errors
    ///
    /// [`RunError::Engine`] when it cannot be instantiated.
    pub async fn run(self) -> Result<Outcome, RunError> {
        let taping = self.taping.clone();
        taped(self.run_to_end().await?, taping)
    }

    async fn run_to_end(self) -> Result<Outcome, RunError> {
        let Prepared {
            command,
            timeout,
            store,
            ..
        } = self;
        let time_is_up = store.data().end();
        let sockets = Arc::clone(&store.data().sockets);
        let revoked = async move { sockets.revoked().await };
        let calling = async {
            match select(pin!(command.call(store)), pin!(revoked)).await {
                Either::Left((ended, _)) => ended,
                Either::Right(((), _)) => Ok(Outcome::Revoked),
            }
        };
        let Some(limit) = timeout else {
            return calling.await;
        };
        let mut calling = pin!(calling);
        if let Ok(ended) = tokio::time::timeout(limit, &mut calling).await {
            return ended;
        }
        time_is_up.store(true, Ordering::Relaxed);
        // One that computes ends at the end of its epoch, within this turn; one that waits does not.
        let computing = match poll!(calling) {
            Poll::Pending => None,
            Poll::Ready(Err(RunError::Engine(error))) => match timed_out::computing(&error) {
                Some(computing) => Some(computing),
                None => return Err(error.into()),
            },
            Poll::Ready(Ok(Outcome::Trapped(trap))) => match timed_out::computing(trap.error()) {
                Some(computing) => Some(computing),
                None => return Ok(Outcome::Trapped(trap)),
            },
            Poll::Ready(ended) => return ended,
        };
        Ok(Outcome::TimedOut(TimedOut::new(limit, computing)))
    }
}

/// Writes down how a program ended, or compares it with what was written down.
fn taped(outcome: Outcome, taping: Option<Taping>) -> Result<Outcome, RunError> {
    let (how, taping) = match (outcome.how(), taping) {
        (Some(how), Some(taping)) => (how, taping),
        _ => return Ok(outcome),
    };
    match taping {
        Taping::Recording(recorder) => recorder.end(how)?,
        Taping::Replaying(replayer) => {
            if let Some(divergence) = replayer.end(how) {
                return Ok(Outcome::Diverged(divergence));
            }
        }
    }
    Ok(outcome)
}

impl Command {
    async fn call(self, mut store: Store<State>) -> Result<Outcome, RunError> {
        Ok(Outcome::of(match self {
            Command::V02(command) => {
                let command = command.instantiate_async(&mut store).await?;
                command.wasi_cli_run().call_run(&mut store).await
            }
            Command::V03(command) => {
                let command = command.instantiate_async(&mut store).await?;
                let running = store
                    .run_concurrent(async |store| command.wasi_cli_run().call_run(store).await);
                running.await.and_then(|returned| returned)
            }
        }))
    }
}

/// The version of `wasi:cli/run` that a program exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V02,
    V03,
}

fn exported_version(interfaces: &Interfaces) -> Result<Version, RunError> {
    let exports = interfaces.exports();
    let exported = |prefix: &str| exports.iter().any(|export| export.starts_with(prefix));
    if exported("wasi:cli/run@0.3.") {
        return Ok(Version::V03);
    }
    if exported("wasi:cli/run@0.2.") {
        return Ok(Version::V02);
    }
    if let Some(handler) = exports.iter().find(|export| answers_requests(export)) {
        return Err(RunError::NoCommand(format!(
            "it exports {}, which answers the requests of a server, but a program must export wasi:cli/run@0.2 or wasi:cli/run@0.3",
            one_line(handler)
        )));
    }
    let what = match exports {
        [] => "nothing".to_owned(),
        exports => one_line(&exports.join(", ")),
    };
    Err(RunError::NoCommand(format!(
        "it exports {what}, but a program must export wasi:cli/run@0.2 or wasi:cli/run@0.3"
    )))
}

fn answers_requests(export: &str) -> bool {
    ["wasi:http/incoming-handler@", "wasi:http/handler@"]
        .iter()
        .any(|handler| export.starts_with(handler))
}

/// The package of an interface.
fn package(interface: &str) -> &str {
    interface.split_once('/').map_or("", |(package, _)| package)
}

/// Whether something here provides an interface.
fn is_provided(import: &str) -> bool {
    let interface = import
        .split_once('/')
        .map_or("", |(_, interface)| interface);
    let interface = interface.split('@').next().unwrap_or_default();
    match package(import) {
        HTTP => OF_HTTP.contains(&interface),
        package => PACKAGES.contains(&package),
    }
}

fn check_imports(interfaces: &Interfaces) -> Result<(), RunError> {
    let mut imports = interfaces.imports().iter();
    let Some(unknown) = imports.find(|import| !is_provided(import)) else {
        return Ok(());
    };
    let import = one_line(unknown);
    Err(RunError::NoCommand(if package(unknown) == HTTP {
        let provided = OF_HTTP.join(", ");
        format!(
            "it imports {import}, which nothing here provides: of {HTTP} a program may import {provided}"
        )
    } else {
        let packages = PACKAGES.join(", ");
        format!(
            "it imports {import}, which nothing here provides: a program may import from {packages}"
        )
    }))
}
