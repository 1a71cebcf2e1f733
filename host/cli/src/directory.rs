//! Directories that a program may use, as `--dir` names them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, anyhow, ensure};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// What a directory of the host is to a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    host: PathBuf,
    /// The program's own name for it.
    guest: String,
    read_only: bool,
}

impl Grant {
    /// Reads `HOST[::GUEST][:ro]`. Without its own name it has the host's.
    pub(crate) fn parse(text: &str) -> Result<Grant, String> {
        let (rest, read_only) = match text.strip_suffix(":ro") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (host, guest) = rest.split_once("::").unwrap_or((rest, rest));
        if host.is_empty() || guest.is_empty() {
            return Err("write it as HOST, HOST::GUEST or HOST::GUEST:ro".to_owned());
        }
        Ok(Grant {
            host: host.into(),
            guest: guest.to_owned(),
            read_only,
        })
    }

    /// Opens the directory for a program.
    pub(crate) fn give(&self, wasi: &mut WasiCtxBuilder) -> anyhow::Result<()> {
        let name = self.host.display();
        let cannot = || format!("cannot give the program the directory {name}");
        let found = fs::metadata(&self.host).with_context(cannot)?;
        ensure!(
            found.is_dir(),
            "cannot give the program {name}: it is no directory"
        );
        let permissions = if self.read_only {
            FsPerms::ReadOnly
        } else {
            FsPerms::ReadWrite
        };
        let opened = wasi.preopened_dir(&self.host, &self.guest, permissions);
        opened
            .map_err(|error| anyhow!("{error:#}"))
            .with_context(cannot)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn grant(host: &str, guest: &str, read_only: bool) -> Grant {
        Grant {
            host: host.into(),
            guest: guest.to_owned(),
            read_only,
        }
    }

    #[test]
    fn the_programs_own_name_and_what_it_may_do_can_be_told() {
        assert_eq!(Grant::parse(".").unwrap(), grant(".", ".", false));
        assert_eq!(
            Grant::parse("/srv:ro").unwrap(),
            grant("/srv", "/srv", true)
        );
        assert_eq!(Grant::parse("www::/").unwrap(), grant("www", "/", false));
        assert_eq!(Grant::parse("a::b:ro").unwrap(), grant("a", "b", true));
        for wrong in ["", "::b", "a::", ":ro"] {
            assert!(Grant::parse(wrong).is_err(), "{wrong}");
        }
    }
}
