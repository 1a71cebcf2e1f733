//! Generated from `wit/types.wit`: the plain values that the interfaces share.
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
        package wsp:types;
        world types {
            import winsock:spi/types@0.2.0;
        }
    ",
    path: "winsock-spi",
    world: "wsp:types/types",
    additional_derives: [serde::Serialize, serde::Deserialize],
});

pub use winsock::spi::types::*;
