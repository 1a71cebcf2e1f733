//! The suite with the semantics compiled into the host.

#[path = "suite.rs"]
mod suite;

fn new_host() -> wsp::Host {
    wsp::Host::native()
}
