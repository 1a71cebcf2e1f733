//! The file of `--output`: written beside, and put in place when it is whole.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::{Builder, NamedTempFile};

use super::sink::{Destination, Ending};

/// What the name of an unfinished file begins with.
const PREFIX: &str = ".wsp-";

/// What the name of an unfinished file ends with.
const SUFFIX: &str = ".part";

/// Symbolic links that are followed, as by the system.
const LINKS: usize = 40;

/// The file, and how it is written.
pub(super) struct OutputFile {
    /// As the user calls it.
    name: String,
    stage: Stage,
    written: bool,
}

enum Stage {
    /// Not a regular file: a device, a pipe, an open file of this process.
    Direct(File),
    /// A file in the same directory, until what it has is whole.
    Beside { file: NamedTempFile, place: PathBuf },
    /// In its place; more is appended.
    Published(File),
}

impl OutputFile {
    /// Prepares to write to `path`, and leaves what is there alone.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or no file made beside it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let stage = open(path).with_context(|| format!("cannot write {name}"))?;
        Ok(Self {
            name,
            stage,
            written: false,
        })
    }

    fn file(&mut self) -> &mut File {
        match &mut self.stage {
            Stage::Direct(file) | Stage::Published(file) => file,
            Stage::Beside { file, .. } => file.as_file_mut(),
        }
    }
}

impl Destination for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file().write_all(bytes);
        self.written |= !bytes.is_empty();
        written.with_context(|| format!("cannot write {}", self.name))
    }

    fn publish(&mut self) -> Result<()> {
        let name = &self.name;
        take_place(&mut self.stage).with_context(|| format!("cannot write {name}"))
    }

    fn finish(mut self: Box<Self>, ending: Ending) -> Result<()> {
        match ending {
            Ending::Whole => return self.publish(),
            Ending::Interrupted if self.written => return self.publish(),
            Ending::Interrupted | Ending::Failed => {}
        }
        if let Stage::Beside { file, .. } = self.stage
            && self.written
        {
            let (_, part) = file.keep().context("cannot keep what was received")?;
            crate::output::say(format_args!(
                "wsp: {} is as it was; the part that was received is in {}",
                self.name,
                part.display()
            ));
        }
        Ok(())
    }
}

/// Puts what is beside in its place, with its bytes on the disk before its name.
fn take_place(stage: &mut Stage) -> io::Result<()> {
    let Stage::Beside { file, place } = stage else {
        return Ok(());
    };
    file.as_file().sync_all()?;
    let open = file.as_file().try_clone()?;
    fs::rename(file.path(), &*place)?;
    if let Stage::Beside { mut file, .. } = std::mem::replace(stage, Stage::Published(open)) {
        // Its name is another's by now.
        file.disable_cleanup(true);
    }
    Ok(())
}

fn open(path: &Path) -> io::Result<Stage> {
    let there = match fs::metadata(path) {
        Ok(there) => Some(there),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if there.as_ref().is_some_and(|there| !there.is_file()) || is_open_file(path) {
        // If it is a file after all, nothing before is overwritten.
        let direct = OpenOptions::new().append(true).open(path)?;
        return Ok(Stage::Direct(direct));
    }
    if there.is_some() {
        // What may not be written is not replaced either.
        OpenOptions::new().write(true).open(path)?;
    }
    let place = follow(path)?;
    let directory = match place.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let file = beside(directory, there.as_ref())?;
    Ok(Stage::Beside { file, place })
}

/// A new file in the directory, with the permissions of the one that is there, or of any new
/// one.
#[cfg(unix)]
fn beside(directory: &Path, there: Option<&Metadata>) -> io::Result<NamedTempFile> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    /// As of any new file, before the umask.
    const MODE: u32 = 0o666;
    let mode = there.map_or(Permissions::from_mode(MODE), |there| there.permissions());
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    let file = builder.permissions(mode.clone()).tempfile_in(directory)?;
    if there.is_some() {
        // Without the umask, which the earlier file had no more.
        file.as_file().set_permissions(mode)?;
    }
    Ok(file)
}

/// A new file in the directory, with the permissions that the directory gives.
#[cfg(windows)]
fn beside(directory: &Path, _there: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder.tempfile_in(directory)
}

/// Whether the name is one of this process's open files, as `/dev/stdout` is.
fn is_open_file(path: &Path) -> bool {
    ["/dev/stdin", "/dev/stdout", "/dev/stderr"]
        .map(Path::new)
        .contains(&path)
        || path.starts_with("/dev/fd")
        || path.starts_with("/proc")
}

/// Where the name leads to: a link stays, and what it leads to is replaced.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&place) {
            Ok(target) => {
                place.pop();
                place.push(target);
            }
            // No link, or nothing there yet.
            Err(_) => return Ok(place),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn finish(file: OutputFile, ending: Ending) {
        Box::new(file).finish(ending).unwrap();
    }

    fn entries(directory: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).unwrap();
        let mut entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries
    }

    #[test]
    fn the_file_is_as_it_was_until_the_new_one_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "earlier").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let mut file = OutputFile::open(&path).unwrap();
        file.write(b"one").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"earlier");
        file.publish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        file.write(b" two").unwrap();
        finish(file, Ending::Failed);
        assert_eq!(fs::read(&path).unwrap(), b"one two");
        assert_eq!(entries(directory.path()), [path]);
    }

    #[test]
    fn of_a_failure_only_a_part_that_has_bytes_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "earlier").unwrap();
        finish(OutputFile::open(&path).unwrap(), Ending::Failed);
        finish(OutputFile::open(&path).unwrap(), Ending::Interrupted);
        assert_eq!(entries(directory.path()), std::slice::from_ref(&path));
        let mut file = OutputFile::open(&path).unwrap();
        file.write(b"part").unwrap();
        finish(file, Ending::Failed);
        assert_eq!(fs::read(&path).unwrap(), b"earlier");
        let entries = entries(directory.path());
        assert_eq!(entries.len(), 2);
        assert!(
            entries
                .iter()
                .any(|entry| fs::read(entry).unwrap() == b"part")
        );
    }

    #[test]
    fn what_a_link_leads_to_is_replaced_and_the_link_stays() {
        let directory = tempfile::tempdir().unwrap();
        let [inner, link, dangling] =
            ["inner", "link", "dangling"].map(|name| directory.path().join(name));
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("file"), "earlier").unwrap();
        symlink("inner/file", &link).unwrap();
        symlink("inner/new", &dangling).unwrap();
        for path in [&link, &dangling] {
            let mut file = OutputFile::open(path).unwrap();
            file.write(b"whole").unwrap();
            finish(file, Ending::Whole);
            assert!(fs::symlink_metadata(path).unwrap().is_symlink());
            assert_eq!(fs::read(path).unwrap(), b"whole");
        }
        assert_eq!(entries(&inner).len(), 2);
    }

    #[test]
    fn devices_and_files_that_may_not_be_written_are_not_replaced() {
        let mut null = OutputFile::open(Path::new("/dev/null")).unwrap();
        null.write(b"x").unwrap();
        finish(null, Ending::Whole);
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let mut full = OutputFile::open(Path::new("/dev/full")).unwrap();
        let error = full.write(b"x").unwrap_err();
        assert_eq!(error.to_string(), "cannot write /dev/full");
        assert!(OutputFile::open(Path::new("/")).is_err());
        assert!(OutputFile::open(Path::new("/nowhere/at/all")).is_err());
    }
}
