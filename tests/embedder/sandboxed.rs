//! The suite with the semantics in the provider component.

#[path = "suite.rs"]
mod suite;

fn new_host() -> wsp::Host {
    wsp::Host::new().unwrap()
}
