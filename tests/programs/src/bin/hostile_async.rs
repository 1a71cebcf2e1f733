//! As `hostile`, an asynchronous command of WASI 0.3 whose script has calls of
//! `readiness` too, many at once.
//!
//! Arguments: as `hostile`.

#![no_main]

#[path = "../calls.rs"]
mod calls;

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use bindings::winsock::spi::{readiness, resolver};
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

            world waiting {
              import winsock:spi/memory@0.2.0;
              import winsock:spi/transport@0.2.0;
              import winsock:spi/gather@0.2.0;
              import winsock:spi/readiness@0.2.0;
              import winsock:spi/resolver@0.2.0;
            }
        ",
        ownership: Borrowing { duplicate_if_necessary: false },
        generate_all,
    });
}

wsp_sdk::async_command!(main);

async fn main() -> Result<(), Failure> {
    let script: String = wsp_sdk::argument(0, "SCRIPT")?;
    let verbose = wsp_sdk::arguments().len() > 1;
    let mut state = State::default();
    let mut waits = Waits::default();
    for text in script.split(';') {
        let mut words = text.split_whitespace();
        if let Some(name) = words.next() {
            let words = &mut Words(words);
            let answer = match waits.command(name, words).await? {
                Some(answer) => answer,
                None if name == "resolve" => {
                    said(&resolver::resolve_name(&words.next::<String>()?))
                }
                None => state
                    .command(name, words)
                    .map_err(|error| format!("{text}: {error}"))?,
            };
            if verbose {
                println!("{text} -> {answer}");
            }
        }
    }
    state.end();
    println!(
        "{} waited at most, {} at least when one was turned away, {} ended early",
        waits.most, waits.turned_away, waits.early
    );
    println!("{}", state.sum());
    Ok(())
}

/// A call of `finished-after` that has not ended.
struct Wait {
    seen: u64,
    call: Pin<Box<dyn Future<Output = u64>>>,
}

/// The calls under way.
struct Waits {
    slots: BTreeMap<usize, Vec<Wait>>,
    /// Those that nobody polls or drops any more, and how many of them wait for ever.
    forgotten: usize,
    forgotten_for_ever: usize,
    /// The most calls that waited at once for what never happens.
    most: usize,
    /// The fewest calls under way when one more was turned away.
    turned_away: usize,
    /// Calls that waited, and were answered with no more than they had seen.
    early: u64,
}

impl Default for Waits {
    fn default() -> Waits {
        Waits {
            slots: BTreeMap::new(),
            forgotten: 0,
            forgotten_for_ever: 0,
            most: 0,
            turned_away: usize::MAX,
            early: 0,
        }
    }
}

impl Waits {
    /// Does one command, if it is about these calls.
    async fn command(
        &mut self,
        name: &str,
        words: &mut Words<'_>,
    ) -> Result<Option<String>, Failure> {
        Ok(Some(match name {
            // after SLOT CALLS SEEN: makes calls, and says how many of them wait
            "after" => {
                let (slot, calls, seen) = (words.slot()?, words.slot()?, words.next()?);
                let mut waiting = 0;
                for _ in 0..calls {
                    waiting += usize::from(self.begin(slot, seen).await);
                }
                format!("{waiting} wait")
            }
            // look SLOT: asks each whether it has ended
            "look" => {
                let slot = words.slot()?;
                let ended = poll_fn(|context| Poll::Ready(self.look(slot, context))).await;
                format!("{ended} ended")
            }
            // await SLOT: waits until one of them has ended
            "await" => {
                let slot = words.slot()?;
                let ended = poll_fn(|context| match self.look(slot, context) {
                    0 if self.slots.get(&slot).is_some_and(|waits| !waits.is_empty()) => {
                        Poll::Pending
                    }
                    ended => Poll::Ready(ended),
                });
                format!("{} ended", ended.await)
            }
            // turn: lets the host go on with what it does
            "turn" => {
                wit_bindgen::yield_async().await;
                "ok".to_owned()
            }
            // give-up SLOT CALLS: cancels the oldest of them
            "give-up" => {
                let (slot, calls) = (words.slot()?, words.slot()?);
                let waits = self.slots.entry(slot).or_default();
                waits.drain(..calls.min(waits.len()));
                "ok".to_owned()
            }
            // forget SLOT: they go on until the instance ends
            "forget" => {
                let waits = self.slots.remove(&words.slot()?).unwrap_or_default();
                self.forgotten += waits.len();
                self.forgotten_for_ever += for_ever(&waits);
                mem::forget(waits);
                "ok".to_owned()
            }
            _ => return Ok(None),
        }))
    }

    /// Makes one call; true if it waits.
    async fn begin(&mut self, slot: usize, seen: u64) -> bool {
        let mut call: Pin<Box<dyn Future<Output = u64>>> =
            Box::pin(readiness::finished_after(seen));
        match poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
            Poll::Ready(count) => {
                if count <= seen {
                    self.turned_away = self.turned_away.min(self.under_way());
                }
                false
            }
            Poll::Pending => {
                self.slots
                    .entry(slot)
                    .or_default()
                    .push(Wait { seen, call });
                let slots = self.slots.values();
                let waiting: usize = slots.map(|waits| for_ever(waits)).sum();
                self.most = self.most.max(waiting + self.forgotten_for_ever);
                true
            }
        }
    }

    /// Those that have not told that they have ended.
    fn under_way(&self) -> usize {
        let waiting: usize = self.slots.values().map(Vec::len).sum();
        waiting + self.forgotten
    }

    /// Removes the calls that have ended, and says how many those are.
    fn look(&mut self, slot: usize, context: &mut Context<'_>) -> usize {
        let waits = self.slots.entry(slot).or_default();
        let before = waits.len();
        waits.retain_mut(|wait| match wait.call.as_mut().poll(context) {
            Poll::Ready(count) => {
                self.early += u64::from(count <= wait.seen);
                false
            }
            Poll::Pending => true,
        });
        before - waits.len()
    }
}

/// How many of them wait for what never happens.
fn for_ever(waits: &[Wait]) -> usize {
    waits.iter().filter(|wait| wait.seen == u64::MAX).count()
}
