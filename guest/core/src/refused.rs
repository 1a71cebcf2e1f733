//! The four slots that the base provider of Windows CE always refuses. They are
//! here so that the table has no hole, and in one place so that a program sees
//! the same refusal everywhere.

use core::net::SocketAddr;

use crate::{Provider, SocketId, Transport, WsaError};

impl<T: Transport> Provider<T> {
    /// WSPSendDisconnect.
    ///
    /// # Errors
    ///
    /// `WSASYSCALLFAILURE`, always.
    pub fn send_disconnect(&mut self, _s: SocketId) -> Result<(), WsaError> {
        Err(WsaError::SyscallFailure)
    }

    /// WSPRecvDisconnect.
    ///
    /// # Errors
    ///
    /// `WSASYSCALLFAILURE`, always.
    pub fn recv_disconnect(&mut self, _s: SocketId) -> Result<(), WsaError> {
        Err(WsaError::SyscallFailure)
    }

    /// WSPJoinLeaf.
    ///
    /// # Errors
    ///
    /// `WSASYSCALLFAILURE`, always.
    pub fn join_leaf(&mut self, _s: SocketId, _name: SocketAddr) -> Result<SocketId, WsaError> {
        Err(WsaError::SyscallFailure)
    }

    /// WSPDuplicateSocket.
    ///
    /// # Errors
    ///
    /// `WSASYSCALLFAILURE`, always.
    pub fn duplicate_socket(&mut self, _s: SocketId, _process_id: u32) -> Result<(), WsaError> {
        Err(WsaError::SyscallFailure)
    }
}
