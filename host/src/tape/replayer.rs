//! Giving a program what was written down.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use sha2::{Digest, Sha256};
use wasmtime::{Result, format_err};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::cli::StdoutStream;
use wsp_guard::sync::lock;

use super::RecordingError;
use super::error::{Difference, Divergence};
use super::format::{Answer, Call, Entry, Exit, Header, How, MOST_BYTES, TURNS, Tape};
use super::given::{self, Given};
use super::wasi::{Digesting, Printed, ReplayedInput};
use crate::imports::keep::Keep;
use crate::policy::Policy;
use crate::quota::Limits;
use crate::settings::Settings;

/// Gives one run of a program what was recorded of another, without a network, and finds the
/// first call that differs. Clones read the same recording.
///
/// Make one, build the WASI of the program with [`Replayer::wasi`], and run the program with
/// [`Program::replay`](crate::run::Program::replay).
#[derive(Clone)]
pub struct Replayer {
    header: Arc<Header>,
    replay: Arc<Mutex<Replay>>,
}

struct Replay {
    tape: Tape,
    /// What comes next, if it has been read: a call, or the end.
    next: Option<Next>,
    /// How many calls there were.
    calls: u64,
    /// How many functions have begun to run beside the program.
    began: u64,
    /// How many of them have ended that the program waited for, and how many it was told of.
    ended: u64,
    told: u64,
    /// Whether nothing has been called since the last was told, and the turns since.
    untouched: bool,
    turns: u32,
    /// Those that have not been given their answers.
    beside: BTreeMap<u64, Beside>,
    input: VecDeque<Vec<u8>>,
    input_bytes: usize,
    /// Who waits for more of it.
    reader: Option<Waker>,
    printed: Printed,
    /// Whether the program was changed since it was recorded.
    changed: bool,
    /// Nothing goes on from here.
    divergence: Option<Arc<Divergence>>,
}

/// What stands in the way of reading on.
enum Next {
    Call {
        call: Call,
        answer: Answer,
    },
    Began {
        call: Call,
    },
    Exit(Exit),
    /// The recording was cut off.
    Nothing,
}

/// A function that runs beside the program.
enum Beside {
    Running {
        call: Call,
        waker: Option<Waker>,
    },
    Ended {
        answer: Answer,
        /// The program did not wait for it, or has waited.
        waited: bool,
        /// When it is its turn to be told; none if it ended at once.
        order: Option<u64>,
    },
}

impl fmt::Debug for Replayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replayer")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl Replayer {
    /// Replays the recording `from`, which is read as it is needed, with `program`, which must
    /// be the one that was recorded.
    ///
    /// # Errors
    ///
    /// [`RecordingError`], as it says there. What is damaged further on is found on the way.
    pub fn new(
        from: impl Read + Send + 'static,
        program: &[u8],
    ) -> Result<Replayer, RecordingError> {
        let replayer = Replayer::of_changed(from)?;
        let program: [u8; 32] = Sha256::digest(program).into();
        if replayer.header.program != program {
            return Err(RecordingError::OtherProgram);
        }
        lock(&replayer.replay).changed = false;
        Ok(replayer)
    }

    /// As [`Replayer::new`], of a program that was changed since. It may print other things; the
    /// first call that it makes otherwise ends it.
    ///
    /// # Errors
    ///
    /// As there, but for [`RecordingError::OtherProgram`].
    pub fn of_changed(from: impl Read + Send + 'static) -> Result<Replayer, RecordingError> {
        let (tape, header) = Tape::begin(Box::new(from))?;
        if header.wsp != env!("CARGO_PKG_VERSION") {
            let recorded = crate::one_line(&header.wsp);
            return Err(RecordingError::OtherVersion { recorded });
        }
        if header.provider != given::provider() {
            return Err(RecordingError::OtherBuild);
        }
        Ok(Replayer {
            header: Arc::new(header),
            replay: Arc::new(Mutex::new(Replay {
                tape,
                next: None,
                calls: 0,
                began: 0,
                ended: 0,
                told: 0,
                untouched: false,
                turns: 0,
                beside: BTreeMap::new(),
                input: VecDeque::new(),
                input_bytes: 0,
                reader: None,
                printed: Printed::default(),
                changed: true,
                divergence: None,
            })),
        })
    }

    /// The arguments that the program was given; the first is its name.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        &self.header.arguments
    }

    /// A builder of the program's WASI, with the arguments, variables, random numbers and
    /// standard input that were recorded. Directories may be added, and must hold what they held.
    #[must_use]
    pub fn wasi(&self, stdout: impl StdoutStream + Sync + 'static) -> WasiCtxBuilder {
        let mut wasi = Given::of(&self.header).wasi();
        wasi.stdin(ReplayedInput::new(self.clone(), self.header.terminal));
        wasi.stdout(Digesting::new(lock(&self.replay).printed.clone(), stdout));
        wasi
    }

    /// The limits that were recorded, as far as a program can tell them.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.header.limits.into()
    }

    /// Nothing may be reached.
    pub(crate) fn settings(&self) -> Settings {
        Settings::new(Policy::deny_all()).with_limits(self.limits())
    }

    /// What differed, if anything has.
    #[must_use]
    pub fn divergence(&self) -> Option<Arc<Divergence>> {
        lock(&self.replay).divergence.clone()
    }

    /// What was recorded of the call that the program makes.
    pub(super) fn answer<R: Keep>(&self, call: Call) -> Result<R> {
        lock(&self.replay).answer(call)?
    }

    /// Begins a function that runs beside the program, and tells its number.
    pub(super) fn begin_call(&self, call: Call) -> Result<u64> {
        lock(&self.replay).begin_call(call)
    }

    /// What it gave back, once the recording has come to that.
    pub(super) fn poll_call<R: Keep>(
        &self,
        number: u64,
        context: &mut Context<'_>,
    ) -> Poll<Result<R>> {
        lock(&self.replay).poll_call(number, context)
    }

    /// What standard input had, once the recording has come to that.
    pub(super) fn poll_input(&self, most: usize, context: &mut Context<'_>) -> Poll<Vec<u8>> {
        lock(&self.replay).poll_input(most, context)
    }

    /// The program ended: whether it did so when it was recorded.
    pub(crate) fn end(&self, how: How) -> Option<Arc<Divergence>> {
        let mut replay = lock(&self.replay);
        // The error is that divergence.
        let _ = replay.end(how);
        replay.divergence.clone()
    }
}

impl Replay {
    /// Reads on, past what happened beside the program, to what stands in the way.
    fn look(&mut self) -> Result<()> {
        while self.next.is_none() {
            let offset = self.tape.offset();
            let entry = match self.tape.next() {
                Ok(entry) => entry,
                Err(error) => return Err(self.diverge(Difference::Unusable(error))),
            };
            let read = match entry {
                None => Ok(Some(Next::Nothing)),
                Some(Entry::Call { call, answer }) => Ok(Some(Next::Call { call, answer })),
                Some(Entry::Began { call }) => Ok(Some(Next::Began { call })),
                Some(Entry::Exit(exit)) => Ok(Some(Next::Exit(exit))),
                Some(Entry::Ended {
                    number,
                    at_once,
                    answer,
                }) => self.ended(number, at_once, answer).map(|()| None),
                Some(Entry::Input(bytes)) => self.has_input(bytes).map(|()| None),
            };
            match read {
                Ok(next) => self.next = next,
                Err(how) => {
                    let how = how.to_owned();
                    let damaged = RecordingError::Damaged { offset, how };
                    return Err(self.diverge(Difference::Unusable(damaged)));
                }
            }
        }
        Ok(())
    }

    /// A function that ran beside the program has ended.
    fn ended(&mut self, number: u64, at_once: bool, answer: Answer) -> Result<(), &'static str> {
        let Some(beside) = self.beside.get_mut(&number) else {
            return Err("a call ends that has not begun");
        };
        let Beside::Running { waker, .. } = beside else {
            return Err("a call ends twice");
        };
        let waker = waker.take();
        let order = (!at_once).then_some(self.ended);
        self.ended = self.ended.saturating_add((!at_once).into());
        *beside = Beside::Ended {
            answer,
            waited: at_once || waker.is_some(),
            order,
        };
        waker.into_iter().for_each(Waker::wake);
        Ok(())
    }

    fn has_input(&mut self, bytes: Vec<u8>) -> Result<(), &'static str> {
        // An empty piece takes room too.
        self.input_bytes = self
            .input_bytes
            .saturating_add(bytes.len())
            .saturating_add(64);
        if self.input_bytes > MOST_BYTES {
            return Err("standard input has more than the program reads");
        }
        self.input.push_back(bytes);
        self.reader.take().into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Goes on to what is next, so that what happened beside the program until then is known.
    fn go_on(&mut self) -> Result<()> {
        self.calls = self.calls.saturating_add(1);
        self.untouched = false;
        self.look()
    }

    fn answer<R: Keep>(&mut self, now: Call) -> Result<Result<R>> {
        self.stop_if_diverged()?;
        self.look()?;
        match self.next.take() {
            Some(Next::Call { call, answer }) if call == now => {
                self.go_on()?;
                Ok(self.recall(answer))
            }
            next => Err(self.differs(next, now)),
        }
    }

    fn begin_call(&mut self, now: Call) -> Result<u64> {
        self.stop_if_diverged()?;
        self.look()?;
        match self.next.take() {
            Some(Next::Began { call }) if call == now => {
                let number = self.began;
                self.began = number.saturating_add(1);
                let running = Beside::Running {
                    call: now,
                    waker: None,
                };
                self.beside.insert(number, running);
                self.go_on()?;
                Ok(number)
            }
            next => Err(self.differs(next, now)),
        }
    }

    fn poll_call<R: Keep>(&mut self, number: u64, context: &mut Context<'_>) -> Poll<Result<R>> {
        if let Err(error) = self.stop_if_diverged() {
            return Poll::Ready(Err(error));
        }
        match self.beside.get_mut(&number) {
            // Nothing comes any more.
            Some(Beside::Running { call, .. }) if matches!(self.next, Some(Next::Nothing)) => {
                let (now, offset) = (call.clone(), self.tape.offset());
                Poll::Ready(Err(self.diverge_at(Difference::CutOff { now, offset })))
            }
            Some(Beside::Running { waker, .. }) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            // It was told later, when others had had their turn.
            Some(Beside::Ended { waited, .. }) if !*waited => {
                *waited = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Beside::Ended { order, .. })
                if order.is_some_and(|order| {
                    order != self.told || (self.untouched && self.turns < TURNS)
                }) =>
            {
                if *order == Some(self.told) {
                    self.turns = self.turns.saturating_add(1);
                }
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Beside::Ended { answer, order, .. }) => {
                if order.is_some() {
                    self.told = self.told.saturating_add(1);
                    (self.untouched, self.turns) = (true, 0);
                }
                let answer = std::mem::replace(answer, Err(String::new()));
                self.beside.remove(&number);
                Poll::Ready(self.recall(answer))
            }
            None => Poll::Ready(Err(format_err!("no such call runs"))),
        }
    }

    fn poll_input(&mut self, most: usize, context: &mut Context<'_>) -> Poll<Vec<u8>> {
        let Some(piece) = self.input.front_mut() else {
            self.reader = Some(context.waker().clone());
            return Poll::Pending;
        };
        let taken = piece.len().min(most);
        let rest = piece.split_off(taken);
        let piece = std::mem::replace(piece, rest);
        if self.input.front().is_some_and(Vec::is_empty) {
            self.input.pop_front();
            self.input_bytes = self.input_bytes.saturating_sub(64);
        }
        self.input_bytes = self.input_bytes.saturating_sub(taken);
        Poll::Ready(piece)
    }

    fn end(&mut self, now: How) -> Result<()> {
        self.stop_if_diverged()?;
        self.look()?;
        let what = match self.next.take() {
            Some(Next::Exit(Exit { how, printed })) => {
                if how != now {
                    let (recorded, now) = (how.to_string(), now.to_string());
                    Difference::Ended { recorded, now }
                } else if !self.changed && printed != self.printed.digest() {
                    Difference::Printed
                } else {
                    return Ok(());
                }
            }
            Some(Next::Call { call, .. } | Next::Began { call }) => {
                Difference::CalledLess { recorded: call }
            }
            Some(Next::Nothing) | None => Difference::EndedEarlier,
        };
        Err(self.diverge(what))
    }

    /// The answer that was recorded.
    fn recall<R: Keep>(&mut self, answer: Answer) -> Result<R> {
        let bytes = match answer {
            Ok(bytes) => bytes,
            // It was a fault of the host, or what a program may not do.
            Err(error) => return Err(wasmtime::Error::msg(error)),
        };
        let mut rest = &*bytes;
        let recalled = R::recall(&mut rest);
        let how = match recalled {
            Ok(answer) if rest.is_empty() => return Ok(answer),
            Ok(_) => "an answer has bytes that mean nothing".to_owned(),
            Err(error) => error.to_string(),
        };
        let offset = self.tape.offset();
        let damaged = RecordingError::Damaged { offset, how };
        Err(self.diverge(Difference::Unusable(damaged)))
    }

    fn differs(&mut self, next: Option<Next>, now: Call) -> wasmtime::Error {
        self.calls = self.calls.saturating_add(1);
        let offset = self.tape.offset();
        self.diverge_at(match next {
            Some(Next::Call { call, .. } | Next::Began { call }) => Difference::Called {
                recorded: call,
                now,
            },
            Some(Next::Exit(_)) => Difference::CalledMore { now },
            Some(Next::Nothing) | None => Difference::CutOff { now, offset },
        })
    }

    /// Whatever comes now is the next call.
    fn diverge(&mut self, what: Difference) -> wasmtime::Error {
        self.calls = self.calls.saturating_add(1);
        self.diverge_at(what)
    }

    fn diverge_at(&mut self, what: Difference) -> wasmtime::Error {
        let divergence = Arc::new(Divergence {
            call: self.calls,
            what,
        });
        let error = wasmtime::Error::msg(format!("the program {divergence}"));
        self.divergence = Some(divergence);
        // Whoever waits is told.
        for beside in self.beside.values_mut() {
            if let Beside::Running { waker, .. } = beside {
                waker.take().into_iter().for_each(Waker::wake);
            }
        }
        error
    }

    fn stop_if_diverged(&self) -> Result<()> {
        match &self.divergence {
            Some(divergence) => Err(format_err!("the program {divergence}")),
            None => Ok(()),
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            How::Exited(status) => write!(f, "exited with status {status}"),
            How::Trapped(trap) => write!(f, "trapped ({})", crate::one_line(trap)),
        }
    }
}
