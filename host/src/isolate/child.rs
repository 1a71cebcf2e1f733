//! The child: this program as a compiler.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::{env, process, thread};

use wasmtime::Engine;

use super::wire::{self, Action, Answer, ROLE, Request};
use super::{Configure, EngineNeeds, sys};
use crate::compose::{self, Interfaces, MAXIMUM_BYTES};

/// Bytes of stack for composing and compiling.
const STACK: usize = 64 << 20;

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
    sys::close_what_was_inherited();
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
    sys::bound(&request)?;
    let (answer, bytes) = match answer(&request, configure) {
        Ok((interfaces, bytes)) => (Answer::Done(interfaces), bytes),
        Err(sentence) => (Answer::Refused(sentence.replace('\n', " ")), Vec::new()),
    };
    // Standard output's own buffer looks for ends of lines.
    let mut output = sys::standard_output()?;
    wire::write(&mut output, &answer, &bytes)
}

/// Does what is asked for. The error is a sentence.
fn answer(request: &Request, configure: Configure) -> Result<(Interfaces, Vec<u8>), String> {
    let mut program = Vec::new();
    let input = sys::standard_input();
    input
        .and_then(|input| {
            let mut input = input.take(MAXIMUM_BYTES as u64 + 1);
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
                fuel: request.fuel,
            };
            let engine = Engine::new(&configure(needs));
            let compiled = engine.and_then(|engine| engine.precompile_component(&composed));
            compiled.map_err(|error| format!("it cannot be compiled: {error:#}"))?
        }
    };
    Ok((interfaces, bytes))
}
