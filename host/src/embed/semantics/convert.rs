//! Conversions between the generated types, which embedders use, and the core's.

use wsp_core as core;

use crate::imports::bindings::exports::winsock::spi::provider;
use crate::imports::types;

wsp_core::convert_options!(types, provider);

wsp_core::same_cases! {
    types::AddressFamily => core::AddressFamily { Inet, Inet6 }
    core::AddressFamily => types::AddressFamily { Inet, Inet6 }
    types::ShutdownHow => core::ShutdownHow { Receive, Send, Both }
}

wsp_core::same_flags! {
    types::MessageFlags => core::MessageFlags { OOB, PEEK, DONT_ROUTE, WAIT_ALL, INTERRUPT, PARTIAL }
}
