//! The exports of the provider component, and of the interposer, to be called from here.
#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

wasmtime::component::bindgen!({
    inline: "
        package test:conformance;
        world provider-under-test {
            import winsock:spi/types@0.2.0;
            export winsock:spi/memory@0.2.0;
            export winsock:spi/gather@0.2.0;
            export winsock:spi/provider@0.2.0;
            export winsock:spi/tickets@0.2.0;
        }
    ",
    path: "../wit",
    world: "test:conformance/provider-under-test",
    exports: { default: async },
});

wsp_core::convert_addresses!(types: SocketAddress, Ipv4SocketAddress, Ipv6SocketAddress);

use winsock::spi::types;
