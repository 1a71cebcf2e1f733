//! What the test suite shares with `cargo xtask`: the stamps of the committed
//! components, a look into a component, and the C programs.

#![forbid(unsafe_code)]

pub mod component;
pub mod differential;
pub mod stamp;
