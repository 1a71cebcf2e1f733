//! Generated from `wit/`: the types and traits of `winsock:spi/transport`, and
//! the exports of the provider component. `winsock:spi/memory` and `winsock:spi/gather`
//! are written by hand, in [`crate::imports::memory`] and [`crate::imports::gather`], because generated
//! bindings always copy lists.
#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

wasmtime::component::bindgen!({
    path: "winsock-spi",
    world: "spi-provider",
    imports: { default: trappable },
    with: {
        "winsock:spi/types": crate::imports::types::winsock::spi::types,
        "winsock:spi/memory": crate::imports::memory,
        "winsock:spi/gather": crate::imports::gather,
        "winsock:spi/transport.endpoint": wsp_transport::EndpointHandle,
    },
});
