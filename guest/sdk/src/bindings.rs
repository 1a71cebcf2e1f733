//! What `wit-bindgen` makes of the WIT files.

#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::allow_attributes_without_reason,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "generated code"
)]

// The whole set of imports; those that a program does not call are left out of
// its component, so a program that awaits nothing does not import `readiness`.
#[cfg(feature = "async")]
wit_bindgen::generate!({
    path: "winsock-spi",
    features: ["tickets"],
    world: "spi-async-program",
    ownership: Borrowing { duplicate_if_necessary: false },
    generate_all,
});

#[cfg(not(feature = "async"))]
wit_bindgen::generate!({
    path: "winsock-spi",
    features: ["tickets"],
    world: "spi-program",
    ownership: Borrowing { duplicate_if_necessary: false },
    generate_all,
});

/// The export of a WASI 0.3 command.
#[cfg(feature = "async")]
pub mod async_command {
    wit_bindgen::generate!({
        path: "wit",
        world: "async-command",
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "$crate::private::async_command",
    });
}
