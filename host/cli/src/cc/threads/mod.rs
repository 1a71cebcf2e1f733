//! Programs with threads: which they are, and what is done to them after they are linked.
//!
//! The library runs their threads by turns. To give a turn away, the calls of a thread are put
//! aside and brought back later, which WebAssembly cannot do by itself: Binaryen's Asyncify
//! makes the program's functions able to.

mod binaryen;
mod instrument;

use std::path::Path;

use wasmparser::{Parser, Payload};

use super::library::Threads;
use super::variables::Variables;

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

/// The program with stacks that are looked after, and functions that can be put aside.
/// Temporary files go to `directory`.
pub(super) fn able_to_switch(
    module: &[u8],
    variables: Option<&Variables>,
    directory: &Path,
) -> anyhow::Result<Vec<u8>> {
    let optimizer = binaryen::Optimizer::find()?;
    let instrumented = instrument::instrument(module, variables)?;
    optimizer.asyncify(&instrumented, directory)
}
