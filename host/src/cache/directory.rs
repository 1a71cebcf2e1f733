//! A directory that only this user can have written to.

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::BuildHasher;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{self, Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

/// Where group or others may write, they could have written what is there.
const WRITABLE_BY_OTHERS: Mode = Mode::WGRP.union(Mode::WOTH);

/// For the owner alone.
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// A directory whose files only this user, or root, can have written. It is open: what
/// its name means later does not matter.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # let root = tempfile::tempdir()?;
/// let directory = wsp::cache::Directory::open(&root.path().join("cache"))?;
/// directory.write("file", &[b"con", b"tent"])?;
/// assert_eq!(directory.read("file")?, b"content");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Directory(OwnedFd);

impl Directory {
    /// Opens `path`, and makes what is missing of it, for this user alone.
    ///
    /// # Errors
    ///
    /// When it or a directory above it belongs to somebody else than this user and
    /// root, when others may write to it, or when the system refuses. Nothing is
    /// made in a directory of somebody else.
    pub fn open(path: &Path) -> io::Result<Directory> {
        let (there, missing) = split(&path::absolute(path)?)?;
        // From the top and by handles, so that nobody can put another directory
        // between a check and its use.
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut directory = rustix::fs::openat(CWD, "/", flags, Mode::empty())?;
        check_above(&directory)?;
        for name in there.components() {
            if let Component::Normal(name) = name {
                directory = rustix::fs::openat(&directory, name, flags, Mode::empty())?;
                check_above(&directory)?;
            }
        }
        for name in missing.components() {
            match rustix::fs::mkdirat(&directory, name.as_os_str(), Mode::RWXU) {
                // Another process was faster.
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            directory = rustix::fs::openat(&directory, name.as_os_str(), flags, Mode::empty())?;
            check_above(&directory)?;
        }
        check(&rustix::fs::fstat(&directory)?)?;
        Ok(Directory(directory))
    }

    /// The content of a file.
    ///
    /// # Errors
    ///
    /// When it is no regular file, when somebody else than this user and root
    /// could have written it, or when the system refuses.
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.open_file(name)?.read_to_end(&mut content)?;
        Ok(content)
    }

    /// Opens a file to read it, as [`Directory::read`] does.
    pub(crate) fn open_file(&self, name: &str) -> io::Result<File> {
        // A pipe in its place must not be waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&self.0, name, flags, Mode::empty())?;
        let found = rustix::fs::fstat(&opened)?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(io::Error::other("it is no regular file"));
        }
        check(&found)?;
        Ok(File::from(opened))
    }

    /// Writes a file, in place of an earlier one. A reader finds all of it or the
    /// earlier one, also after the machine has lost its power.
    ///
    /// # Errors
    ///
    /// When the system refuses; the earlier file is still there then.
    pub fn write(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let number = RandomState::new().hash_one(name);
        let unfinished = format!("{name}.{number:016x}.tmp");
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(&self.0, &unfinished, flags, PRIVATE)?);
        let written = parts
            .iter()
            .try_for_each(|part| file.write_all(part))
            .and_then(|()| file.sync_all())
            .and_then(|()| Ok(rustix::fs::renameat(&self.0, &unfinished, &self.0, name)?));
        if written.is_err() {
            let _ = rustix::fs::unlinkat(&self.0, &unfinished, AtFlags::empty());
            return written;
        }
        // The name is on the disk only with its directory.
        Ok(rustix::fs::fsync(&self.0)?)
    }

    /// Removes the oldest of the files whose names begin with `prefix`, until the others
    /// have no more than `most` bytes. Unfinished files count too.
    ///
    /// # Errors
    ///
    /// When the system refuses; some may be removed then.
    pub fn trim(&self, prefix: &str, most: u64) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let name = entry?.file_name().to_owned();
            if name.to_bytes().starts_with(prefix.as_bytes()) {
                // Another process may have removed it.
                match rustix::fs::statat(&self.0, &*name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(found) => files.push((found.st_mtime, found.st_mtime_nsec, found, name)),
                    Err(Errno::NOENT) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        files.sort_by_key(|(seconds, nanoseconds, ..)| (*seconds, *nanoseconds));
        let mut kept: u64 = 0;
        for (.., found, name) in files.into_iter().rev() {
            kept = kept.saturating_add(u64::try_from(found.st_size).unwrap_or(u64::MAX));
            if kept > most {
                match rustix::fs::unlinkat(&self.0, &*name, AtFlags::empty()) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

/// What there is of the path, with its symbolic links resolved, and the rest.
fn split(path: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let mut above = path;
    loop {
        match fs::canonicalize(above) {
            Ok(there) => {
                let missing = path.strip_prefix(above).map_err(io::Error::other)?;
                // Nothing but names can be made.
                if missing
                    .components()
                    .all(|part| matches!(part, Component::Normal(_)))
                {
                    return Ok((there, missing.to_owned()));
                }
                return Err(io::ErrorKind::InvalidInput.into());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => match above.parent() {
                Some(parent) => above = parent,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
}

/// Somebody who owns a directory, or may rename what is in it, decides what a
/// path through it means.
fn check_above(directory: impl AsFd) -> io::Result<()> {
    let found = rustix::fs::fstat(directory)?;
    let mode = Mode::from_raw_mode(found.st_mode);
    if !is_ours(&found) || (mode.contains(Mode::WOTH) && !mode.contains(Mode::SVTX)) {
        return Err(anothers());
    }
    Ok(())
}

fn check(found: &Stat) -> io::Result<()> {
    if !is_ours(found) || Mode::from_raw_mode(found.st_mode).intersects(WRITABLE_BY_OTHERS) {
        return Err(anothers());
    }
    Ok(())
}

fn is_ours(found: &Stat) -> bool {
    found.st_uid == 0 || found.st_uid == rustix::process::geteuid().as_raw()
}

fn anothers() -> io::Error {
    io::Error::new(
        io::ErrorKind::PermissionDenied,
        "somebody else may write there",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    use std::time::{Duration, SystemTime};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_missing_is_made_for_the_user_alone_also_behind_a_link() {
        let root = tempfile::tempdir().unwrap();
        let link = root.path().join("link");
        symlink(root.path(), &link).unwrap();
        let path = link.join("deep/wsp");
        let directory = Directory::open(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        directory.write("a", &[b"one", b" two"]).unwrap();
        directory.write("a", &[b"three"]).unwrap();
        assert_eq!(directory.read("a").unwrap(), b"three");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
    }

    #[test]
    fn what_others_may_write_is_not_opened() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("wsp");
        let directory = Directory::open(&path).unwrap();
        directory.write("a", &[b"x"]).unwrap();
        for mode in [0o620, 0o602] {
            set_mode(&path.join("a"), mode);
            assert!(directory.read("a").is_err());
        }
        for mode in [0o770, 0o707, 0o1707] {
            set_mode(&path, mode);
            assert!(Directory::open(&path).is_err());
        }
        set_mode(&path, 0o700);
        set_mode(root.path(), 0o707);
        assert!(Directory::open(&path).is_err());
        // As `/tmp` is: what is in it is its owner's.
        set_mode(root.path(), 0o1777);
        assert!(Directory::open(&path).is_ok());
    }

    #[test]
    fn the_oldest_files_of_a_prefix_are_removed_until_the_others_have_room() {
        let root = tempfile::tempdir().unwrap();
        let directory = Directory::open(root.path()).unwrap();
        let write = |name: &str, age: u64| {
            directory.write(name, &[&[0; 100]]).unwrap();
            let file = File::options().write(true).open(root.path().join(name));
            let time = SystemTime::now() - Duration::from_secs(age);
            file.unwrap().set_modified(time).unwrap();
        };
        for (name, age) in [("p-1", 4), ("p-2", 3), ("p-3", 2), ("p-4", 1), ("q", 9)] {
            write(name, age);
        }
        directory.trim("p-", 299).unwrap();
        let names = |prefix: &str| {
            let entries = fs::read_dir(root.path()).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
            names.sort();
            names
        };
        assert_eq!(names(""), ["p-3", "p-4", "q"]);
        directory.trim("p-", 200).unwrap();
        assert_eq!(names("p-").len(), 2, "they have room");
        directory.trim("p-", 99).unwrap();
        assert_eq!(names(""), ["q"]);
    }

    #[test]
    fn only_a_regular_file_is_read() {
        let root = tempfile::tempdir().unwrap();
        let directory = Directory::open(root.path()).unwrap();
        fs::write(root.path().join("file"), "x").unwrap();
        symlink("file", root.path().join("link")).unwrap();
        fs::create_dir(root.path().join("directory")).unwrap();
        let pipe = root.path().join("pipe");
        rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, PRIVATE, 0).unwrap();
        assert_eq!(directory.read("file").unwrap(), b"x");
        for name in ["link", "directory", "pipe", "missing"] {
            assert!(directory.read(name).is_err(), "{name}");
        }
    }

    #[test]
    fn nothing_is_read_from_or_made_in_a_directory_of_somebody_else() {
        let root = tempfile::tempdir().unwrap();
        let foreign = root.path().join("foreign");
        fs::create_dir(&foreign).unwrap();
        let link = root.path().join("link");
        symlink(&foreign, &link).unwrap();
        // Only root can give a directory away; `/proc/1` is root's, as ours may be.
        if chown(&foreign, Some(65_534), None).is_err() {
            return;
        }
        for path in [&foreign, &link, &foreign.join("wsp"), &link.join("a/b")] {
            assert!(Directory::open(path).is_err(), "{}", path.display());
        }
        assert_eq!(fs::read_dir(&foreign).unwrap().count(), 0);
    }
}
