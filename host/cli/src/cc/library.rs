//! The headers and the object of the C library, as files that clang can read.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};
use wsp::cache::Directory;
use wsp_c::clang::Clang;

/// The object's name.
const OBJECT: &str = "winsock.o";

/// The folder of the headers.
const INCLUDE: &str = "include";

/// A file of the library: its folder, its name and its content.
type Entry = (&'static str, &'static str, Cow<'static, [u8]>);

/// The files of the library.
fn files() -> Vec<Entry> {
    let headers = wsp_c::HEADERS
        .iter()
        .map(|(name, text)| (INCLUDE, *name, Cow::Borrowed(text.as_bytes())));
    let spellings = wsp_c::SPELLINGS.iter().map(|(spelling, name)| {
        let text = format!("#include <{name}>\n");
        (INCLUDE, *spelling, Cow::Owned(text.into_bytes()))
    });
    let libraries = wsp_c::IMPORT_LIBRARIES
        .iter()
        .map(|name| ("", *name, Cow::Borrowed(wsp_c::EMPTY_ARCHIVE)));
    let object = ("", OBJECT, Cow::Borrowed(wsp_c::OBJECT));
    // The spellings come first: if a file system ignores case, the headers are written over them.
    spellings
        .chain(headers)
        .chain(libraries)
        .chain([object])
        .collect()
}

/// Writes the files of one folder that are not there as they have to be.
fn write<'a>(path: &Path, files: impl Iterator<Item = &'a Entry>) -> io::Result<()> {
    let directory = Directory::open(path)?;
    for (_, name, content) in files {
        if directory.read(name).ok().as_deref() != Some(content) {
            directory.write(name, &[content])?;
        }
    }
    Ok(())
}

/// The C library in a directory of its own.
pub(crate) struct Library {
    directory: PathBuf,
}

impl Library {
    /// Writes it to the user's cache directory, as far as it is not there. Every
    /// version of it has its own directory, so that builds may run side by side.
    /// What is linked into programs is trusted, so each file is compared with what it
    /// must be, and another user's directory is not used.
    pub(crate) fn install() -> anyhow::Result<Library> {
        let files = files();
        let mut digest = Sha256::new();
        for (folder, name, content) in &files {
            for part in [folder.as_bytes(), name.as_bytes(), content] {
                digest.update(part.len().to_le_bytes());
                digest.update(part);
            }
        }
        let version = crate::output::hex(&digest.finalize());
        let library = Library {
            directory: cache()?.join("wsp").join("c").join(version),
        };
        for folder in [INCLUDE, ""] {
            let path = library.directory.join(folder);
            write(&path, files.iter().filter(|(of, ..)| *of == folder))
                .with_context(|| format!("cannot write the C library to {}", path.display()))?;
        }
        Ok(library)
    }

    /// What sources are compiled with.
    pub(crate) fn compile_flags(&self) -> Vec<OsString> {
        vec!["-isystem".into(), self.directory.join("include").into()]
    }

    /// What programs are linked with.
    pub(crate) fn link_flags(&self, clang: &Clang) -> Vec<OsString> {
        let mut flags = clang.start_flags();
        flags.extend(wsp_c::LINK_FLAGS.iter().map(OsString::from));
        flags.push("-L".into());
        flags.push(self.directory.clone().into());
        flags.push(self.directory.join(OBJECT).into());
        flags
    }

    /// What sources are compiled with, as a line for a shell.
    pub(crate) fn flags(&self, clang: &Clang) -> String {
        let mut flags = clang.target_flags();
        flags.extend(self.compile_flags());
        let words: Vec<String> = flags
            .iter()
            .map(|flag| quoted(&flag.to_string_lossy()))
            .collect();
        words.join(" ")
    }

    /// A toolchain file for CMake: clang compiles, and this command links.
    pub(crate) fn toolchain(&self, clang: &Clang) -> anyhow::Result<String> {
        let this = std::env::current_exe().context("cannot tell where this command is")?;
        Ok(include_str!("toolchain.cmake")
            .replace("@CLANG@", &clang.program().to_string_lossy())
            .replace("@FLAGS@", &self.flags(clang))
            .replace("@WSP@", &this.to_string_lossy()))
    }
}

/// The user's cache directory. A directory that others may write to would let them
/// choose what is linked into programs.
fn cache() -> anyhow::Result<PathBuf> {
    let from = |variable: &str| {
        let directory = PathBuf::from(std::env::var_os(variable)?);
        directory.is_absolute().then_some(directory)
    };
    from("XDG_CACHE_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".cache")))
        .context("there is no place for the C library: set HOME or XDG_CACHE_HOME")
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=/.,:+@%".contains(c);
    if word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_a_shell_would_split_or_change_them() {
        assert_eq!(quoted("--sysroot=/usr"), "--sysroot=/usr");
        assert_eq!(quoted("/a b/c"), "'/a b/c'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
