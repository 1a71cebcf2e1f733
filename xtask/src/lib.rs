//! What the test suite shares with `cargo xtask`: the stamps of the committed
//! components, a look into a component, the C programs, and Wine.

#![forbid(unsafe_code)]

pub mod component;
pub mod differential;
pub mod programs;
pub mod section;
pub mod stamp;
pub mod wine;
