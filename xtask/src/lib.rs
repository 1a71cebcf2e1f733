//! What the test suite shares with `cargo xtask`: the stamps of the committed
//! components, and a look into a component.

#![forbid(unsafe_code)]

pub mod component;
pub mod stamp;
