//! Conversions of addresses.

use crate::imports::types;

wsp_core::convert_addresses!(types: SocketAddress, Ipv4SocketAddress, Ipv6SocketAddress);
