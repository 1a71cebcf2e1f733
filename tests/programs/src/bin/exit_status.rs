//! Ends with an error, which is printed to standard error and gives exit status 1.

#![no_main]

wsp_sdk::command!(main);

fn main() -> Result<(), String> {
    Err("this program always fails".into())
}
