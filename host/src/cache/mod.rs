//! Keeping files that are trusted when they are read again, such as compiled code.

mod code;
mod directory;

pub(crate) use code::{Code, digest, load, store};
pub use directory::Directory;
