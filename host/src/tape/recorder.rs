//! Writing down what a program learns.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use wasmtime::{Result, format_err};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::cli::{StdinStream, StdoutStream};
use wsp_guard::sync::lock;

use super::format::{self, Answer, Call, Entry, Exit, Header, How};
use super::given::{self, Given};
use super::wasi::{Digesting, Printed, RecordedInput};
use crate::imports::keep::Keep;
use crate::quota::Limits;

/// Writes down what one run of a program learns of the network, of clocks and of its standard
/// input. Clones write the same recording.
///
/// Make one, build the WASI of the program with [`Recorder::wasi`], and run the program with
/// [`Program::record`](crate::run::Program::record). A recording holds everything that the
/// program was given and has received, so it may hold secrets.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Recording>>);

struct Recording {
    to: Box<dyn Write + Send>,
    header: Header,
    /// How many functions have begun to run beside the program.
    began: u64,
    /// How many have ended, and whether nothing has been called since.
    ended: (u64, bool),
    printed: Printed,
    /// Nothing is written after the first failure.
    failed: bool,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// Records to `to`, for example a file that nobody else may read, one run of `program`, which
    /// is as it will be when it is replayed, composed with the provider or not. It is given
    /// these arguments, of which the first is its name, and variables.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers to give.
    pub fn new(
        to: impl Write + Send + 'static,
        program: &[u8],
        arguments: &[impl AsRef<str>],
        variables: &[(impl AsRef<str>, impl AsRef<str>)],
    ) -> io::Result<Recorder> {
        let mut seed = [0; 32];
        SysRng.try_fill_bytes(&mut seed).map_err(io::Error::other)?;
        let text = |text: &dyn AsRef<str>| text.as_ref().to_owned();
        let header = Header {
            wsp: env!("CARGO_PKG_VERSION").to_owned(),
            provider: given::provider(),
            program: Sha256::digest(program).into(),
            arguments: arguments.iter().map(|argument| text(argument)).collect(),
            variables: variables
                .iter()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
            seed,
            terminal: false,
            limits: Limits::default().into(),
        };
        Ok(Recorder(Arc::new(Mutex::new(Recording {
            to: Box::new(to),
            header,
            began: 0,
            ended: (0, false),
            printed: Printed::default(),
            failed: false,
        }))))
    }

    /// A builder of the program's WASI, with its arguments, variables, random numbers and
    /// standard streams. Directories may be added; files are not recorded.
    #[must_use]
    pub fn wasi(
        &self,
        stdin: impl StdinStream + Sync + 'static,
        stdout: impl StdoutStream + Sync + 'static,
    ) -> WasiCtxBuilder {
        let mut recording = lock(&self.0);
        recording.header.terminal = stdin.is_terminal();
        let mut wasi = Given::of(&recording.header).wasi();
        wasi.stdin(RecordedInput::new(self.clone(), stdin));
        wasi.stdout(Digesting::new(recording.printed.clone(), stdout));
        wasi
    }

    /// Writes the beginning, once the limits are known.
    pub(crate) fn begin(&self, limits: Limits) -> Result<()> {
        let mut recording = lock(&self.0);
        recording.header.limits = limits.into();
        let Recording { to, header, .. } = &mut *recording;
        format::begin(&mut **to, header).map_err(cannot_write)
    }

    /// Writes that the program ended like this.
    pub(crate) fn end(&self, how: How) -> Result<()> {
        let printed = lock(&self.0).printed.digest();
        self.append(&Entry::Exit(Exit { how, printed }))
    }

    /// Writes a call and what it gave back.
    pub(super) fn call<R: Keep>(&self, call: Call, answer: &Result<R>) -> Result<()> {
        let answer = kept(answer)?;
        self.append(&Entry::Call { call, answer })
    }

    /// Writes that a function begins to run beside the program, and tells its number.
    pub(super) fn begin_call(&self, call: Call) -> Result<u64> {
        let number = {
            let mut recording = lock(&self.0);
            let number = recording.began;
            recording.began = number.saturating_add(1);
            number
        };
        self.append(&Entry::Began { call })?;
        Ok(number)
    }

    /// How many of such functions have ended, and whether the program has called nothing since
    /// the last.
    pub(super) fn ended(&self) -> (u64, bool) {
        lock(&self.0).ended
    }

    /// Writes what such a function gave back.
    pub(super) fn end_call<R: Keep>(
        &self,
        number: u64,
        at_once: bool,
        answer: &Result<R>,
    ) -> Result<()> {
        let answer = kept(answer)?;
        self.append(&Entry::Ended {
            number,
            at_once,
            answer,
        })
    }

    /// Writes what standard input had, for a program that reads beside what it does.
    pub(super) fn input(&self, bytes: &[u8]) -> Result<()> {
        self.append(&Entry::Input(bytes.to_vec()))
    }

    fn append(&self, entry: &Entry) -> Result<()> {
        let mut recording = lock(&self.0);
        if recording.failed {
            return Err(format_err!("the recording has ended"));
        }
        let written = format::append(&mut *recording.to, entry);
        recording.failed = written.is_err();
        let ends = matches!(entry, Entry::Ended { at_once: false, .. });
        let (ended, _) = recording.ended;
        recording.ended = (ended.saturating_add(ends.into()), ends);
        written.map_err(cannot_write)
    }
}

fn cannot_write(error: io::Error) -> wasmtime::Error {
    format_err!("the recording cannot be written: {error}")
}

fn kept<R: Keep>(answer: &Result<R>) -> Result<Answer> {
    match answer {
        Ok(answer) => {
            let mut bytes = Vec::new();
            answer.keep(&mut bytes)?;
            Ok(Ok(bytes))
        }
        Err(error) => Ok(Err(error.root_cause().to_string())),
    }
}
