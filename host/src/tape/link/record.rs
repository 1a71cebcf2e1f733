//! The host's functions as they are, and what they answer written down.

use std::future::poll_fn;
use std::task::Poll;

use wasmtime::component::{Accessor, Linker, ResourceType};
use wasmtime::{AsContextMut, Result, StoreContextMut};

use super::{call, recorder, told};
use crate::ctx::Ctx;
use crate::imports::link::{Arguments, Concurrent, Link, Name, Returned, Waited, shadowing};
use crate::run::State;
use crate::tape::Recorder;
use crate::tape::format::{Call, TURNS};
use crate::view::View;

/// Waits until the program has called something since it was told of the last end, or has had
/// its turns.
async fn has_had_its_turns(recorder: &Recorder) {
    let (mut seen, mut turns) = (0, 0);
    poll_fn(|context| {
        let (ended, untouched) = recorder.ended();
        if ended != seen {
            (seen, turns) = (ended, 0);
        }
        if !untouched || turns >= TURNS {
            return Poll::Ready(());
        }
        turns = turns.saturating_add(1);
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A linker whose functions are recorded.
pub(super) struct Recording<'l> {
    linker: &'l mut Linker<State>,
}

impl<'l> Recording<'l> {
    pub(super) fn new(linker: &'l mut Linker<State>) -> Recording<'l> {
        Recording { linker }
    }
}

type Access = fn(&mut State) -> &mut Ctx;

const ACCESS: Access = <State as View>::wsp;

impl Link for Recording<'_> {
    type Data = State;
    type Access = Access;

    fn function<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        function: impl Fn(Access, StoreContextMut<'_, State>, P) -> Result<R> + Send + Sync + 'static,
    ) -> Result<()> {
        let told = told(name);
        shadowing(self.linker, |linker| {
            linker.instance(name.interface)?.func_wrap(
                name.item,
                move |mut store: StoreContextMut<'_, State>, arguments: P| {
                    let recorder = recorder(store.data())?;
                    let call = call(&told, &mut store, &arguments)?;
                    let answer = function(ACCESS, store, arguments);
                    recorder.call(call, &answer)?;
                    answer
                },
            )
        })
    }

    fn blocking<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        function: impl for<'a> Fn(Access, StoreContextMut<'a, State>, P) -> Waited<'a, R>
        + Send
        + Sync
        + 'static,
    ) -> Result<()> {
        let told = told(name);
        shadowing(self.linker, |linker| {
            linker.instance(name.interface)?.func_wrap_async(
                name.item,
                move |mut store: StoreContextMut<'_, State>, arguments: P| {
                    let recorder = recorder(store.data());
                    let call = call(&told, &mut store, &arguments);
                    let waited = Box::into_pin(function(ACCESS, store, arguments));
                    Box::new(async move {
                        let (recorder, call) = (recorder?, call?);
                        let answer = waited.await;
                        recorder.call(call, &answer)?;
                        answer
                    })
                },
            )
        })
    }

    fn concurrent<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        function: impl for<'a> Fn(Access, &'a Accessor<State>, P) -> Concurrent<'a, R>
        + Send
        + Sync
        + 'static,
    ) -> Result<()> {
        let told = told(name);
        shadowing(self.linker, |linker| {
            linker.instance(name.interface)?.func_wrap_concurrent(
                name.item,
                move |accessor: &Accessor<State>, arguments: P| {
                    let began: Result<_> = accessor.with(|mut store| {
                        let mut store = store.as_context_mut();
                        let recorder = recorder(store.data())?;
                        let call = call(&told, &mut store, &arguments)?;
                        let number = recorder.begin_call(call)?;
                        Ok((recorder, number))
                    });
                    let mut ending = function(ACCESS, accessor, arguments);
                    Box::pin(async move {
                        let (recorder, number) = began?;
                        let mut polls = 0_u64;
                        let answer = poll_fn(|context| {
                            polls = polls.saturating_add(1);
                            ending.as_mut().poll(context)
                        })
                        .await;
                        let at_once = polls == 1;
                        if !at_once {
                            has_had_its_turns(&recorder).await;
                        }
                        recorder.end_call(number, at_once, &answer)?;
                        answer
                    })
                },
            )
        })
    }

    fn resource<R: 'static>(
        &mut self,
        name: Name,
        end: impl Fn(Access, StoreContextMut<'_, State>, u32) -> Result<()> + Send + Sync + 'static,
    ) -> Result<()> {
        let told = format!("{}.drop", told(name));
        let mut interface = self.linker.instance(name.interface)?;
        let kind = ResourceType::host::<R>();
        interface.resource(name.item, kind, move |store, number| {
            let recorder = recorder(store.data())?;
            let ended = end(ACCESS, store, number);
            let call = Call {
                function: told.clone(),
                arguments: format!("#{number}"),
            };
            recorder.call(call, &ended)?;
            ended
        })
    }
}
