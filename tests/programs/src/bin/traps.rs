//! Panics, which is printed to standard error and traps.

#![no_main]
#![allow(clippy::panic, reason = "it is what this program is for")]

wsp_sdk::command!(main);

fn main() -> Result<(), String> {
    panic!("this program always panics")
}
