//! Generated from `wit/`: the types and traits of `winsock:spi/transport`, and
//! the exports of the provider component. `winsock:spi/memory` is written by
//! hand in [`crate::memory`], because generated bindings always copy lists.
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
    imports: {
        // These read the program's memory, which needs the store.
        "winsock:spi/transport.[static]endpoint.try-send": store | trappable,
        "winsock:spi/transport.[static]endpoint.try-send-to": store | trappable,
        "winsock:spi/transport.[static]endpoint.start-send": store | trappable,
        "winsock:spi/transport.[static]endpoint.start-send-to": store | trappable,
        default: trappable,
    },
    with: {
        "winsock:spi/memory": crate::memory,
        "winsock:spi/transport.endpoint": crate::transport::EndpointHandle,
    },
});
