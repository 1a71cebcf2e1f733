//! Processes, descriptors and limits of POSIX systems.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::isolate::parent::{Talk, is_answering, is_passing, is_speaking};
use crate::isolate::wire::Request;

/// Bytes of address space beyond the memory that may be allocated: for the
/// executable, stacks, and what allocators reserve and do not use.
const ADDRESS_SPACE: u64 = 4 << 30;

/// A child that has not been waited for, which can be killed.
pub(crate) struct Hold(Pid);

impl Hold {
    /// The child bounds its own memory.
    pub(crate) fn of(child: &Child, _memory_bytes: u64) -> io::Result<Hold> {
        Ok(Hold(Pid::from_child(child)))
    }

    pub(crate) fn kill(&self) {
        let _ = kill_process(self.0, Signal::KILL);
    }
}

/// Waits until the child has ended, and leaves it to be waited for.
pub(crate) fn until_ended(child: &mut Child) {
    let pid = Pid::from_child(child);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(pid), options).is_err_and(|error| error == rustix::io::Errno::INTR) {}
}

/// Gives a child the name of this program, and what the loader needs to start it.
pub(crate) fn equip(command: &mut Command) {
    if let Some(name) = env::args_os().next() {
        command.arg0(name);
    }
    if let Some(path) = env::var_os("LD_LIBRARY_PATH") {
        command.env("LD_LIBRARY_PATH", path);
    }
}

/// The executable that runs, which may have been replaced since.
pub(crate) fn executable() -> io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    match running.symlink_metadata() {
        Ok(_) => Ok(running.to_owned()),
        Err(_) => env::current_exe(),
    }
}

/// Standard input, without a buffer of this process.
pub(crate) fn standard_input() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Standard output, without a buffer of this process, which looks for ends of lines.
pub(crate) fn standard_output() -> io::Result<File> {
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// This end of a child's standard streams.
pub(crate) struct Pipes {
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

impl Pipes {
    pub(crate) fn of(child: &mut Child) -> io::Result<Pipes> {
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("it has no standard streams"));
        };
        let stdin = child.stdin.take();
        let ends = [
            stdin.as_ref().map(AsFd::as_fd),
            Some(stdout.as_fd()),
            Some(stderr.as_fd()),
        ];
        for end in ends.into_iter().flatten() {
            rustix::io::ioctl_fionbio(end, true)?;
        }
        Ok(Pipes {
            stdin,
            stdout,
            stderr,
        })
    }

    /// Writes all of `input` while it takes it, and reads until it has closed its streams.
    /// An answer of more than `most` bytes is an error: the child must not exceed its memory.
    pub(crate) fn talk(
        mut self,
        input: Vec<u8>,
        deadline: Option<Instant>,
        most: u64,
    ) -> io::Result<Talk> {
        let mut input = &input[..];
        let (mut written, mut said) = (Vec::new(), Vec::new());
        let (mut writes, mut speaks) = (true, true);
        while writes || speaks {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(Talk::TimedOut);
            }
            wait(
                [
                    (self.stdin.as_ref().map(AsFd::as_fd), PollFlags::OUT),
                    (writes.then(|| self.stdout.as_fd()), PollFlags::IN),
                    (speaks.then(|| self.stderr.as_fd()), PollFlags::IN),
                ],
                left,
            )?;
            if let Some(stdin) = &mut self.stdin {
                match stdin.write(input) {
                    Ok(count) => input = input.get(count..).unwrap_or_default(),
                    Err(error) if is_passing(&error) => {}
                    // Its answer says why it does not read more.
                    Err(_) => input = &[],
                }
            }
            if input.is_empty() {
                self.stdin = None;
            }
            writes = writes && is_answering(&mut self.stdout, &mut written, most)?;
            speaks = speaks && is_speaking(&mut self.stderr, &mut said)?;
        }
        Ok(Talk::Ended { written, said })
    }
}

/// Waits until one of the streams is ready, or the time is up.
fn wait(
    streams: [(Option<BorrowedFd<'_>>, PollFlags); 3],
    left: Option<Duration>,
) -> io::Result<()> {
    let streams = streams.into_iter();
    let mut streams: Vec<PollFd<'_>> = streams
        .filter_map(|(stream, flags)| Some(PollFd::from_borrowed_fd(stream?, flags)))
        .collect();
    let left = left.and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut streams, left.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Bounds this process, and lets it end with its parent.
pub(crate) fn bound(request: &Request) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // It may have ended before.
        let parent = getppid().map(|parent| parent.as_raw_nonzero().get().unsigned_abs());
        if parent != Some(request.parent) {
            return Err(io::Error::other("the parent has ended"));
        }
    }
    let memory = request.memory_bytes;
    for (resource, most) in [
        (Resource::Data, memory),
        // For systems that do not count all memory as data.
        (Resource::As, memory.saturating_add(ADDRESS_SPACE)),
        (Resource::Core, 0),
    ] {
        // What this process was given may be less.
        let maximum = rustix::process::getrlimit(resource).maximum;
        let most = Some(maximum.map_or(most, |maximum| most.min(maximum)));
        let limit = Rlimit {
            current: most,
            maximum: most,
        };
        rustix::process::setrlimit(resource, limit)?;
    }
    Ok(())
}

/// Closes descriptors that the parent inherited and left open.
#[expect(
    unsafe_code,
    reason = "descriptors that nothing here owns have no safe way to be closed"
)]
pub(crate) fn close_what_was_inherited() {
    let Ok(listing) = fs::read_dir("/dev/fd") else {
        return;
    };
    let name = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
    let open: Vec<i32> = listing.filter_map(name).collect();
    for descriptor in open {
        // The listing's own is closed already.
        let is_open = Path::new("/dev/fd")
            .join(descriptor.to_string())
            .is_symlink();
        if descriptor > 2 && is_open {
            // SAFETY: This is the first that happens in `main`, so nothing of this process
            // has opened a descriptor yet, and no other thread does so now.
            unsafe { rustix::io::close(descriptor) };
        }
    }
}
