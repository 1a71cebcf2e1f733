//! Sockets as `std::io` streams.

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use wsp_core::WsaError;

use crate::{Message, Socket};

/// The error as `std::io` has it; [`io::Error::get_ref`] still finds the [`WsaError`].
#[must_use]
pub fn io_error(error: WsaError) -> io::Error {
    let kind = match error {
        WsaError::Acces => ErrorKind::PermissionDenied,
        WsaError::AddrInUse => ErrorKind::AddrInUse,
        WsaError::AddrNotAvail => ErrorKind::AddrNotAvailable,
        WsaError::ConnAborted | WsaError::OperationAborted => ErrorKind::ConnectionAborted,
        WsaError::ConnRefused => ErrorKind::ConnectionRefused,
        WsaError::ConnReset | WsaError::NetReset => ErrorKind::ConnectionReset,
        WsaError::HostUnreach | WsaError::HostDown => ErrorKind::HostUnreachable,
        WsaError::Inval | WsaError::InvalidParameter | WsaError::Fault => ErrorKind::InvalidInput,
        WsaError::NetDown => ErrorKind::NetworkDown,
        WsaError::NetUnreach => ErrorKind::NetworkUnreachable,
        WsaError::NoBufs | WsaError::NotEnoughMemory => ErrorKind::OutOfMemory,
        WsaError::NotConn => ErrorKind::NotConnected,
        WsaError::OpNotSupp => ErrorKind::Unsupported,
        WsaError::ShutDown => ErrorKind::BrokenPipe,
        WsaError::TimedOut => ErrorKind::TimedOut,
        WsaError::WouldBlock => ErrorKind::WouldBlock,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

impl Read for &Socket {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        // A receive of nothing waits, a read of nothing does not.
        if bytes.is_empty() {
            return Ok(0);
        }
        self.recv(bytes).map_err(io_error)
    }
}

/// A write is one send: of a blocking socket it is complete, of a nonblocking one
/// it takes what there is room for. A vectored write is one gather.
impl Write for &Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.send(&[bytes]).map_err(io_error)?;
        Ok(sent as usize)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if slices.is_empty() {
            return Ok(0);
        }
        let sent = self.send(Message::from_io(slices)).map_err(io_error)?;
        Ok(sent as usize)
    }

    /// Nothing is buffered in the program.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Socket {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        (&*self).read(bytes)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_its_code_as_an_io_error() {
        for error in WsaError::ALL {
            let io = io_error(*error);
            let inner = io.get_ref().and_then(|inner| inner.downcast_ref());
            assert_eq!(inner, Some(error));
        }
        assert_eq!(io_error(WsaError::WouldBlock).kind(), ErrorKind::WouldBlock);
    }
}
