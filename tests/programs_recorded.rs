//! Every program of `tests/programs` once more, recorded, and replayed without a network as
//! soon as it has ended. It does the same again, whatever its peers did.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod around_programs;

use wsp_tests::Program;

/// It awaits twenty sends at once, and one replay of eight differs (docs/replay.md): it is run
/// here, and not recorded.
const AWAITS_MANY: &str = "async_operations";

fn program(name: &str) -> Program {
    let program = Program::new(env!("CARGO_TARGET_TMPDIR"), name);
    match name {
        AWAITS_MANY => program,
        _ => program.recorded(),
    }
}
