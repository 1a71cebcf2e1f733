//! Computes for ever, and never waits.

#![no_main]

use std::hint::black_box;

use wsp_sdk::println;

wsp_sdk::command!(main);

fn main() -> Result<(), String> {
    println!("looping");
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_add(1));
    }
}
