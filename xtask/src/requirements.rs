//! The programs and libraries of the system that tests use.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use xtask::programs::is_on_path;

use crate::{
    process::{output, progress, run_within},
    workspace::cargo,
};

/// How long Debian's packages may take to be installed.
const LIMIT: Duration = Duration::from_secs(1200);

/// Whether what is missing may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Install {
    /// On Debian, by root.
    Allowed,
    /// It is only named.
    Never,
}

/// Something of the system.
struct Requirement {
    /// The package of Debian that has it.
    package: &'static str,
    /// The program, wherever it comes from; none for a library.
    program: Option<&'static str>,
}

const fn program(package: &'static str, program: &'static str) -> Requirement {
    Requirement {
        package,
        program: Some(program),
    }
}

const fn library(package: &'static str) -> Requirement {
    Requirement {
        package,
        program: None,
    }
}

/// What `cargo xtask test` uses: tests count system calls with strace, receive with Python, and compile C and C++.
const OF_TESTS: [Requirement; 9] = [
    program("strace", "strace"),
    program("python3", "python3"),
    program("clang-19", "clang-19"),
    program("lld-19", "wasm-ld-19"),
    program("binaryen", "wasm-opt"),
    library("wasi-libc"),
    library("libclang-rt-19-dev-wasm32"),
    library("libc++-19-dev-wasm32"),
    library("libc++abi-19-dev-wasm32"),
];

/// What continuous integration uses besides: it compares C programs with Wine, runs programs on Python's and node's WASI, and draws pages in a browser.
const OF_CI: [Requirement; 7] = [
    program("nodejs", "node"),
    program("npm", "npm"),
    program("gcc-mingw-w64-x86-64-posix", "x86_64-w64-mingw32-gcc"),
    library("wine64"),
    program("wine", "wine"),
    library("python3-venv"),
    program("chromium", "chromium"),
];

/// Sees to it that everything is there that `cargo xtask test` needs, or `cargo xtask ci`.
pub(crate) fn ensure(of_ci: bool, install: Install) -> Result<()> {
    let of_ci: &[Requirement] = if of_ci { &OF_CI } else { &[] };
    let is_debian = is_on_path("dpkg-query");
    let missing: Vec<&str> = OF_TESTS
        .iter()
        .chain(of_ci)
        .filter(|requirement| !requirement.is_there(is_debian))
        .map(|requirement| requirement.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let command = format!(
        "apt-get install -y --no-install-recommends {}",
        missing.join(" ")
    );
    if install == Install::Never || !is_debian || !is_root()? {
        bail!(
            "these packages of Debian are missing, or what they are called elsewhere: {}; root installs them with `{command}`",
            missing.join(" ")
        );
    }
    progress(&format!("installing what is missing: `{command}`"));
    apt(&["update"])?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(missing);
    apt(&arguments)
}

impl Requirement {
    fn is_there(&self, is_debian: bool) -> bool {
        if self.program.is_some_and(is_on_path) {
            return true;
        }
        // Elsewhere nobody knows where libraries are: what needs them says so.
        !is_debian && self.program.is_none() || is_debian && is_installed(self.package)
    }
}

fn is_installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${db:Status-Status}", package]);
    let answered = query.output();
    answered.is_ok_and(|answered| answered.stdout == b"installed")
}

/// Sees to it that a tool of crates.io is there, such as `cargo-hack`, if it may be installed.
pub(crate) fn ensure_tool(name: &str, install: Install) -> Result<()> {
    let installed = cargo_home().map(|home| home.join("bin").join(name));
    if is_on_path(name) || installed.is_some_and(|file| file.is_file()) {
        return Ok(());
    }
    if install == Install::Never {
        bail!("{name} is missing: `cargo install --locked {name}` installs it");
    }
    progress(&format!("installing {name} from crates.io"));
    let mut command = Command::new(cargo());
    command.args(["install", "--locked", "--quiet", name]);
    run_within(command, LIMIT)
}

/// Where cargo installs tools.
fn cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")))
}

/// Whether this process may install packages.
pub(crate) fn is_root() -> Result<bool> {
    if !Path::new("/usr/bin/id").exists() {
        return Ok(false);
    }
    let mut user = Command::new("/usr/bin/id");
    user.arg("-u");
    Ok(output(user)?.trim_end() == "0")
}

/// Runs apt-get.
pub(crate) fn apt(arguments: &[&str]) -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    run_within(apt, LIMIT).context("the packages of Debian cannot be installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_there_wherever_it_comes_from_and_a_library_only_by_its_package() {
        let here = program("no-such-package", "cargo");
        assert!(here.is_there(true) && here.is_there(false));
        let nowhere = program("no-such-package", "no-such-program");
        assert!(!nowhere.is_there(true) && !nowhere.is_there(false));
        let unknown = library("no-such-package");
        assert!(!unknown.is_there(true) && unknown.is_there(false));
    }
}
