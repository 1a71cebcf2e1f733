//! The headers and the object of the C library, as files that clang can read.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};
use wsp_c::clang::Clang;

/// The object's name.
const OBJECT: &str = "winsock.o";

/// The C library in a directory of its own.
pub(crate) struct Library {
    directory: PathBuf,
}

impl Library {
    /// Writes it to the user's cache directory, unless it is there. Every
    /// version of it has its own directory, so that builds may run side by side.
    pub(crate) fn install() -> anyhow::Result<Library> {
        let mut digest = Sha256::new();
        for (name, text) in wsp_c::HEADERS {
            digest.update(name);
            digest.update(text);
        }
        for (spelling, _) in wsp_c::SPELLINGS {
            digest.update(spelling);
        }
        for library in wsp_c::IMPORT_LIBRARIES {
            digest.update(library);
        }
        digest.update(wsp_c::OBJECT);
        let version = crate::output::hex(&digest.finalize());
        let directory = cache()?.join("wsp").join("c").join(version);
        let library = Library { directory };
        if !library.directory.is_dir() {
            let name = library.directory.display().to_string();
            library
                .write()
                .with_context(|| format!("cannot write the C library to {name}"))?;
        }
        Ok(library)
    }

    /// Everything is written aside and then put in place at once, so that
    /// nobody finds a part of it.
    fn write(&self) -> io::Result<()> {
        let parent = self.directory.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        let aside = tempfile::tempdir_in(parent)?;
        let include = aside.path().join("include");
        fs::create_dir(&include)?;
        for (name, text) in wsp_c::HEADERS {
            fs::write(include.join(name), text)?;
        }
        for (spelling, name) in wsp_c::SPELLINGS {
            let path = include.join(spelling);
            // Where file systems ignore case, it is there already.
            if !path.exists() {
                fs::write(path, format!("#include <{name}>\n"))?;
            }
        }
        fs::write(aside.path().join(OBJECT), wsp_c::OBJECT)?;
        for library in wsp_c::IMPORT_LIBRARIES {
            fs::write(aside.path().join(library), wsp_c::EMPTY_ARCHIVE)?;
        }
        match fs::rename(aside.path(), &self.directory) {
            Ok(()) => {
                let _ = aside.keep();
                Ok(())
            }
            // Somebody else was faster.
            Err(_) if self.directory.is_dir() => Ok(()),
            Err(error) => Err(error),
        }
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

/// The user's cache directory. A directory that everybody may write to would
/// let others choose what is linked into programs.
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
