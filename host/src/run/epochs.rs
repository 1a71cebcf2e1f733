//! Epochs, which let programs take turns and be ended.

use std::thread;
use std::time::Duration;

use wasmtime::{Engine, Store};

/// How long a program computes before others have a turn: short, because one that
/// waits for the network is behind every one that only computes.
const EPOCH: Duration = Duration::from_millis(1);

/// Starts a thread that ends an epoch of `engine` every millisecond, for as long as
/// the engine is in use. The engine needs
/// [`Config::epoch_interruption`](wasmtime::Config::epoch_interruption).
///
/// # Errors
///
/// When the system has no thread to give.
pub fn tick_epochs(engine: &Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(EPOCH);
        }
    };
    let thread = thread::Builder::new().name("wsp-epochs".to_owned());
    thread.spawn(tick).map(drop)
}

/// Makes a program in `store` yield at the end of every epoch, so that it takes
/// turns with other tasks, and can be ended by dropping the future of its call.
/// See [`tick_epochs`].
pub fn yield_each_epoch<T: 'static>(store: &mut Store<T>) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
}
