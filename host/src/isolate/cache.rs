//! Compiled programs on disk, so that the second start of one compiles nothing.
//!
//! A file is found by the SHA-256 of everything that its content depends on: the program,
//! the provider, this crate's version, and the engine that it is compiled for. It holds what
//! the child answered, as [`crate::cache`] keeps compiled code.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::Path;
use std::{fmt::Write, io};

use wasmtime::Engine;
use wasmtime::component::Component;

use super::{EngineNeeds, Engines, Source};
use crate::cache::{self, Code, Directory};
use crate::compose::{Interfaces, MAXIMUM_BYTES};

/// What the name of every file begins with.
const PREFIX: &str = "program-";

/// The most that all files have together, in bytes. The oldest go first.
const MOST: u64 = 512 << 20;

/// Where a compiled program is kept.
pub(super) struct Place {
    directory: Directory,
    /// For the engine without concurrency, and for the one with it.
    keys: [Key; 2],
}

/// What a compiled program depends on.
struct Key([u8; 32]);

/// A program that was compiled before.
#[derive(Debug)]
pub(super) struct Found {
    /// Where it is loaded already.
    pub(super) engine: Engine,
    pub(super) component: Component,
    pub(super) code: Code,
}

/// What a look into the cache gave.
pub(super) enum Looked {
    /// The program was compiled before.
    Found(Interfaces, Box<Found>),
    /// It was not. It can be kept in the place afterwards, if there is one.
    Missing(Source, Option<Place>),
}

/// Looks for a program, and loads it into one of the `engines`. A cache that does not work
/// costs time, and fails nothing.
pub(super) fn look(
    directory: &Path,
    program: Source,
    engines: &dyn Engines,
    (epochs, fuel): (bool, bool),
) -> Looked {
    let program = match whole(program) {
        Ok(program) => program,
        // What is read only as far as the child gets cannot be looked for before.
        Err(program) => return Looked::Missing(program, None),
    };
    let not_kept = |error: &dyn std::fmt::Display| {
        tracing::debug!("compiled programs are not kept: {error}");
    };
    let directory = match Directory::open(directory) {
        Ok(directory) => directory,
        Err(error) => {
            not_kept(&error);
            return Looked::Missing(Source::Bytes(program), None);
        }
    };
    let digest = cache::digest(&[
        env!("CARGO_PKG_VERSION").as_bytes(),
        wsp_provider::COMPONENT,
        &program,
    ]);
    let mut keys = Vec::with_capacity(2);
    // Which of them it is compiled for is known when it is found: seldom the second.
    for concurrency in [false, true] {
        let needs = EngineNeeds {
            concurrency,
            epochs,
            fuel,
        };
        let engine = match engines.engine(needs) {
            Ok(engine) => engine,
            Err(error) => {
                not_kept(&error);
                return Looked::Missing(Source::Bytes(program), None);
            }
        };
        let key = Key::new(&digest, &engine, needs);
        match key.load(&directory, engine) {
            Ok((interfaces, found)) => {
                tracing::debug!("found compiled as {}", key.name());
                return Looked::Found(interfaces, Box::new(found));
            }
            Err(error) => tracing::debug!("looking on, because of {}: {error:#}", key.name()),
        }
        keys.push(key);
    }
    let place = keys.try_into().ok();
    let place = place.map(|keys| Place { directory, keys });
    Looked::Missing(Source::Bytes(program), place)
}

impl Place {
    /// Keeps a compiled program, and removes the oldest ones where there are too many.
    pub(super) fn keep(&self, interfaces: &Interfaces, bytes: &[u8]) {
        let [plain, concurrent] = &self.keys;
        let key = match interfaces.is_asynchronous() {
            true => concurrent,
            false => plain,
        };
        let name = key.name();
        let kept = serde_json::to_vec(interfaces)
            .map_err(io::Error::from)
            .and_then(|about| cache::store(&self.directory, &name, &key.0, bytes, &about))
            .and_then(|()| self.directory.trim(PREFIX, MOST));
        if let Err(error) = kept {
            tracing::debug!("{name} is not kept: {error}");
        }
    }
}

impl Key {
    /// The key of a program of this digest, compiled for that engine.
    fn new(program: &[u8], engine: &Engine, needs: EngineNeeds) -> Key {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Key(cache::digest(&[
            program,
            &hasher.finish().to_le_bytes(),
            &[needs.concurrency, needs.epochs, needs.fuel].map(u8::from),
        ]))
    }

    fn load(&self, directory: &Directory, engine: Engine) -> wasmtime::Result<(Interfaces, Found)> {
        let code = cache::load(directory, &self.name(), &self.0)?;
        let interfaces = serde_json::from_slice(code.about())?;
        let component = code.component(&engine)?;
        let found = Found {
            engine,
            component,
            code,
        };
        Ok((interfaces, found))
    }

    fn name(&self) -> String {
        let mut name = PREFIX.to_owned();
        for byte in self.0 {
            // Writing to a string cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        name + ".cwasm"
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
