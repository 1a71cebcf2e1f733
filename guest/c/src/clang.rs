//! Finding clang, its linker and wasi-libc.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What C programs are compiled for.
pub const TARGET: &str = "wasm32-wasi";

/// Debian's packages that together build C for WebAssembly.
pub const DEBIAN_PACKAGES: &str = "clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32";

/// Debian's packages that C++ with its standard library needs besides.
pub const DEBIAN_CXX_PACKAGES: &str = "libc++-19-dev-wasm32 libc++abi-19-dev-wasm32";

/// The environment variable that names a compiler.
pub const CLANG_VARIABLE: &str = "WSP_CLANG";

/// The environment variable that names where wasi-libc is.
pub const SYSROOT_VARIABLE: &str = "WASI_SYSROOT";

/// Where Debian puts wasi-libc.
const DEBIAN_SYSROOT: &str = "/usr";

/// A clang that builds for [`TARGET`], with a linker and a C library.
#[derive(Clone, Debug)]
pub struct Clang {
    program: PathBuf,
    sysroot: PathBuf,
}

/// What is missing to build C for WebAssembly.
#[derive(Debug, thiserror::Error)]
pub enum ClangError {
    /// No clang at all.
    #[error(
        "no clang is on the PATH: on Debian, `apt-get install {DEBIAN_PACKAGES}`; elsewhere, name one of version 16 or later in {CLANG_VARIABLE}"
    )]
    NoClang,
    /// Every clang lacks something.
    #[error("{what}: on Debian, `apt-get install {DEBIAN_PACKAGES}`")]
    Incomplete {
        /// What the preferred one lacks.
        what: String,
    },
}

impl Clang {
    /// The clang that [`CLANG_VARIABLE`] names, else the first on the PATH that
    /// can build: `clang`, then `clang-22` and so on, the newest first. The C
    /// library is where [`SYSROOT_VARIABLE`] says, or where Debian puts it.
    ///
    /// # Errors
    ///
    /// What is missing, and how to get it.
    pub fn find() -> Result<Clang, ClangError> {
        let sysroot = env::var_os(SYSROOT_VARIABLE).map_or(DEBIAN_SYSROOT.into(), PathBuf::from);
        let named = env::var_os(CLANG_VARIABLE).map(PathBuf::from);
        let candidates = match named {
            Some(program) => vec![program],
            None => on_path(&env::var_os("PATH").unwrap_or_default()),
        };
        Clang::first_complete(candidates, &sysroot)
    }

    fn first_complete(candidates: Vec<PathBuf>, sysroot: &Path) -> Result<Clang, ClangError> {
        let mut missing = None;
        for program in candidates {
            let clang = Clang {
                program,
                sysroot: sysroot.to_owned(),
            };
            match clang.lacks() {
                None => return Ok(clang),
                Some(what) => missing = missing.or(Some(what)),
            }
        }
        Err(missing.map_or(ClangError::NoClang, |what| ClangError::Incomplete { what }))
    }

    /// What keeps this clang from building, if anything does.
    fn lacks(&self) -> Option<String> {
        let name = self.program.display();
        let Some(builtins) = self.ask("-print-libgcc-file-name") else {
            return Some(format!("{name} does not build for {TARGET}"));
        };
        if !Path::new(&builtins).is_file() {
            return Some(format!("{name} has no builtins for {TARGET} ({builtins})"));
        }
        let linker = self.ask("-print-prog-name=wasm-ld").unwrap_or_default();
        if !Path::new(&linker).is_absolute() && find_on_path(&linker).is_none() {
            return Some(format!("{name} has no wasm-ld"));
        }
        let library = self.library("libc.a");
        if !library.is_file() {
            return Some(format!("wasi-libc is missing ({})", library.display()));
        }
        None
    }

    /// A file of the C library.
    fn library(&self, name: &str) -> PathBuf {
        self.sysroot.join("lib").join(TARGET).join(name)
    }

    /// A line that the compiler prints about itself.
    fn ask(&self, question: &str) -> Option<String> {
        let output = self.command().arg(question).output().ok()?;
        let line = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| line.trim_end().to_owned())
    }

    /// The compiler.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The headers of the C library.
    #[must_use]
    pub fn headers(&self) -> PathBuf {
        self.sysroot.join("include").join(TARGET)
    }

    /// The headers of C++'s standard library, if there is one for WebAssembly. (What is in
    /// Debian's own `include/c++` is the machine's.)
    #[must_use]
    pub fn cxx_headers(&self) -> Option<PathBuf> {
        let by_target = self.headers().join("c++/v1");
        let for_all = self.sysroot.join("include/c++/v1");
        if by_target.join("__config").is_file() {
            return Some(by_target);
        }
        let of_its_own = self.sysroot != Path::new(DEBIAN_SYSROOT);
        (of_its_own && for_all.join("__config").is_file()).then_some(for_all)
    }

    /// Those of the named libraries that the C library comes with, as flags for the linker.
    #[must_use]
    pub fn libraries(&self, names: &[&str]) -> Vec<OsString> {
        let there = names
            .iter()
            .filter(|name| self.library(&format!("lib{name}.a")).is_file());
        there.map(|name| format!("-l{name}").into()).collect()
    }

    /// What the compiler is always told: target and C library.
    ///
    /// Debian's sysroot is `/usr`, whose own `include` has the headers of the
    /// machine. So the C library's are named one by one, after the compiler's own.
    #[must_use]
    pub fn target_flags(&self) -> Vec<OsString> {
        let mut sysroot = OsString::from("--sysroot=");
        sysroot.push(&self.sysroot);
        vec![
            format!("--target={TARGET}").into(),
            sysroot,
            "-nostdlibinc".into(),
            "-idirafter".into(),
            self.headers().into(),
        ]
    }

    /// What programs are linked with, so that they start as components must.
    ///
    /// The start of a program that clang takes by itself may leave constructors
    /// and exit handlers to wrappers that the linker puts around *every* export.
    /// The WASI adapter calls one, `cabi_realloc`, in the midst of the program,
    /// and would flush and close the standard streams with it. `crt1.o` calls
    /// them itself, and then there are no wrappers.
    #[must_use]
    pub fn start_flags(&self) -> Vec<OsString> {
        vec!["-nostartfiles".into(), self.library("crt1.o").into()]
    }

    /// The compiler, told what it is always told.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            // They say nothing to a linker.
            .arg("--start-no-unused-arguments")
            .args(self.target_flags())
            .arg("--end-no-unused-arguments");
        command
    }
}

/// Every clang on the path: a plain one first, then the newest.
fn on_path(path: &OsStr) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = env::split_paths(path)
        .filter_map(|directory| fs::read_dir(directory).ok())
        .flat_map(|files| files.flatten())
        .filter_map(|file| Some((version(file.file_name().to_str()?)?, file.path())))
        .collect();
    // Stable, so that directories keep their order.
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The version in the name of a clang: the highest for a name without one.
fn version(name: &str) -> Option<u32> {
    match name.strip_prefix("clang")? {
        "" => Some(u32::MAX),
        version => version.strip_prefix('-')?.parse().ok(),
    }
}

fn find_on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_plain_clang_is_preferred_and_then_the_newest() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["clang-16", "clang", "clang-19", "clang-format", "clang++"] {
            fs::write(directory.path().join(name), "").unwrap();
        }
        let found = on_path(directory.path().as_os_str());
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap()).collect();
        assert_eq!(names, ["clang", "clang-19", "clang-16"]);
    }

    #[test]
    fn what_is_missing_is_said_with_the_packages_that_have_it() {
        let none = Clang::first_complete(Vec::new(), Path::new("/usr")).unwrap_err();
        assert!(none.to_string().contains(DEBIAN_PACKAGES), "{none}");
        let no_clang = vec![PathBuf::from("/nowhere/clang")];
        let incomplete = Clang::first_complete(no_clang, Path::new("/usr")).unwrap_err();
        assert_eq!(
            incomplete.to_string(),
            format!(
                "/nowhere/clang does not build for wasm32-wasi: on Debian, `apt-get install {DEBIAN_PACKAGES}`"
            )
        );
    }
}
