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
#[cfg(test)]
mod tests;

pub use bounds::{MAXIMUM_BYTES, MAXIMUM_NESTING};
pub use interfaces::{InstancesTooLarge, Interfaces, inspect};

use std::any::Any;
use std::thread;

use crate::{one_line, printable};
use wac_graph::types::{Package, are_semver_compatible};
use wac_graph::{CompositionGraph, EncodeOptions, InstantiationArgumentError, PackageId};

/// The package that programs and the provider share.
pub(crate) const PACKAGE: &str = "winsock:spi/";

/// What the provider component does not export of it: what a host implements, and types.
const OF_THE_HOST: [&str; 6] = [
    "winsock:spi/types@0.2.0",
    "winsock:spi/memory@0.2.0",
    "winsock:spi/gather@0.2.0",
    "winsock:spi/transport@0.2.0",
    "winsock:spi/readiness@0.2.0",
    "winsock:spi/resolver@0.2.0",
];

/// What the provider component exports.
const OF_THE_PROVIDER: [&str; 3] = [
    "winsock:spi/provider@0.2.0",
    "winsock:spi/extensions@0.2.0",
    "winsock:spi/tickets@0.2.0",
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
        "it imports {import}, which does not exist: the interfaces of winsock:spi are types, memory, provider, extensions, tickets, transport, gather, readiness and resolver"
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
    let (interfaces, types) = interfaces::validate(program)?;
    for import in interfaces.imports() {
        check_import(import)?;
    }
    if !interfaces.needs_provider() {
        return Ok(program.to_vec());
    }
    let passed_on: Vec<&str> = interfaces
        .imports()
        .iter()
        .map(String::as_str)
        .filter(|import| available(import, &OF_THE_PROVIDER).is_none())
        .collect();
    composable::check(types.as_ref(), &passed_on)?;

    // The graph asserts what it takes for granted, and recurses as deep as types
    // nest: a thread of its own bounds what either can do.
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("wsp-compose".to_owned())
            .stack_size(STACK);
        let composing = thread.spawn_scoped(scope, || join(&interfaces, program, provider));
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

fn join(interfaces: &Interfaces, program: &[u8], provider: &[u8]) -> Result<Vec<u8>, ComposeError> {
    let mut graph = CompositionGraph::new();
    let provider_package = register(&mut graph, "winsock:provider", provider)?;
    let program_package = register(&mut graph, "winsock:program", program)?;
    let provider_instance = graph.instantiate(provider_package);
    let program_instance = graph.instantiate(program_package);
    for import in interfaces.imports() {
        let Some(export) = available(import, &OF_THE_PROVIDER) else {
            continue;
        };
        let export = graph
            .alias_instance_export(provider_instance, export)
            .map_err(|error| ComposeError::Encoding(one_line(&error.to_string())))?;
        graph
            .set_instantiation_argument(program_instance, import, export)
            .map_err(|error| mismatch(import, error))?;
    }
    for export in interfaces.exports() {
        let node = graph
            .alias_instance_export(program_instance, export)
            .map_err(|error| ComposeError::Encoding(one_line(&error.to_string())))?;
        graph
            .export(node, export)
            .map_err(|error| ComposeError::Encoding(one_line(&error.to_string())))?;
    }
    let composed = graph.encode(EncodeOptions::default());
    composed.map_err(|error| ComposeError::Encoding(one_line(&chain(&error))))
}

fn register(
    graph: &mut CompositionGraph,
    name: &str,
    bytes: &[u8],
) -> Result<PackageId, ComposeError> {
    let package = Package::from_bytes(name, None, bytes, graph.types_mut())
        .map_err(|error| ComposeError::Invalid(one_line(&format!("{error:#}"))))?;
    graph
        .register_package(package)
        .map_err(|error| ComposeError::Encoding(one_line(&error.to_string())))
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

fn mismatch(import: &str, error: InstantiationArgumentError) -> ComposeError {
    let mismatch = match error {
        InstantiationArgumentError::ArgumentTypeMismatch { source, .. } => {
            one_line(&format!("{source:#}"))
        }
        other => one_line(&other.to_string()),
    };
    ComposeError::Mismatch {
        import: printable(import),
        mismatch,
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
