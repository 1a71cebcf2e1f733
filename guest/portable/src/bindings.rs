//! Generated from `wit/`.
#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

wit_bindgen::generate!({
    world: "wsp:portable/portable",
    path: ["winsock-spi", "wit"],
    features: ["tickets"],
    generate_all,
    pub_export_macro: true,
});

export!(Component);

/// The type that implements the exports; see `exports.rs`.
pub struct Component;
