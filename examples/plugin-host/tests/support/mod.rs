//! What the tests of the plugin host share.

#![allow(dead_code, reason = "not every test starts a host itself")]

use std::path::{Path, PathBuf};
use std::process::Child;

/// A process that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The component of a program of the workspace's tests.
pub(crate) fn program(name: &str) -> PathBuf {
    let programs = match std::env::var_os("WSP_TEST_PROGRAMS") {
        Some(directory) => directory.into(),
        None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("../guest/programs"),
    };
    programs.join(name).with_extension("wasm")
}
