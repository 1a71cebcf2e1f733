//! Processes, streams and jobs of Windows.

use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOB_OBJECT_LIMIT_PROCESS_MEMORY, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, SetInformationJobObject, TerminateJobObject,
};

use crate::isolate::parent::{Talk, is_answering, is_speaking};
use crate::isolate::wire::Request;

/// The exit status of a child that was killed.
const KILLED: u32 = 1;

/// A child in a job of its own, which bounds its memory and ends it when the last handle to
/// the job is gone: at the latest with this process.
pub(crate) struct Hold(OwnedHandle);

impl Hold {
    #[expect(unsafe_code, reason = "the standard library has no jobs")]
    pub(crate) fn of(child: &Child, memory_bytes: u64) -> io::Result<Hold> {
        // SAFETY: it may be called with neither attributes nor a name.
        let job = unsafe { CreateJobObjectW(std::ptr::null(), std::ptr::null()) };
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle was just made, and nobody else has it.
        let job = unsafe { OwnedHandle::from_raw_handle(job) };
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags =
            JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_PROCESS_MEMORY;
        limits.ProcessMemoryLimit = usize::try_from(memory_bytes).unwrap_or(usize::MAX);
        // SAFETY: the job is open, and the limits have the type and the size that the class
        // says.
        let limited = unsafe {
            SetInformationJobObject(
                job.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                u32::try_from(size_of_val(&limits)).unwrap_or(u32::MAX),
            )
        };
        // SAFETY: the job and the process are open.
        if limited == 0
            || unsafe { AssignProcessToJobObject(job.as_raw_handle(), child.as_raw_handle()) } == 0
        {
            return Err(io::Error::last_os_error());
        }
        Ok(Hold(job))
    }

    #[expect(unsafe_code, reason = "the standard library has no jobs")]
    pub(crate) fn kill(&self) {
        // SAFETY: the job is open. If it fails, closing the job kills too.
        unsafe { TerminateJobObject(self.0.as_raw_handle(), KILLED) };
    }
}

/// Waits until the child has ended, whose handle goes on to mean it.
pub(crate) fn until_ended(child: &mut Child) {
    // Whoever waits again is told what is wrong.
    let _ = child.wait();
}

/// What the system's libraries need to be found.
pub(crate) fn equip(command: &mut Command) {
    for name in ["SystemRoot", "PATH"] {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// The executable that runs, which cannot be replaced meanwhile.
pub(crate) fn executable() -> io::Result<PathBuf> {
    env::current_exe()
}

/// Standard input, without a buffer of this process.
pub(crate) fn standard_input() -> io::Result<File> {
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Standard output, without a buffer of this process, which looks for ends of lines.
pub(crate) fn standard_output() -> io::Result<File> {
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}

/// This end of a child's standard streams.
pub(crate) struct Pipes {
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

/// What a thread has read to its end.
enum Read {
    Answer(io::Result<Vec<u8>>),
    Said(io::Result<Vec<u8>>),
}

impl Pipes {
    pub(crate) fn of(child: &mut Child) -> io::Result<Pipes> {
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("it has no standard streams"));
        };
        Ok(Pipes {
            stdin: child.stdin.take(),
            stdout,
            stderr,
        })
    }

    /// Writes all of `input` while it takes it, and reads until it has closed its streams.
    /// An answer of more than `most` bytes is an error: the child must not exceed its memory.
    ///
    /// Pipes have no readiness here, so each has a thread, which ends with the child at the
    /// latest.
    pub(crate) fn talk(
        self,
        input: Vec<u8>,
        deadline: Option<Instant>,
        most: u64,
    ) -> io::Result<Talk> {
        let Pipes {
            stdin,
            mut stdout,
            mut stderr,
        } = self;
        let (answered, read) = mpsc::channel();
        let said = answered.clone();
        if let Some(mut stdin) = stdin {
            // Its answer says why it does not read more.
            spawn(move || drop(stdin.write_all(&input)))?;
        }
        spawn(move || {
            let mut bytes = Vec::new();
            let answer = until_end(|| is_answering(&mut stdout, &mut bytes, most));
            // Without a receiver the time was up.
            let _ = answered.send(Read::Answer(answer.map(|()| bytes)));
        })?;
        spawn(move || {
            let mut bytes = Vec::new();
            let read = until_end(|| is_speaking(&mut stderr, &mut bytes));
            let _ = said.send(Read::Said(read.map(|()| bytes)));
        })?;
        let (mut answer, mut said) = (None, None);
        while answer.is_none() || said.is_none() {
            match next(&read, deadline) {
                Ok(Read::Answer(bytes)) => answer = Some(bytes?),
                Ok(Read::Said(bytes)) => said = Some(bytes?),
                Err(RecvTimeoutError::Timeout) => return Ok(Talk::TimedOut),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        match (answer, said) {
            (Some(written), Some(said)) => Ok(Talk::Ended { written, said }),
            _ => Err(io::Error::other("nobody read what it said")),
        }
    }
}

fn next(read: &mpsc::Receiver<Read>, deadline: Option<Instant>) -> Result<Read, RecvTimeoutError> {
    match deadline {
        Some(deadline) => read.recv_timeout(deadline.saturating_duration_since(Instant::now())),
        None => Ok(read.recv()?),
    }
}

/// Calls `more` until it says that no more can come.
fn until_end(mut more: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    while more()? {}
    Ok(())
}

fn spawn(run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name("wsp-compiler-pipe".to_owned());
    thread.spawn(run).map(drop)
}

/// The job of the parent bounds this process, and ends it with the parent.
pub(crate) fn bound(_request: &Request) -> io::Result<()> {
    Ok(())
}

/// A process inherits only what it was given.
pub(crate) fn close_what_was_inherited() {}
