//! Files of compiled code.
//!
//! Compiled code is trusted, so nothing is used that somebody else than this user
//! or root could have written, and nothing that is damaged. A file has:
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `WSPCODE1` |
//! | 32 | the SHA-256 of the file's name, of what was compiled, and of the rest |
//! | the rest | what the compiler made |
//!
//! The digest is compared before wasmtime sees anything. It is against accidents,
//! such as a hole of zeros after a power failure: those who may write the file
//! could write another digest too, and are trusted.

use std::io;

use sha2::{Digest, Sha256};

use super::Directory;

/// What every file begins with; another format begins with something else.
const MAGIC: [u8; 8] = *b"WSPCODE1";

/// The length of the digest in bytes.
pub(crate) const DIGEST: usize = 32;

/// What the compiler made of `source`, as [`store`] kept it.
///
/// # Errors
///
/// As [`Directory::read`], and when the file is damaged or was made of something else.
pub(crate) fn load(directory: &Directory, name: &str, source: &[u8]) -> io::Result<Vec<u8>> {
    let mut file = directory.read(name)?;
    file.strip_prefix(&MAGIC)
        .and_then(|rest| rest.split_at_checked(DIGEST))
        .filter(|(expected, made)| *expected == digest(&[name.as_bytes(), source, made]))
        .ok_or_else(|| io::Error::other("the file is damaged"))?;
    file.drain(..MAGIC.len() + DIGEST);
    Ok(file)
}

/// Keeps what the compiler made of `source`.
///
/// # Errors
///
/// As [`Directory::write`].
pub(crate) fn store(
    directory: &Directory,
    name: &str,
    source: &[u8],
    made: &[u8],
) -> io::Result<()> {
    let digest = digest(&[name.as_bytes(), source, made]);
    directory.write(name, &[&MAGIC, &digest, made])
}

/// The SHA-256 of these parts.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; DIGEST] {
    let mut hasher = Sha256::new();
    for part in parts {
        // With its length, so that no two lists of parts are hashed alike.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
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
        store(&directory, "name", b"source", &made).unwrap();
        assert_eq!(load(&directory, "name", b"source").unwrap(), made);
        let file = root.path().join("name");
        let whole = fs::read(&file).unwrap();
        let refused = |damaged: &[u8]| {
            fs::write(&file, damaged).unwrap();
            load(&directory, "name", b"source").is_err()
        };
        for place in (0..whole.len()).step_by(whole.len() / 16).chain([8, 40]) {
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
        store(&directory, "name", b"source", b"made").unwrap();
        assert!(load(&directory, "name", b"another").is_err());
        fs::rename(root.path().join("name"), root.path().join("another")).unwrap();
        assert!(load(&directory, "another", b"source").is_err());
    }
}
