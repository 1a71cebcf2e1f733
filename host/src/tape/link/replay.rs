//! Functions in place of the host's, which answer what was written down.

use std::future::poll_fn;

use wasmtime::component::{Accessor, Linker, ResourceType};
use wasmtime::{AsContextMut, Result, StoreContextMut};

use super::{call, replayer, told};
use crate::ctx::Ctx;
use crate::imports::link::{
    Access, Arguments, Concurrent, Link, Name, Returned, Waited, shadowing,
};
use crate::run::State;
use crate::tape::format::Call;

/// A linker with functions that do nothing: none of the host's can be reached.
pub(super) struct Replaying<'l> {
    linker: &'l mut Linker<State>,
}

impl<'l> Replaying<'l> {
    pub(super) fn new(linker: &'l mut Linker<State>) -> Replaying<'l> {
        Replaying { linker }
    }
}

/// There is no way to the state, so nothing that needs one is called.
#[derive(Clone, Copy)]
pub(super) enum NoWay {}

impl<T> Access<T> for NoWay {
    fn with<R>(self, _: &mut T, _: impl FnOnce(&mut Ctx) -> R) -> R {
        match self {}
    }
}

impl Link for Replaying<'_> {
    type Data = State;
    type Access = NoWay;

    fn function<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        _: impl Fn(NoWay, StoreContextMut<'_, State>, P) -> Result<R> + Send + Sync + 'static,
    ) -> Result<()> {
        let told = told(name);
        shadowing(self.linker, |linker| {
            linker.instance(name.interface)?.func_wrap(
                name.item,
                move |mut store: StoreContextMut<'_, State>, arguments: P| {
                    let replayer = replayer(store.data())?;
                    let call = call(&told, &mut store, &arguments)?;
                    replayer.answer::<R>(call)
                },
            )
        })
    }

    fn blocking<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        _: impl for<'a> Fn(NoWay, StoreContextMut<'a, State>, P) -> Waited<'a, R>
        + Send
        + Sync
        + 'static,
    ) -> Result<()> {
        let told = told(name);
        shadowing(self.linker, |linker| {
            linker.instance(name.interface)?.func_wrap_async(
                name.item,
                move |mut store: StoreContextMut<'_, State>, arguments: P| {
                    let replayer = replayer(store.data());
                    let call = call(&told, &mut store, &arguments);
                    // It may be called in a loop that waits for something: others have a turn.
                    Box::new(async move {
                        tokio::task::yield_now().await;
                        replayer?.answer::<R>(call?)
                    })
                },
            )
        })
    }

    fn concurrent<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        _: impl for<'a> Fn(NoWay, &'a Accessor<State>, P) -> Concurrent<'a, R> + Send + Sync + 'static,
    ) -> Result<()> {
        let told = told(name);
        shadowing(self.linker, |linker| {
            linker.instance(name.interface)?.func_wrap_concurrent(
                name.item,
                move |accessor: &Accessor<State>, arguments: P| {
                    let began: Result<_> = accessor.with(|mut store| {
                        let mut store = store.as_context_mut();
                        let replayer = replayer(store.data())?;
                        let call = call(&told, &mut store, &arguments)?;
                        let number = replayer.begin_call(call)?;
                        Ok((replayer, number))
                    });
                    Box::pin(async move {
                        let (replayer, number) = began?;
                        poll_fn(|context| replayer.poll_call::<R>(number, context)).await
                    })
                },
            )
        })
    }

    fn resource<R: 'static>(
        &mut self,
        name: Name,
        _: impl Fn(NoWay, StoreContextMut<'_, State>, u32) -> Result<()> + Send + Sync + 'static,
    ) -> Result<()> {
        let told = format!("{}.drop", told(name));
        let mut interface = self.linker.instance(name.interface)?;
        let kind = ResourceType::host::<R>();
        interface.resource(name.item, kind, move |store, number| {
            replayer(store.data())?.answer(Call {
                function: told.clone(),
                arguments: format!("#{number}"),
            })
        })
    }
}
