//! The conformance cases of `cases.toml`, each run twice: natively, on the core
//! over a simulated network, and through the real component, host and loopback
//! sockets. `cargo xtask conformance` prints the table.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test fails by panicking, and its modules are its own"
)]

mod cases;
mod component_world;
mod native_world;
mod world;

use wsp_tests::assert_same_bytes as same;

include!(concat!(env!("OUT_DIR"), "/cases.rs"));

/// On the core, over a simulated network.
mod native {
    macro_rules! test {
        ($case:ident) => {
            #[test]
            fn $case() {
                crate::cases::$case(&mut crate::native_world::Native::new());
            }
        };
    }
    foreach_case!(test);
}

/// Through the provider component, the host and loopback sockets.
mod component {
    macro_rules! test {
        ($case:ident) => {
            #[test]
            fn $case() {
                crate::cases::$case(&mut crate::component_world::Loopback::new());
            }
        };
    }
    foreach_case!(test);
}
