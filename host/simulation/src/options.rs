//! Options of sockets.

use wsp_transport::{EndpointOption, Protocol, TransportError};

use crate::state::{Role, Socket, State};

impl Socket {
    /// Whether an option is on.
    pub(crate) fn is_on(&self, option: EndpointOption) -> bool {
        self.option(option).is_ok_and(|value| value != 0)
    }

    /// The value of an option: what the program set, or what systems begin with.
    pub(crate) fn option(&self, option: EndpointOption) -> Result<u32, TransportError> {
        let number = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        match option {
            EndpointOption::SendBufferSize => return Ok(number(self.buffers.0)),
            EndpointOption::ReceiveBufferSize => return Ok(number(self.buffers.1)),
            EndpointOption::PacketInfo | EndpointOption::ReceiveHopLimit => {
                return Err(TransportError::NotSupported);
            }
            _ => {}
        }
        let set = self.options.iter().find(|(name, _)| *name == option);
        Ok(match (set, option) {
            (Some((_, value)), _) => *value,
            (None, EndpointOption::HopLimit) => 64,
            (None, EndpointOption::V6Only) => 1,
            (None, EndpointOption::MulticastHopLimit | EndpointOption::MulticastLoop) => 1,
            (None, EndpointOption::KeepAliveIdle) => 7200,
            (None, EndpointOption::KeepAliveInterval) => 75,
            (None, EndpointOption::KeepAliveCount) => 9,
            (None, _) => 0,
        })
    }
}

impl State {
    /// Sets an option. A buffer's size is that of a connection too.
    pub(crate) fn set_option(
        &mut self,
        number: u64,
        option: EndpointOption,
        value: u32,
    ) -> Result<(), TransportError> {
        let socket = self.socket_mut(number)?;
        let size = (value as usize).max(1);
        match option {
            EndpointOption::SendBufferSize => socket.buffers.0 = size,
            EndpointOption::ReceiveBufferSize => socket.buffers.1 = size,
            EndpointOption::PacketInfo | EndpointOption::ReceiveHopLimit => {
                return Err(TransportError::NotSupported);
            }
            // One that speaks both is not simulated.
            EndpointOption::V6Only if value == 0 => return Err(TransportError::NotSupported),
            option => {
                socket.options.retain(|(name, _)| *name != option);
                socket.options.push((option, value));
            }
        }
        let (buffers, in_line) = (socket.buffers, socket.is_on(EndpointOption::OobInline));
        let is_stream = socket.protocol == Protocol::Tcp;
        if let Role::Connected { connection, side } = socket.role
            && is_stream
            && let Some(connection) = self.connections.get_mut(&connection)
        {
            let end = connection.end_mut(side);
            (end.out.capacity, end.inbox.capacity) = buffers;
            end.inbox.urgent_in_line = in_line;
            self.wake(number);
        }
        Ok(())
    }
}
