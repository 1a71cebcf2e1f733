//! Calls the host's interfaces directly, without the provider, as its script says, and
//! tells whether each operation that was accepted has ended exactly once.
//!
//! Arguments: SCRIPT, a list of commands separated by semicolons (see `calls.rs`).
//! With a second argument, it prints what each command was answered.

#![no_main]

#[path = "../calls.rs"]
mod calls;

use bindings::winsock::spi::{
    gather::{Rest, SendOutcome, Ticket, TicketFlags},
    memory::ReceiveBuffer,
    resolver, scheduling, words,
};
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
              import winsock:spi/words@0.2.0;
              import winsock:spi/scheduling@0.2.0;
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
        let mut rest = text.split_whitespace();
        if let Some(name) = rest.next() {
            let arguments = &mut Words(rest);
            let answer = match name {
                // resolve NAME
                "resolve" => said(&resolver::resolve_name(&arguments.next::<String>()?)),
                // words NUMBER COUNT
                "words" => in_words(arguments.next()?, arguments.next()?),
                // running THREAD
                "running" => said(&scheduling::running(arguments.next()?)),
                _ => state
                    .command(name, arguments)
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

/// Sends so many words on an endpoint, and asks for some, though the host wants none.
fn in_words(endpoint: u64, count: usize) -> String {
    let ticket = Ticket {
        endpoint,
        operation: 0,
        flags: TicketFlags::empty(),
        rest: Rest::Awaited,
    };
    let zeros = words::Words {
        a: 0,
        b: 0,
        c: 0,
        d: 0,
        e: 0,
        f: 0,
        g: 0,
        h: 0,
    };
    let payload = vec![zeros; count];
    let length = u32::try_from(size_of_val(payload.as_slice())).unwrap_or(u32::MAX);
    let said = |outcome| match outcome {
        SendOutcome::Failed(error) => error.name().to_owned(),
        outcome => format!("{outcome:?}"),
    };
    let sent = said(words::send(ticket, &payload, length));
    let rest = said(words::send_rest(Some(0)));
    let read = words::read(&ReceiveBuffer::new(10), 0, 10).1;
    format!("{} {sent} {rest} {read}", words::wanted())
}
