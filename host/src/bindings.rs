//! Generated from `wit/`: the types and traits of `winsock:spi/transport`, and
//! the exports of the provider component. `winsock:spi/memory` and `winsock:spi/gather`
//! are written by hand, in [`crate::memory`] and [`crate::gather`], because generated
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
    path: "../wit",
    world: "spi-provider",
    imports: { default: trappable },
    with: {
        "winsock:spi/memory": crate::memory,
        "winsock:spi/gather": crate::gather,
        "winsock:spi/transport.endpoint": crate::transport::EndpointHandle,
    },
});
