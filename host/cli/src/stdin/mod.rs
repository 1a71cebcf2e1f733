//! Standard input: of a program, and of this command.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{Stdin, file};
#[cfg(windows)]
pub(crate) use windows::{Stdin, file};
