//! Keeping files that are trusted when they are read again, such as compiled code.

mod code;
#[cfg(unix)]
mod directory;
#[cfg(windows)]
#[path = "no_directory.rs"]
mod directory;

#[cfg(feature = "compose")]
pub(crate) use code::{Code, digest};
pub(crate) use code::{load, store};
pub use directory::Directory;
