//! Waits for finished operations a thousand times at once, without the provider, as an
//! asynchronous command of WASI 0.3, and tells how many of the calls waited.

#![no_main]

use std::{convert::Infallible, future::Future, task::Context};

use bindings::winsock::spi::readiness;
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
        inline: "
            package wsp:hostile;

            world waiting {
              import winsock:spi/readiness@0.2.0;
            }
        ",
        generate_all,
    });
}

wsp_sdk::async_command!(main);

const CALLS: usize = 1000;

async fn main() -> Result<(), Infallible> {
    let mut calls: Vec<_> = (0..CALLS)
        .map(|_| Box::pin(readiness::finished_after(0)))
        .collect();
    let mut waiting = 0;
    std::future::poll_fn(|cx: &mut Context<'_>| {
        waiting = calls
            .iter_mut()
            .filter_map(|call| call.as_mut().poll(cx).is_pending().then_some(()))
            .count();
        std::task::Poll::Ready(())
    })
    .await;
    println!("{waiting} calls wait");
    Ok(())
}
