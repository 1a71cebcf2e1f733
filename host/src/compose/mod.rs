//! Putting a program and the provider component together.
//!
//! A program imports `winsock:spi/provider` and, for sends, `tickets` and `gather`; the
//! provider exports the first two, and imports `memory` and `transport`. Composed, they are one
//! component that imports only what a host gives. The result holds a copy of the
//! provider, so it runs on every host that implements those interfaces.
//!
//! ```no_run
//! let program = std::fs::read("program.wasm")?;
//! let composed = wsp::compose::compose(&program)?;
//! let interfaces = wsp::compose::inspect(&composed)?;
//! assert!(!interfaces.needs_provider());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bounds;
mod composable;
mod footprint;
mod interfaces;
mod join;
mod portable;
#[cfg(test)]
mod tests;

pub use bounds::{MAXIMUM_BYTES, MAXIMUM_NESTING};
pub use interfaces::{InstancesTooLarge, Interfaces, inspect};
pub use portable::compose_portable;

use std::any::Any;
use std::thread;

use wasmparser::types::Types;

use crate::{one_line, printable};
use join::Composition;
use wac_graph::types::are_semver_compatible;

/// The package that programs and the provider share.
pub(crate) const PACKAGE: &str = "winsock:spi/";

/// What the provider component does not export of it: what a host implements, and types.
const OF_THE_HOST: [&str; 8] = [
    "winsock:spi/types@0.2.0",
    "winsock:spi/memory@0.2.0",
    "winsock:spi/gather@0.2.0",
    "winsock:spi/words@0.2.0",
    "winsock:spi/scheduling@0.2.0",
    "winsock:spi/transport@0.2.0",
    "winsock:spi/readiness@0.2.0",
    "winsock:spi/resolver@0.2.0",
];

/// What the provider component exports.
const OF_THE_PROVIDER: [&str; 4] = [
    "winsock:spi/provider@0.2.0",
    "winsock:spi/extensions@0.2.0",
    "winsock:spi/tickets@0.2.0",
    "winsock:spi/threads@0.2.0",
];

/// Why bytes cannot be composed, as a sentence whose subject is the program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// Neither a component nor a core module.
    #[error(
        "it is not WebAssembly: expected a binary component, which begins with the bytes 00 61 73 6d"
    )]
    NotWasm,
    /// A core module.
    #[error(
        "it is a core module, not a component: make a component of it, for example with `wasm-tools component new`"
    )]
    CoreModule,
    /// A component that does not validate.
    #[error("it is a damaged component, or uses features that are not supported: {0}")]
    Invalid(String),
    /// An import from `winsock:spi` that neither the provider nor the host has.
    #[error(
        "it imports {import}, which does not exist: the interfaces of winsock:spi are types, memory, provider, extensions, tickets, threads, transport, gather, words, readiness and resolver"
    )]
    UnknownInterface {
        /// The import.
        import: String,
    },
    /// An import from another version of `winsock:spi`.
    #[error(
        "it imports {import}, but this version of wsp has {available}: rebuild the program against that version"
    )]
    WrongVersion {
        /// The import.
        import: String,
        /// What there is instead.
        available: &'static str,
    },
    /// An import of the right name, with functions or types that the provider does not have.
    #[error("its import {import} does not fit the provider's: {mismatch}")]
    Mismatch {
        /// The import.
        import: String,
        /// What does not fit.
        mismatch: String,
    },
    /// More bytes than [`MAXIMUM_BYTES`].
    #[error("it has more than {MAXIMUM_BYTES} bytes, which is the most that is read")]
    TooLarge,
    /// Components nested deeper than [`MAXIMUM_NESTING`].
    #[error(
        "it has components nested more than {MAXIMUM_NESTING} deep, which is the deepest that is read"
    )]
    NestedTooDeep,
    /// An import whose type cannot be written into a composed component.
    #[error(
        "it cannot be composed with the provider: its import {import} {why}, which a composition cannot pass on"
    )]
    Unsupported {
        /// The import.
        import: String,
        /// What is wrong with it, as the rest of a sentence.
        why: String,
    },
    /// An import that no host of WASI 0.2 gives, in a program that is to run on any.
    #[error("it cannot be made portable: its import {import} {why}")]
    NotPortable {
        /// The import.
        import: String,
        /// What is wrong with it, as the rest of a sentence.
        why: &'static str,
    },
    /// The two components cannot be encoded as one.
    #[error("it cannot be composed with the provider: {0}")]
    Encoding(String),
}

/// Composes a program with the embedded provider component. A program that does
/// not import the provider, such as a composed one, comes back unchanged.
///
/// # Errors
///
/// [`ComposeError`] when `program` is not a component, is damaged, too large or nested
/// too deep, imports something of `winsock:spi` that does not exist in this version,
/// or something that a composition cannot pass on. No bytes make it panic: what the
/// composer asserts ends a thread of its own, and is an error (the panic hook sees it).
pub fn compose(program: &[u8]) -> Result<Vec<u8>, ComposeError> {
    compose_with(program, wsp_provider::COMPONENT)
}

fn compose_with(program: &[u8], provider: &[u8]) -> Result<Vec<u8>, ComposeError> {
    let (interfaces, types) = check(program)?;
    if !interfaces.needs_provider() {
        return Ok(program.to_vec());
    }
    let passed_on = passed_on(&interfaces, &OF_THE_PROVIDER);
    composable::check(types.as_ref(), &passed_on)?;
    on_a_thread(|| {
        let mut composition = Composition::default();
        composition.offer("winsock:provider", provider, &[], &OF_THE_PROVIDER)?;
        let program = composition.add("winsock:program", program, interfaces.imports())?;
        for export in interfaces.exports() {
            composition.export(program, export, export)?;
        }
        composition.encode()
    })
}

/// What a program imports and exports, if all that it wants of `winsock:spi` exists.
fn check(program: &[u8]) -> Result<(Interfaces, Types), ComposeError> {
    let (interfaces, types) = interfaces::validate(program)?;
    for import in interfaces.imports() {
        check_import(import)?;
    }
    Ok((interfaces, types))
}

/// The imports of a program that stay imports of the composed component.
fn passed_on<'a>(interfaces: &'a Interfaces, offered: &[&'static str]) -> Vec<&'a str> {
    let imports = interfaces.imports().iter().map(String::as_str);
    imports
        .filter(|import| available(import, offered).is_none())
        .collect()
}

/// Composes on a thread of its own: the graph asserts what it takes for granted, and recurses
/// as deep as types nest, and the thread bounds what either can do.
fn on_a_thread(
    compose: impl FnOnce() -> Result<Vec<u8>, ComposeError> + Send,
) -> Result<Vec<u8>, ComposeError> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("wsp-compose".to_owned())
            .stack_size(STACK);
        let composing = thread.spawn_scoped(scope, compose);
        let composing = composing.map_err(|error| {
            ComposeError::Encoding(format!("the system has no thread to give: {error}"))
        })?;
        composing.join().unwrap_or_else(|panic| {
            let said = one_line(said(&*panic));
            Err(ComposeError::Encoding(format!(
                "the composer cannot take it ({said})"
            )))
        })
    })
}

/// Bytes of stack for composing: types nest at most 100 deep, which takes less than
/// one MiB of it in a debug build.
const STACK: usize = 16 << 20;

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it said nothing")
}

fn invalid(error: wasmparser::BinaryReaderError) -> ComposeError {
    ComposeError::Invalid(one_line(&error.to_string()))
}

/// Refuses an import of `winsock:spi` that does not exist.
fn check_import(import: &str) -> Result<(), ComposeError> {
    let known = OF_THE_PROVIDER.iter().chain(&OF_THE_HOST);
    let Some(name) = import.strip_prefix(PACKAGE).map(interface_name) else {
        return Ok(());
    };
    let same_name = |known: &&&str| known.strip_prefix(PACKAGE).map(interface_name) == Some(name);
    match known.into_iter().find(same_name) {
        None => Err(ComposeError::UnknownInterface {
            import: printable(import),
        }),
        Some(known) if fits(import, known) => Ok(()),
        Some(known) => Err(ComposeError::WrongVersion {
            import: printable(import),
            available: known,
        }),
    }
}

/// The name without the version.
fn interface_name(interface: &str) -> &str {
    interface
        .split_once('@')
        .map_or(interface, |(name, _)| name)
}

fn fits(import: &str, known: &str) -> bool {
    import == known || are_semver_compatible(import, known)
}

/// The interface among `known` that satisfies `import`.
fn available(import: &str, known: &[&'static str]) -> Option<&'static str> {
    known.iter().copied().find(|known| fits(import, known))
}
