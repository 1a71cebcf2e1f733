//! `wasi:io/poll` of a program that is recorded or replayed: what was ready.

use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::io::poll::{Host, HostPollable};

use crate::imports::link::{Name, shadowing};
use crate::run::State;
use crate::tape::format::Call;
use crate::tape::link::{recorder, replayer, told};

const POLL: &str = "wasi:io/poll@0.2.12";

type Store<'a> = StoreContextMut<'a, State>;

fn call(item: &'static str, count: usize) -> Call {
    let name = Name {
        interface: POLL,
        item,
    };
    Call {
        function: told(name),
        arguments: format!("{count} pollables"),
    }
}

const READY: &str = "[method]pollable.ready";
const BLOCK: &str = "[method]pollable.block";

/// Writes down what was ready.
pub(super) fn link_recorded(linker: &mut Linker<State>) -> Result<()> {
    shadowing(linker, |linker| {
        let mut poll = linker.instance(POLL)?;
        poll.func_wrap_async(
            "poll",
            |mut store: Store<'_>, (pollables,): (Vec<Resource<DynPollable>>,)| {
                Box::new(async move {
                    let recorder = recorder(store.data())?;
                    let call = call("poll", pollables.len());
                    let table = store.data_mut().ctx().table;
                    let ready = Host::poll(table, pollables).await.map(|ready| (ready,));
                    recorder.call(call, &ready)?;
                    ready
                })
            },
        )?;
        poll.func_wrap_async(
            READY,
            |mut store: Store<'_>, (pollable,): (Resource<DynPollable>,)| {
                Box::new(async move {
                    let recorder = recorder(store.data())?;
                    let table = store.data_mut().ctx().table;
                    let ready = HostPollable::ready(table, pollable).await;
                    let ready = ready.map(|ready| (ready,));
                    recorder.call(call(READY, 1), &ready)?;
                    ready
                })
            },
        )?;
        poll.func_wrap_async(
            BLOCK,
            |mut store: Store<'_>, (pollable,): (Resource<DynPollable>,)| {
                Box::new(async move {
                    let recorder = recorder(store.data())?;
                    let table = store.data_mut().ctx().table;
                    let ready = HostPollable::block(table, pollable).await;
                    recorder.call(call(BLOCK, 1), &ready)?;
                    ready
                })
            },
        )
    })
}

/// Answers what was ready, once that is ready now: files and standard output are real, and
/// deadlines have passed.
pub(super) fn link_replayed(linker: &mut Linker<State>) -> Result<()> {
    shadowing(linker, |linker| {
        let mut poll = linker.instance(POLL)?;
        poll.func_wrap_async(
            "poll",
            |mut store: Store<'_>, (pollables,): (Vec<Resource<DynPollable>>,)| {
                Box::new(async move {
                    let replayer = replayer(store.data())?;
                    let (ready,) = replayer.answer::<(Vec<u32>,)>(call("poll", pollables.len()))?;
                    let table = store.data_mut().ctx().table;
                    // As many as there are, whatever a forged recording says.
                    for index in ready.iter().take(pollables.len()) {
                        if let Some(pollable) = pollables.get(*index as usize) {
                            HostPollable::block(table, Resource::new_borrow(pollable.rep()))
                                .await?;
                        }
                    }
                    Ok((ready,))
                })
            },
        )?;
        poll.func_wrap_async(
            READY,
            |mut store: Store<'_>, (pollable,): (Resource<DynPollable>,)| {
                Box::new(async move {
                    let replayer = replayer(store.data())?;
                    let (ready,) = replayer.answer::<(bool,)>(call(READY, 1))?;
                    if ready {
                        HostPollable::block(store.data_mut().ctx().table, pollable).await?;
                    }
                    Ok((ready,))
                })
            },
        )?;
        poll.func_wrap_async(
            BLOCK,
            |mut store: Store<'_>, (pollable,): (Resource<DynPollable>,)| {
                Box::new(async move {
                    replayer(store.data())?.answer::<()>(call(BLOCK, 1))?;
                    HostPollable::block(store.data_mut().ctx().table, pollable).await
                })
            },
        )
    })
}
