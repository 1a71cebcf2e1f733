//! What options of both kinds of endpoints have in common.

use wsp_core::{AddressFamily, EndpointOption, TransportError};

use crate::wasi::Setting;

impl Setting {
    /// The value as WASI takes it.
    pub(crate) fn in_range(self, value: u32) -> Result<u32, TransportError> {
        match self {
            Setting::KeepAlive => Ok(u32::from(value != 0)),
            // WASI takes no buffer without a byte, and Winsock does.
            Setting::ReceiveBufferSize | Setting::SendBufferSize => Ok(value.max(1)),
            Setting::HopLimit if (1..=255).contains(&value) => Ok(value),
            Setting::KeepAliveIdle | Setting::KeepAliveInterval | Setting::KeepAliveCount
                if value > 0 =>
            {
                Ok(value)
            }
            _ => Err(TransportError::InvalidArgument),
        }
    }
}

/// Whether sockets of that family have an option.
pub(crate) fn fits(option: EndpointOption, family: AddressFamily) -> bool {
    option != EndpointOption::V6Only || family == AddressFamily::Inet6
}
