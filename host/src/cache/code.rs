//! Files of compiled code.
//!
//! Compiled code is trusted, so nothing is used that somebody else than this user
//! or root could have written, and nothing that is damaged. A file has:
//!
//! | bytes | what |
//! | --- | --- |
//! | any number | what the compiler made |
//! | any number | what is to be known about it |
//! | 8 | the length of what the compiler made |
//! | 32 | the SHA-256 of the file's name, of what was compiled, and of these two |
//! | 8 | `WSPCODE2` |
//!
//! The code comes first, so that it can be mapped as it lies on the disk: then nothing is
//! copied, and what a program does not use of it is never read for it. The digest is
//! compared before wasmtime sees anything. It is against accidents,
//! such as a hole of zeros after a power failure: those who may write the file
//! could write another digest too, and are trusted.

use std::fs::File;
use std::io;

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::Directory;

/// What every file ends with; another format ends with something else.
const MAGIC: [u8; 8] = *b"WSPCODE2";

/// The length of the digest in bytes.
pub(crate) const DIGEST: usize = 32;

/// The length of what follows the two parts.
const END: usize = 8 + DIGEST + MAGIC.len();

/// How much of a file is read at once: what a processor's own cache holds.
const CHUNK: usize = 128 << 10;

/// What the compiler made, in an open file that has been checked.
#[derive(Debug)]
pub(crate) struct Code {
    file: File,
    /// How much of the file it is.
    length: u64,
    #[cfg_attr(
        not(feature = "compose"),
        allow(
            dead_code,
            reason = "only programs have something to be known about them"
        )
    )]
    about: Vec<u8>,
}

impl Code {
    /// What [`store`] was told about it.
    #[cfg(any(feature = "compose", test))]
    pub(crate) fn about(&self) -> &[u8] {
        &self.about
    }

    /// The component that it is, mapped from the file if the system allows that.
    ///
    /// # Errors
    ///
    /// When it was compiled for another engine, or cannot be read any more.
    #[expect(
        unsafe_code,
        reason = "wasmtime cannot check compiled code, so loading it is unsafe"
    )]
    pub(crate) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: Only the user of this process, or root, could have written the file,
        // and they can run code as that user anyway. Its digest says that it is what
        // this module wrote, which never changes a file; wasmtime checks that it is of
        // its own version and of an engine configured like this one.
        #[cfg(unix)]
        if let Ok(component) = unsafe {
            // The file that was checked, whatever its name means by now.
            let opened = std::os::fd::AsRawFd::as_raw_fd(&self.file);
            Component::deserialize_file(engine, format!("/dev/fd/{opened}"))
        } {
            return Ok(component);
        }
        // A file system may be one that no code is run from.
        let mut code = vec![0; usize::try_from(self.length)?];
        read_exact_at(&self.file, &mut code, 0)?;
        // SAFETY: As above.
        unsafe { Component::deserialize(engine, code) }
    }
}

/// What the compiler made of `source`, as [`store`] kept it.
///
/// # Errors
///
/// As [`Directory::read`], and when the file is damaged or was made of something else.
pub(crate) fn load(directory: &Directory, name: &str, source: &[u8]) -> io::Result<Code> {
    let damaged = || io::Error::other("the file is damaged");
    let file = directory.open_file(name)?;
    let size = file.metadata()?.len();
    let parts = size.checked_sub(END as u64).ok_or_else(damaged)?;
    let mut end = [0; END];
    read_exact_at(&file, &mut end, parts)?;
    let (length, rest) = end.split_first_chunk().ok_or_else(damaged)?;
    let length = u64::from_le_bytes(*length);
    let expected = rest.strip_suffix(&MAGIC).ok_or_else(damaged)?;
    let about = parts.checked_sub(length).ok_or_else(damaged)?;
    let mut about = vec![0; usize::try_from(about).map_err(io::Error::other)?];
    read_exact_at(&file, &mut about, length)?;

    let mut hasher = Hasher::new();
    hasher.add(name.as_bytes());
    hasher.add(source);
    hasher.begin(length);
    let mut chunk = vec![0; CHUNK];
    let mut at = 0;
    while at < length {
        let left = usize::try_from(length - at).unwrap_or(CHUNK).min(CHUNK);
        let chunk = chunk.get_mut(..left).ok_or_else(damaged)?;
        read_exact_at(&file, chunk, at)?;
        hasher.go_on(chunk);
        at += left as u64;
    }
    hasher.add(&about);
    if hasher.end() != expected {
        return Err(damaged());
    }
    Ok(Code {
        file,
        length,
        about,
    })
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
fn read_exact_at(mut file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(bytes)
}

/// Keeps what the compiler made of `source`, and what is to be known about it.
///
/// # Errors
///
/// As [`Directory::write`].
pub(crate) fn store(
    directory: &Directory,
    name: &str,
    source: &[u8],
    made: &[u8],
    about: &[u8],
) -> io::Result<()> {
    let digest = digest(&[name.as_bytes(), source, made, about]);
    let length = (made.len() as u64).to_le_bytes();
    directory.write(name, &[made, about, &length, &digest, &MAGIC])
}

/// The SHA-256 of these parts.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; DIGEST] {
    let mut hasher = Hasher::new();
    for part in parts {
        hasher.add(part);
    }
    hasher.end()
}

/// The SHA-256 of parts, each with its length, so that no two lists of parts are hashed alike.
struct Hasher(Sha256);

impl Hasher {
    fn new() -> Hasher {
        Hasher(Sha256::new())
    }

    fn add(&mut self, part: &[u8]) {
        self.begin(part.len() as u64);
        self.go_on(part);
    }

    /// Begins a part of so many bytes.
    fn begin(&mut self, length: u64) {
        self.0.update(length.to_le_bytes());
    }

    fn go_on(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn end(self) -> [u8; DIGEST] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may fail loudly"
    )]

    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_is_damaged_anywhere_is_not_loaded() {
        let root = tempfile::tempdir().unwrap();
        let directory = Directory::open(root.path()).unwrap();
        let made: Vec<u8> = (0..=255).cycle().take(20_000).collect();
        store(&directory, "name", b"source", &made, b"about").unwrap();
        let loaded = load(&directory, "name", b"source").unwrap();
        assert_eq!((loaded.length, loaded.about()), (20_000, &b"about"[..]));
        let file = root.path().join("name");
        let whole = fs::read(&file).unwrap();
        let refused = |damaged: &[u8]| {
            fs::write(&file, damaged).unwrap();
            load(&directory, "name", b"source").is_err()
        };
        for place in (0..whole.len())
            .step_by(whole.len() / 16)
            .chain([20_000, 20_004, 20_005, 20_012, 20_013, 20_045])
        {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            assert!(refused(&damaged), "a bit at {place}");
            assert!(refused(&whole[..place]), "an end at {place}");
            damaged.clone_from(&whole);
            let hole = place..whole.len().min(place + 4096);
            damaged[hole].fill(0);
            assert!(damaged == whole || refused(&damaged), "a hole at {place}");
        }
        let longer = [&whole[..], b"x"].concat();
        assert!(refused(&longer));
        assert!(!refused(&whole));
    }

    #[test]
    fn a_file_of_another_name_or_source_is_not_loaded() {
        let root = tempfile::tempdir().unwrap();
        let directory = Directory::open(root.path()).unwrap();
        store(&directory, "name", b"source", b"made", b"").unwrap();
        assert!(load(&directory, "name", b"another").is_err());
        fs::rename(root.path().join("name"), root.path().join("another")).unwrap();
        assert!(load(&directory, "another", b"source").is_err());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn code_is_mapped_from_its_file() {
        let root = tempfile::tempdir().unwrap();
        let directory = Directory::open(root.path()).unwrap();
        let engine = Engine::default();
        let program = r#"(component (core module (func (export "f"))))"#;
        let program = wat::parse_str(program).unwrap();
        let made = engine.precompile_component(&program).unwrap();
        store(&directory, "mapped", b"source", &made, b"about").unwrap();
        let code = load(&directory, "mapped", b"source").unwrap();
        let component = code.component(&engine).unwrap();
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let file = root.path().join("mapped");
        assert!(maps.contains(file.to_str().unwrap()), "{maps}");
        drop(component);
    }
}
