//! Calls the host's interfaces directly, without the provider, as its script says, and
//! tells whether each operation that was accepted has ended exactly once.
//!
//! Arguments: SCRIPT, a list of commands separated by semicolons (see `calls.rs`).
//! With a second argument, it prints what each command was answered.

#![no_main]

#[path = "../calls.rs"]
mod calls;

use bindings::winsock::spi::resolver;
use calls::{Failure, State, Words, said};
use wsp_sdk::println;

#[allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        features: ["tickets"],
        inline: "
            package wsp:hostile;

            world hostile {
              import winsock:spi/memory@0.2.0;
              import winsock:spi/transport@0.2.0;
              import winsock:spi/gather@0.2.0;
              import winsock:spi/resolver@0.2.0;
            }
        ",
        ownership: Borrowing { duplicate_if_necessary: false },
        generate_all,
    });
}

wsp_sdk::command!(main);

fn main() -> Result<(), Failure> {
    let script: String = wsp_sdk::argument(0, "SCRIPT")?;
    let verbose = wsp_sdk::arguments().len() > 1;
    let mut state = State::default();
    for text in script.split(';') {
        let mut words = text.split_whitespace();
        if let Some(name) = words.next() {
            let words = &mut Words(words);
            let answer = match name {
                // resolve NAME
                "resolve" => said(&resolver::resolve_name(&words.next::<String>()?)),
                _ => state
                    .command(name, words)
                    .map_err(|error| format!("{text}: {error}"))?,
            };
            if verbose {
                println!("{text} -> {answer}");
            }
        }
    }
    state.end();
    println!("{}", state.sum());
    Ok(())
}
