//! Programs of the system.

use std::env;

/// Whether there is a program of that name on the PATH.
#[must_use]
pub fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| {
        let file = folder.join(program);
        file.is_file() || cfg!(windows) && file.with_extension("exe").is_file()
    })
}
