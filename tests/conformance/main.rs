//! The conformance cases of `cases.toml`, each run on the core alone over a simulated
//! network, on the core compiled into the host over loopback sockets, and through the real
//! component, host and loopback sockets: directly, through
//! a component that copies everything, and so with sends whose payload goes past the
//! provider; and through the portable component, in a host that has WASI alone. `cargo xtask conformance` prints the table.
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
mod core_world;
mod loopback;
mod world;

use wsp_tests::assert_same_bytes as same;

include!(concat!(env!("OUT_DIR"), "/cases.rs"));
include!(concat!(env!("OUT_DIR"), "/portable_cases.rs"));

macro_rules! through_loopback {
    ($form:ident, $foreach:ident) => {
        macro_rules! test {
            ($case:ident) => {
                #[test]
                fn $case() {
                    let form = crate::component_world::Form::$form;
                    crate::cases::$case(&mut crate::component_world::Sandbox::new(form));
                }
            };
        }
        $foreach!(test);
    };
}

macro_rules! on_the_core {
    ($network:ident) => {
        macro_rules! test {
            ($case:ident) => {
                #[test]
                fn $case() {
                    type World = crate::core_world::Core<crate::core_world::$network>;
                    crate::cases::$case(&mut World::new());
                }
            };
        }
        foreach_case!(test);
    };
}

/// On the core alone, over a simulated network.
mod core {
    on_the_core!(SimulatedNetwork);
}

/// On the core compiled into the host, over loopback sockets.
mod native {
    on_the_core!(NativeNetwork);
}

/// Through the provider component, the host and loopback sockets.
mod component {
    through_loopback!(Direct, foreach_case);
}

/// The same, with the interposer between provider and host.
mod interposed {
    through_loopback!(Interposed, foreach_case);
}

/// The same, with tickets for sends.
mod tickets {
    through_loopback!(Tickets, foreach_case);
}

/// Through the provider component, the portable component and a host that has WASI alone.
mod portable {
    through_loopback!(Portable, foreach_portable_case);
}
