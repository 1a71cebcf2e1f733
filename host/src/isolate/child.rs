//! The child: this program as a compiler.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::{env, process, thread};

use rustix::process::{Resource, Rlimit};
use wasmtime::Engine;

use super::wire::{self, Action, Answer, ROLE, Request};
use super::{Configure, EngineNeeds};
use crate::compose::{self, Interfaces, MAXIMUM_BYTES};

/// Bytes of stack for composing and compiling.
const STACK: usize = 64 << 20;

/// Bytes of address space beyond the memory that may be allocated: for the
/// executable, stacks, and what allocators reserve and do not use.
const ADDRESS_SPACE: u64 = 4 << 30;

/// The exit status without an answer. Standard error says why.
const FAILED: i32 = 101;

pub(super) fn run_if_child(configure: Configure) {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().is_none_or(|argument| argument != ROLE) {
        return;
    }
    let request = arguments.next();
    // The parent puts a line into its own sentence.
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.to_string().replace('\n', " ");
        let _ = writeln!(io::stderr(), "{text}");
    }));
    close_what_was_inherited();
    let run = move || run(request, configure);
    let thread = thread::Builder::new().stack_size(STACK).spawn(run);
    let ended = thread.and_then(|thread| thread.join().unwrap_or_else(|_| process::exit(FAILED)));
    process::exit(match ended {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            FAILED
        }
    })
}

fn run(request: Option<OsString>, configure: Configure) -> io::Result<()> {
    let request = request.unwrap_or_default();
    let request: Request = serde_json::from_slice(request.as_encoded_bytes())?;
    bound(&request)?;
    let (answer, bytes) = match answer(&request, configure) {
        Ok((interfaces, bytes)) => (Answer::Done(interfaces), bytes),
        Err(sentence) => (Answer::Refused(sentence.replace('\n', " ")), Vec::new()),
    };
    // Standard output's own buffer looks for ends of lines.
    let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    wire::write(&mut output, &answer, &bytes)
}

/// Bounds this process, and lets it end with its parent.
fn bound(request: &Request) -> io::Result<()> {
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

/// Does what is asked for. The error is a sentence.
fn answer(request: &Request, configure: Configure) -> Result<(Interfaces, Vec<u8>), String> {
    let mut program = Vec::new();
    let input = io::stdin().as_fd().try_clone_to_owned();
    input
        .and_then(|input| {
            let mut input = File::from(input).take(MAXIMUM_BYTES as u64 + 1);
            input.read_to_end(&mut program)
        })
        .map_err(|error| format!("it cannot be read: {error}"))?;
    let compose = match request.action {
        Action::Compose | Action::Compile => compose::compose,
        Action::ComposePortable => compose::compose_portable,
    };
    let composed = compose(&program).map_err(|error| error.to_string())?;
    drop(program);
    let interfaces = compose::inspect(&composed).map_err(|error| error.to_string())?;
    let bytes = match request.action {
        Action::Compose | Action::ComposePortable => composed,
        Action::Compile => {
            let needs = EngineNeeds {
                concurrency: interfaces.is_asynchronous(),
                epochs: request.epochs,
            };
            let engine = Engine::new(&configure(needs));
            let compiled = engine.and_then(|engine| engine.precompile_component(&composed));
            compiled.map_err(|error| format!("it cannot be compiled: {error:#}"))?
        }
    };
    Ok((interfaces, bytes))
}

/// Closes descriptors that the parent inherited and left open.
#[expect(
    unsafe_code,
    reason = "descriptors that nothing here owns have no safe way to be closed"
)]
fn close_what_was_inherited() {
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
