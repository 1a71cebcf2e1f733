//! The headers and the object of the C library, as files that clang can read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};
use wsp::cache::Directory;
use wsp_c::clang::Clang;

use super::overlay;

/// The object's name.
const OBJECT: &str = "winsock.o";

/// The object of programs with threads, and the file that names the functions that only it has.
const OBJECT_FOR_THREADS: &str = "winsock-threads.o";
const THREAD_FUNCTIONS: &str = "threads.imports";

/// The folder of the headers.
const INCLUDE: &str = "include";

/// What sources are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Sources of Windows: `_WIN32` is defined, and Microsoft's extensions are there.
    Windows,
    /// Everything else that clang and wasi-libc take.
    Posix,
}

/// Which of the two objects a program is linked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// That of one thread. Functions of the other one become imports.
    None,
    /// That of several threads, of a program that makes none.
    One,
    /// The same, of a program that makes them.
    Several,
}

/// A file of the library: its path and its content.
type Entry = (PathBuf, &'static [u8]);

/// The files of the library.
fn files() -> Vec<Entry> {
    let headers = wsp_c::HEADERS
        .iter()
        .map(|(name, text)| (Path::new(INCLUDE).join(name), text.as_bytes()));
    let libraries = wsp_c::IMPORT_LIBRARIES
        .iter()
        .map(|name| (PathBuf::from(name), wsp_c::EMPTY_ARCHIVE));
    let objects = [
        (PathBuf::from(OBJECT), wsp_c::OBJECT),
        (PathBuf::from(OBJECT_FOR_THREADS), wsp_c::OBJECT_FOR_THREADS),
    ];
    headers.chain(libraries).chain(objects).collect()
}

/// Writes those files of one folder that are not there as they have to be.
fn write(path: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    let directory = Directory::open(path)?;
    for (name, content) in files {
        if directory.read(name).ok().as_deref() != Some(content) {
            directory.write(name, &[content])?;
        }
    }
    Ok(())
}

/// The C library in a directory of its own.
pub(crate) struct Library {
    directory: PathBuf,
    dialect: Dialect,
    /// The file that makes the case of headers' names indifferent.
    overlay: PathBuf,
}

impl Library {
    /// Writes it to the user's cache directory, as far as it is not there. Every
    /// version of it has its own directory, so that builds may run side by side.
    /// What is linked into programs is trusted, so each file is compared with what it
    /// must be, and another user's directory is not used.
    pub(crate) fn install(clang: &Clang, dialect: Dialect) -> anyhow::Result<Library> {
        let files = files();
        let mut digest = Sha256::new();
        let mut folders: BTreeMap<PathBuf, Vec<(&str, &[u8])>> = BTreeMap::new();
        for (path, content) in &files {
            for part in [path.as_os_str().as_encoded_bytes(), content] {
                digest.update(part.len().to_le_bytes());
                digest.update(part);
            }
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            let name = path.file_name().and_then(|name| name.to_str());
            let name = name.context("a file of the C library has no name")?;
            folders.entry(folder).or_default().push((name, content));
        }
        let version = crate::output::hex(&digest.finalize());
        let directory = cache()?.join("wsp").join("c").join(version);
        for (folder, files) in &folders {
            let path = directory.join(folder);
            write(&path, files)
                .with_context(|| format!("cannot write the C library to {}", path.display()))?;
        }
        let include = directory.join(INCLUDE);
        let ours = wsp_c::HEADERS.iter().map(|(name, _)| include.join(name));
        let (name, text) = overlay::file(
            ours.chain(overlay::headers(&clang.headers(), 1))
                .map(overlay::File::from),
        )?;
        let overlay = directory.join(&name);
        write(&directory, &[(&name, text.as_bytes())])
            .with_context(|| format!("cannot write {}", overlay.display()))?;
        let functions = wsp_c::THREAD_MAKERS.iter().chain(wsp_c::THREAD_FUNCTIONS);
        let functions: Vec<&str> = functions.copied().collect();
        write(
            &directory,
            &[(THREAD_FUNCTIONS, functions.join("\n").as_bytes())],
        )
        .with_context(|| format!("cannot write the C library to {}", directory.display()))?;
        Ok(Library {
            directory,
            dialect,
            overlay,
        })
    }

    /// What sources are compiled with.
    pub(crate) fn compile_flags(&self, clang: &Clang) -> Vec<OsString> {
        let include = self.directory.join(INCLUDE);
        let mut flags: Vec<OsString> = Vec::new();
        // Before the headers of C, which it includes in turn.
        if let Some(headers) = clang.cxx_headers() {
            flags.push("-cxx-isystem".into());
            flags.push(include.join(wsp_c::CXX).into());
            flags.push("-cxx-isystem".into());
            flags.push(headers.into());
        }
        if self.dialect == Dialect::Windows {
            flags.extend(wsp_c::WINDOWS_FLAGS.iter().map(OsString::from));
            flags.push("-imacros".into());
            flags.push(include.join(wsp_c::PREDEFINED).into());
            flags.push("-isystem".into());
            flags.push(include.join(wsp_c::CRT).into());
        }
        flags.push("-ivfsoverlay".into());
        flags.push(self.overlay.clone().into());
        flags.push("-isystem".into());
        flags.push(include.into());
        flags
    }

    /// A header that sources are given before their first line.
    pub(crate) fn header(&self, name: &str) -> PathBuf {
        self.directory.join(INCLUDE).join("wsp").join(name)
    }

    /// What programs are linked with.
    pub(crate) fn link_flags(&self, clang: &Clang, threads: Threads) -> Vec<OsString> {
        let mut flags = clang.start_flags();
        flags.extend(wsp_c::LINK_FLAGS.iter().map(OsString::from));
        flags.push("-L".into());
        flags.push(self.directory.clone().into());
        match threads {
            Threads::None => {
                let mut undefined = OsString::from("-Wl,--allow-undefined-file=");
                undefined.push(self.directory.join(THREAD_FUNCTIONS));
                flags.push(self.directory.join(OBJECT).into());
                flags.push(undefined);
            }
            Threads::One | Threads::Several => {
                flags.push(self.directory.join(OBJECT_FOR_THREADS).into());
            }
        }
        if threads == Threads::Several {
            flags.extend(wsp_c::THREAD_LINK_FLAGS.iter().map(OsString::from));
        }
        if self.dialect == Dialect::Windows {
            flags.extend(wsp_c::WINDOWS_LINK_FLAGS.iter().map(OsString::from));
            flags.extend(clang.libraries(wsp_c::EMULATIONS));
        }
        flags.extend(clang.libraries(wsp_c::CXX_LIBRARIES));
        flags
    }

    /// What sources are compiled with, as a line for a shell.
    pub(crate) fn flags(&self, clang: &Clang) -> String {
        let mut flags = clang.target_flags();
        flags.extend(self.compile_flags(clang));
        flags.extend(wsp_c::THREAD_LOCAL_FLAGS.iter().map(OsString::from));
        let words: Vec<String> = flags
            .iter()
            .map(|flag| quoted(&flag.to_string_lossy()))
            .collect();
        words.join(" ")
    }

    /// A toolchain file for CMake: clang compiles, and this command links.
    pub(crate) fn toolchain(&self, clang: &Clang) -> anyhow::Result<String> {
        let this = std::env::current_exe().context("cannot tell where this command is")?;
        let dialect = match self.dialect {
            Dialect::Windows => "",
            Dialect::Posix => " --posix",
        };
        Ok(include_str!("toolchain.cmake")
            .replace("@CLANG@", &clang.program().to_string_lossy())
            .replace("@FLAGS@", &self.flags(clang))
            .replace("@DIALECT@", dialect)
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
