//! Takes all the memory that it gets.

#![no_main]

use wsp_sdk::println;

wsp_sdk::command!(main);

const CHUNK: usize = 1 << 20;

fn main() -> Result<(), String> {
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    loop {
        let mut chunk = Vec::new();
        if chunks.len() == 4096 || chunk.try_reserve_exact(CHUNK).is_err() {
            break;
        }
        chunk.resize(CHUNK, 1);
        chunks.push(chunk);
    }
    let megabytes = chunks.len();
    // Room for printing.
    drop(chunks);
    println!("got {megabytes} MiB");
    Ok(())
}
