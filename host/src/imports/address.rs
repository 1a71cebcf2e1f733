//! Conversions of addresses.

use crate::imports::bindings::winsock::spi::types;

wsp_core::convert_addresses!(types: SocketAddress, Ipv4SocketAddress, Ipv6SocketAddress);
