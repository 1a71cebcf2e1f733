//! Clocks of a program that is recorded or replayed.

use std::time::Duration;

use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::clocks::WasiClocksView;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::p3::bindings::clocks as p3;
use wasmtime_wasi::{WasiView, async_trait};

use crate::imports::keep::Keep;
use crate::imports::link::{Interface, Link, shadowing};
use crate::run::State;

const MONOTONIC: &str = "wasi:clocks/monotonic-clock@0.2.12";
const WALL: &str = "wasi:clocks/wall-clock@0.2.12";
const MONOTONIC_03: &str = "wasi:clocks/monotonic-clock@0.3.0";
const SYSTEM_03: &str = "wasi:clocks/system-clock@0.3.0";

/// Links the time that it is, and waiting beside what a program does.
pub(in crate::tape) fn link<L: Link<Data = State>>(link: &mut L, concurrent: bool) -> Result<()> {
    let mut monotonic = Interface::of(link, MONOTONIC);
    monotonic.function("now", |_, mut store, ()| {
        Ok((monotonic_clock::Host::now(&mut store.data_mut().clocks())?,))
    })?;
    monotonic.function("resolution", |_, mut store, ()| {
        Ok((monotonic_clock::Host::resolution(
            &mut store.data_mut().clocks(),
        )?,))
    })?;
    let mut wall = Interface::of(link, WALL);
    wall.function("now", |_, mut store, ()| {
        Ok((wall_clock::Host::now(&mut store.data_mut().clocks())?,))
    })?;
    wall.function("resolution", |_, mut store, ()| {
        Ok((wall_clock::Host::resolution(
            &mut store.data_mut().clocks(),
        )?,))
    })?;
    match concurrent {
        true => link_03(link),
        false => Ok(()),
    }
}

fn link_03<L: Link<Data = State>>(link: &mut L) -> Result<()> {
    let mut monotonic = Interface::of(link, MONOTONIC_03);
    monotonic.function("now", |_, mut store, ()| {
        let mut clocks = store.data_mut().clocks();
        Ok((p3::monotonic_clock::Host::now(&mut clocks)?,))
    })?;
    monotonic.function("get-resolution", |_, mut store, ()| {
        let mut clocks = store.data_mut().clocks();
        Ok((p3::monotonic_clock::Host::get_resolution(&mut clocks)?,))
    })?;
    monotonic.concurrent("wait-for", |_, _, (duration,): (u64,)| {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_nanos(duration)).await;
            Ok(())
        })
    })?;
    monotonic.concurrent("wait-until", |_, accessor, (when,): (u64,)| {
        let now = accessor.with(|mut store| {
            let mut clocks = store.data_mut().clocks();
            p3::monotonic_clock::Host::now(&mut clocks)
        });
        Box::pin(async move {
            let left = when.saturating_sub(now?);
            tokio::time::sleep(Duration::from_nanos(left)).await;
            Ok(())
        })
    })?;
    let mut system = Interface::of(link, SYSTEM_03);
    system.function("now", |_, mut store, ()| {
        let mut clocks = store.data_mut().clocks();
        Ok((p3::system_clock::Host::now(&mut clocks)?,))
    })?;
    system.function("get-resolution", |_, mut store, ()| {
        let mut clocks = store.data_mut().clocks();
        Ok((p3::system_clock::Host::get_resolution(&mut clocks)?,))
    })
}

/// A deadline has passed as soon as the recording says so.
pub(in crate::tape) fn link_replayed(linker: &mut Linker<State>) -> Result<()> {
    shadowing(linker, |linker| {
        let mut monotonic = linker.instance(MONOTONIC)?;
        for name in ["subscribe-instant", "subscribe-duration"] {
            monotonic.func_wrap(
                name,
                |mut store: StoreContextMut<'_, State>, (_,): (u64,)| {
                    Ok((passed(store.data_mut())?,))
                },
            )?;
        }
        Ok(())
    })
}

/// A deadline that has passed.
struct Passed;

#[async_trait]
impl Pollable for Passed {
    async fn ready(&mut self) {}
}

fn passed(state: &mut State) -> Result<Resource<DynPollable>> {
    let table = state.ctx().table;
    let passed = table.push(Passed)?;
    subscribe(table, passed)
}

impl Keep for wall_clock::Datetime {
    fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
        (self.seconds, self.nanoseconds).keep(bytes)
    }

    fn recall(bytes: &mut &[u8]) -> Result<Self> {
        let (seconds, nanoseconds) = Keep::recall(bytes)?;
        Ok(wall_clock::Datetime {
            seconds,
            nanoseconds,
        })
    }
}

impl Keep for p3::system_clock::Instant {
    fn keep(&self, bytes: &mut Vec<u8>) -> Result<()> {
        (self.seconds, self.nanoseconds).keep(bytes)
    }

    fn recall(bytes: &mut &[u8]) -> Result<Self> {
        let (seconds, nanoseconds) = Keep::recall(bytes)?;
        Ok(p3::system_clock::Instant {
            seconds,
            nanoseconds,
        })
    }
}
