//! On this system nothing is kept: who may write a file says its access control list, which
//! nothing here reads.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::path::Path;

/// A directory whose files only this user, or an administrator, can have written. There is none
/// on this system, because access control lists are not read.
#[derive(Debug)]
pub struct Directory(Infallible);

impl Directory {
    /// Answers that there is none.
    ///
    /// # Errors
    ///
    /// Always, with [`io::ErrorKind::Unsupported`].
    pub fn open(_path: &Path) -> io::Result<Directory> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "who may write there is not known on this system",
        ))
    }

    /// The content of a file.
    ///
    /// # Errors
    ///
    /// There is no directory to call it with.
    pub fn read(&self, _name: &str) -> io::Result<Vec<u8>> {
        match self.0 {}
    }

    /// Opens a file to read it, as [`Directory::read`] does.
    pub(crate) fn open_file(&self, _name: &str) -> io::Result<File> {
        match self.0 {}
    }

    /// Writes a file, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// There is no directory to call it with.
    pub fn write(&self, _name: &str, _parts: &[&[u8]]) -> io::Result<()> {
        match self.0 {}
    }

    /// Removes the oldest of the files whose names begin with `prefix`.
    ///
    /// # Errors
    ///
    /// There is no directory to call it with.
    pub fn trim(&self, _prefix: &str, _most: u64) -> io::Result<()> {
        match self.0 {}
    }
}
