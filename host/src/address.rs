//! Conversions of addresses. Both interfaces spell them alike, as types of their own.

use crate::bindings::exports::winsock::spi::types;
use crate::bindings::winsock::spi::transport;

wsp_core::convert_addresses!(transport: Address, Ipv4Address, Ipv6Address);
wsp_core::convert_addresses!(types: SocketAddress, Ipv4SocketAddress, Ipv6SocketAddress);
