//! Programs that run where nothing of wsp is linked.
//!
//! The portable component stands in for the host: it implements what the provider and the
//! program import of `winsock:spi`, over `wasi:sockets`, `wasi:io` and `wasi:clocks` 0.2. A
//! command also gets its `wasi:cli/run` wrapped and its `wasi:cli/exit` replaced, so that it
//! does not end before what it has sent is out.

use wac_graph::types::are_semver_compatible;

use super::join::Composition;
use super::{
    ComposeError, OF_THE_PROVIDER, PACKAGE, check, composable, inspect, on_a_thread, passed_on,
};
use crate::printable;

/// What the portable component exports.
const OF_PORTABLE: [&str; 9] = [
    "winsock:spi/types@0.2.0",
    "winsock:spi/memory@0.2.0",
    "winsock:spi/gather@0.2.0",
    "winsock:spi/words@0.2.0",
    "winsock:spi/scheduling@0.2.0",
    "winsock:spi/transport@0.2.0",
    "winsock:spi/resolver@0.2.0",
    LIFETIME,
    EXIT,
];

const LIFETIME: &str = "wsp:portable/lifetime@0.1.0";

const EXIT: &str = "wasi:cli/exit@0.2.0";

const RUN: &str = "wasi:cli/run@0.2.0";

/// Composes a program with the provider and the portable component: the result imports
/// interfaces of WASI 0.2 and nothing else, and runs on any host that implements them. What
/// such a program may do is decided by its host: policy, quotas, audit and metrics of this
/// crate do not apply to it. A program that imports nothing of `winsock:spi` comes back
/// unchanged.
///
/// ```no_run
/// let program = std::fs::read("program.wasm")?;
/// let portable = wsp::compose::compose_portable(&program)?;
/// let interfaces = wsp::compose::inspect(&portable)?;
/// assert!(interfaces.imports().iter().all(|import| import.starts_with("wasi:")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As [`compose`](super::compose); [`ComposeError::NotPortable`] if the program imports
/// something that is not of WASI, or `winsock:spi/readiness`.
pub fn compose_portable(program: &[u8]) -> Result<Vec<u8>, ComposeError> {
    let (interfaces, types) = check(program)?;
    let imports = interfaces.imports();
    if !imports.iter().any(|import| import.starts_with(PACKAGE)) {
        return Ok(program.to_vec());
    }
    let offered = [&OF_PORTABLE[..], &OF_THE_PROVIDER].concat();
    let passed_on = passed_on(&interfaces, &offered);
    for import in &passed_on {
        check_passed_on(import)?;
    }
    composable::check(types.as_ref(), &passed_on)?;
    let provider_imports = inspect(wsp_provider::COMPONENT)?;
    let composed = on_a_thread(|| {
        let mut composition = Composition::default();
        let portable = wsp_portable::COMPONENT;
        composition.offer("wsp:portable", portable, &[], &OF_PORTABLE)?;
        if interfaces.needs_provider() {
            let imports = provider_imports.imports();
            let provider = wsp_provider::COMPONENT;
            composition.offer("winsock:provider", provider, imports, &OF_THE_PROVIDER)?;
        }
        let program = composition.add("winsock:program", program, imports)?;
        for export in interfaces.exports() {
            if are_semver_compatible(export, RUN) {
                let lifetime = [LIFETIME.to_owned()];
                let around = composition.add("wsp:around", wsp_portable::AROUND, &lifetime)?;
                composition.link(around, RUN, program, export)?;
                composition.export(around, RUN, export)?;
            } else {
                composition.export(program, export, export)?;
            }
        }
        composition.encode()
    })?;
    let interfaces = inspect(&composed)?;
    interfaces
        .imports()
        .iter()
        .try_for_each(|import| check_passed_on(import))?;
    Ok(composed)
}

/// Refuses what no host of WASI gives.
fn check_passed_on(import: &str) -> Result<(), ComposeError> {
    let why = if import.starts_with("winsock:spi/readiness@") {
        "waits without blocking, for which WASI 0.2 has no call: only wsp's own host gives it"
    } else if import.starts_with("wasi:") {
        return Ok(());
    } else {
        "is not of WASI, so not every host gives it"
    };
    Err(ComposeError::NotPortable {
        import: printable(import),
        why,
    })
}
