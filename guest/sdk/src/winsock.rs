//! Starting and ending the use of the provider.

use wsp_core::WsaError;

use crate::bindings::winsock::spi::provider::{self, Configuration};

/// Winsock 2.2, with the minor version in the high byte.
const VERSION: u16 = 0x0202;

/// WSAStartup, undone by dropping it.
///
/// Calls are counted: when the last guard is dropped, every open socket is
/// closed and pending operations end with `WSA_OPERATION_ABORTED`.
#[derive(Debug)]
#[must_use = "dropping it closes every socket"]
pub struct Winsock {
    description: String,
}

impl Winsock {
    /// Chooses where documents and systems differ, before the first [`Winsock::startup`].
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` when started already.
    pub fn configure(configuration: Configuration) -> Result<(), WsaError> {
        Ok(provider::configure(configuration)?)
    }

    /// Starts Winsock 2.2, without which no socket can be made.
    ///
    /// # Errors
    ///
    /// `WSAVERNOTSUPPORTED` if the provider has no version 2.2.
    pub fn startup() -> Result<Winsock, WsaError> {
        let data = provider::wsp_startup(VERSION)?;
        Ok(Winsock {
            description: data.description,
        })
    }

    /// What the provider calls itself.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }
}

impl Drop for Winsock {
    fn drop(&mut self) {
        // It fails only if nothing was started, and this value says that it was.
        let _ = provider::wsp_cleanup();
    }
}
