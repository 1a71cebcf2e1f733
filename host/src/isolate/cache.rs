//! Compiled programs on disk, so that the second start of one compiles nothing.
//!
//! A file is found by the SHA-256 of everything that its content depends on: the program,
//! the provider, this crate's version, and how the engine is configured. It holds what the
//! child answered, as [`crate::cache`] keeps compiled code.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::Path;
use std::{fmt::Write, io};

use wasmtime::Engine;

use super::wire::{self, Answer};
use super::{Configure, EngineNeeds, Source};
use crate::cache::{self, Directory};
use crate::compose::{Interfaces, MAXIMUM_BYTES};

/// What the name of every file begins with.
const PREFIX: &str = "program-";

/// The most that all files have together, in bytes. The oldest go first.
const MOST: u64 = 512 << 20;

/// The place of one compiled program.
pub(super) struct Place {
    directory: Directory,
    name: String,
    key: [u8; 32],
}

/// What a look into the cache gave.
pub(super) enum Looked {
    /// The program was compiled before.
    Found(Interfaces, Vec<u8>),
    /// It was not. It can be kept in the place afterwards, if there is one.
    Missing(Source, Option<Place>),
}

/// Looks for a program. A cache that does not work costs time, and fails nothing.
pub(super) fn look(
    directory: &Path,
    program: Source,
    configure: Configure,
    epochs: bool,
) -> Looked {
    let program = match whole(program) {
        Ok(program) => program,
        // What is read only as far as the child gets cannot be looked for before.
        Err(program) => return Looked::Missing(program, None),
    };
    let place = Directory::open(directory)
        .and_then(|directory| Ok((directory, key(&program, configure, epochs)?)));
    let (directory, key) = match place {
        Ok(found) => found,
        Err(error) => {
            tracing::debug!("compiled programs are not kept: {error}");
            return Looked::Missing(Source::Bytes(program), None);
        }
    };
    let name = name(&key);
    match cache::load(&directory, &name, &key).map(wire::read) {
        Ok(Some((Answer::Done(interfaces), bytes))) => {
            tracing::debug!("found compiled as {name}");
            return Looked::Found(interfaces, bytes);
        }
        Ok(_) => tracing::debug!("compiling, because {name} has no compiled program"),
        Err(error) => tracing::debug!("compiling, because of {name}: {error}"),
    }
    let place = Place {
        directory,
        name,
        key,
    };
    Looked::Missing(Source::Bytes(program), Some(place))
}

impl Place {
    /// Keeps a compiled program, and removes the oldest ones where there are too many.
    pub(super) fn keep(&self, interfaces: &Interfaces, bytes: &[u8]) {
        let mut content = Vec::new();
        let kept = wire::write(&mut content, &Answer::Done(interfaces.clone()), bytes)
            .and_then(|()| cache::store(&self.directory, &self.name, &self.key, &content))
            .and_then(|()| self.directory.trim(PREFIX, MOST));
        if let Err(error) = kept {
            tracing::debug!("{} is not kept: {error}", self.name);
        }
    }
}

/// The bytes of a program, or the program as it was: a pipe may never end.
fn whole(program: Source) -> Result<Vec<u8>, Source> {
    let mut file = match program {
        Source::Bytes(bytes) => return Ok(bytes),
        Source::File(file) => file,
    };
    let read = |file: &mut File| -> io::Result<Option<Vec<u8>>> {
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > MAXIMUM_BYTES as u64 {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
        // One byte more is enough to be refused.
        file.take(MAXIMUM_BYTES as u64 + 1)
            .read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    };
    match read(&mut file) {
        Ok(Some(bytes)) => Ok(bytes),
        // The child says what is wrong with it.
        _ => Err(Source::File(file)),
    }
}

/// What the compiled program depends on.
fn key(program: &[u8], configure: Configure, epochs: bool) -> io::Result<[u8; 32]> {
    let mut hasher = DefaultHasher::new();
    for concurrency in [false, true] {
        let needs = EngineNeeds {
            concurrency,
            epochs,
        };
        // Which of them it is compiled for is known when it is found.
        let engine = Engine::new(&configure(needs)).map_err(io::Error::other)?;
        engine.precompile_compatibility_hash().hash(&mut hasher);
    }
    Ok(cache::digest(&[
        env!("CARGO_PKG_VERSION").as_bytes(),
        &hasher.finish().to_le_bytes(),
        &[u8::from(epochs)],
        wsp_provider::COMPONENT,
        program,
    ]))
}

fn name(key: &[u8]) -> String {
    let mut name = PREFIX.to_owned();
    for byte in key {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name + ".cwasm"
}
