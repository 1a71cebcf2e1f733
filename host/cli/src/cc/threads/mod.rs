//! Programs with threads: which they are, and what is done to them after they are linked.
//!
//! The library runs their threads by turns. To give a turn away, the calls of a thread are put
//! aside and brought back later, which WebAssembly cannot do by itself: Binaryen's Asyncify
//! makes the program's functions able to.

mod binaryen;
mod instrument;

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::bail;
use wasmparser::{Parser, Payload};

use super::entry;
use super::library::Threads;

/// What the linker calls the module of functions that were left undefined.
const UNDEFINED: &str = "env";

/// Which of the library's objects a program wants that was linked with the one of one thread.
pub(super) fn wanted(module: &[u8]) -> anyhow::Result<Threads> {
    let mut wanted = Threads::None;
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ImportSection(imports) = payload? else {
            continue;
        };
        for import in imports.into_imports() {
            let import = import?;
            if import.module != UNDEFINED {
                continue;
            }
            if wsp_c::THREAD_MAKERS.contains(&import.name) {
                return Ok(Threads::Several);
            }
            if wsp_c::THREAD_FUNCTIONS.contains(&import.name) {
                wanted = Threads::One;
            }
        }
    }
    Ok(wanted)
}

/// Refuses sources among these arguments that give each thread a variable of its own: all of
/// them would share it, without a word.
pub(super) fn refuse_thread_locals(arguments: &[OsString]) -> anyhow::Result<()> {
    for source in arguments
        .iter()
        .filter(|argument| entry::is_source(argument))
    {
        let Ok(text) = fs::read(source) else {
            continue;
        };
        if let Some(word) = entry::thread_local(&String::from_utf8_lossy(&text)) {
            bail!(
                "{} makes threads and has a variable with {word}, of which there would be one for all of them: use TlsAlloc (see \"Threads\" in docs/c-library.md)",
                Path::new(source).display()
            );
        }
    }
    Ok(())
}

/// The program with stacks that are looked after, and functions that can be put aside.
/// Temporary files go to `directory`.
pub(super) fn able_to_switch(module: &[u8], directory: &Path) -> anyhow::Result<Vec<u8>> {
    let optimizer = binaryen::Optimizer::find()?;
    let instrumented = instrument::instrument(module)?;
    optimizer.asyncify(&instrumented, directory)
}
