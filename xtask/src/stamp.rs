//! Stamps: a component that is committed to the repository carries a digest of
//! the sources that it was built from, so that a stale one can be told.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::component;

/// The custom section that holds the stamp.
const SECTION: &str = "wsp-stamp";

/// A component, or a WebAssembly object, that is committed, so that whoever uses
/// it needs no WebAssembly toolchain to build it. Paths are relative to the root of the repository.
#[derive(Clone, Copy, Debug)]
pub struct Committed {
    /// The component or object.
    pub file: &'static str,
    /// Files and directories that it is built from.
    pub sources: &'static [&'static str],
}

/// The provider component, which the library embeds.
pub const PROVIDER: Committed = Committed {
    file: "guest/provider/provider.wasm",
    sources: &[
        "guest/core/Cargo.toml",
        "guest/core/src",
        "guest/provider/Cargo.toml",
        "guest/provider/src",
        "wit",
    ],
};

/// The portable component, which the library embeds.
pub const PORTABLE: Committed = Committed {
    file: "guest/portable/portable.wasm",
    sources: &[
        "guest/core/Cargo.toml",
        "guest/core/src/address.rs",
        "guest/core/src/ticket.rs",
        "guest/core/src/transport.rs",
        "guest/over-wasi/Cargo.toml",
        "guest/over-wasi/src",
        "guest/portable/Cargo.toml",
        "guest/portable/src",
        "guest/portable/wit",
        "wit",
    ],
};

/// The component that runs a portable program, made of its text alone.
pub const AROUND: Committed = Committed {
    file: "guest/portable/around.wasm",
    sources: &["guest/portable/around.wat"],
};

/// The program of `wsp demo`, which the command embeds.
pub const DEMO: Committed = Committed {
    file: "host/cli/demo.wasm",
    sources: &[
        "guest/core/Cargo.toml",
        "guest/core/src/address.rs",
        "guest/core/src/error.rs",
        "guest/sdk/Cargo.toml",
        "guest/sdk/src",
        "guest/sdk/wit",
        "tests/programs/Cargo.toml",
        "tests/programs/src/bin/demo.rs",
        "wit",
    ],
};

/// The object that C programs link, which the command embeds.
pub const C_OBJECT: Committed = Committed {
    file: "guest/c/winsock.o",
    sources: &["guest/c/include", "guest/c/shim", "wit"],
};

/// The object that C programs with threads link in its place.
pub const C_OBJECT_FOR_THREADS: Committed = Committed {
    file: "guest/c/winsock-threads.o",
    sources: C_OBJECT.sources,
};

/// What the programs of the laboratory are built from.
const OF_BENCH: &[&str] = &[
    "guest/core/Cargo.toml",
    "guest/core/src/address.rs",
    "guest/core/src/error.rs",
    "guest/sdk/Cargo.toml",
    "guest/sdk/src",
    "guest/sdk/wit",
    "tests/programs/Cargo.toml",
    "tests/programs/src/bench",
    "tests/programs/wit",
    "wit",
];

/// The programs of the laboratory, `host/bench`, which embeds them, by the names of their binaries.
pub const BENCH: [(&str, Committed); 3] = [
    ("bench-wsp", of_bench("host/bench/bench-wsp.wasm")),
    ("bench-wasi-02", of_bench("host/bench/bench-wasi-02.wasm")),
    ("bench-wasi-03", of_bench("host/bench/bench-wasi-03.wasm")),
];

const fn of_bench(file: &'static str) -> Committed {
    Committed {
        file,
        sources: OF_BENCH,
    }
}

/// Every committed component and object.
pub const COMMITTED: [Committed; 9] = {
    let [(_, wsp), (_, wasi_02), (_, wasi_03)] = BENCH;
    [
        PROVIDER,
        PORTABLE,
        AROUND,
        DEMO,
        C_OBJECT,
        C_OBJECT_FOR_THREADS,
        wsp,
        wasi_02,
        wasi_03,
    ]
};

impl Committed {
    /// The stamp of the sources below `root`: SHA-256, in hexadecimal digits,
    /// over paths and contents in the order of the paths.
    ///
    /// # Errors
    ///
    /// When a source is missing or cannot be read.
    pub fn of_sources(&self, root: &Path) -> Result<String> {
        let mut files = Vec::new();
        for source in self.sources {
            collect(root, Path::new(source), &mut files)?;
        }
        files.sort();
        let mut digest = Sha256::new();
        for file in &files {
            let contents = read(&root.join(file))?;
            // Separators and lengths keep different trees from looking alike.
            for component in file.components() {
                digest.update(component.as_os_str().as_encoded_bytes());
                digest.update(b"/");
            }
            digest.update(contents.len().to_le_bytes());
            digest.update(contents);
        }
        Ok(hexadecimal(&digest.finalize()))
    }

    /// The stamp inside the committed component, if it has one.
    ///
    /// # Errors
    ///
    /// When the file is missing, cannot be read or is no component.
    pub fn of_component(&self, root: &Path) -> Result<Option<String>> {
        let path = root.join(self.file);
        let section = component::custom_section(&read(&path)?, SECTION)
            .with_context(|| format!("{} is no component", path.display()))?;
        Ok(section.map(|stamp| String::from_utf8_lossy(&stamp).into_owned()))
    }

    /// Whether the committed component was built from the sources as they are.
    ///
    /// # Errors
    ///
    /// When a source cannot be read. A component that cannot be read is not current.
    pub fn is_current(&self, root: &Path) -> Result<bool> {
        let expected = self.of_sources(root)?;
        Ok(matches!(self.of_component(root), Ok(Some(stamp)) if stamp == expected))
    }

    /// Writes `component`, stamped, to its place.
    ///
    /// # Errors
    ///
    /// When a source cannot be read or the file cannot be written.
    pub fn write(&self, root: &Path, mut component: Vec<u8>) -> Result<()> {
        let stamp = self.of_sources(root)?;
        component::append_custom_section(&mut component, SECTION, stamp.as_bytes());
        let path = root.join(self.file);
        fs::write(&path, component).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Adds `path`, or every file below it, to `files`.
fn collect(root: &Path, path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let full = root.join(path);
    if full.is_file() {
        files.push(path.to_owned());
    } else if full.is_dir() {
        let entries =
            fs::read_dir(&full).with_context(|| format!("cannot list {}", full.display()))?;
        for entry in entries {
            collect(root, &path.join(entry?.file_name()), files)?;
        }
    } else {
        bail!("{} does not exist", full.display());
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;
    use wasm_encoder::Component;

    const SAMPLE: Committed = Committed {
        file: "sample.wasm",
        sources: &["Cargo.toml", "src"],
    };

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("src/deep")).unwrap();
        for (path, contents) in [
            ("Cargo.toml", "[package]"),
            ("src/a.rs", "a"),
            ("src/deep/b.rs", "b"),
            ("README.md", "text"),
        ] {
            fs::write(root.path().join(path), contents).unwrap();
        }
        root
    }

    #[test]
    fn a_component_is_current_until_one_of_its_sources_changes() {
        let root = tree();
        assert!(!SAMPLE.is_current(root.path()).unwrap());
        SAMPLE
            .write(root.path(), Component::new().finish())
            .unwrap();
        assert!(SAMPLE.is_current(root.path()).unwrap());
        fs::write(root.path().join("README.md"), "other text").unwrap();
        assert!(SAMPLE.is_current(root.path()).unwrap());
        fs::write(root.path().join("src/deep/b.rs"), "c").unwrap();
        assert!(!SAMPLE.is_current(root.path()).unwrap());
    }

    #[test]
    fn a_source_that_is_renamed_or_added_changes_the_stamp() {
        let root = tree();
        let before = SAMPLE.of_sources(root.path()).unwrap();
        fs::rename(root.path().join("src/a.rs"), root.path().join("src/z.rs")).unwrap();
        let renamed = SAMPLE.of_sources(root.path()).unwrap();
        fs::write(root.path().join("src/empty.rs"), "").unwrap();
        let added = SAMPLE.of_sources(root.path()).unwrap();
        assert!(before != renamed && renamed != added);
    }

    #[test]
    fn a_missing_source_is_named() {
        let root = tree();
        fs::remove_file(root.path().join("Cargo.toml")).unwrap();
        let error = SAMPLE.of_sources(root.path()).unwrap_err();
        assert!(error.to_string().ends_with("Cargo.toml does not exist"));
    }
}
