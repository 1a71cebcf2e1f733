//! The host's functions as they are, and what they answer written down.

use wasmtime::component::{Accessor, Linker, ResourceType};
use wasmtime::{AsContextMut, Result, StoreContextMut};

use super::{call, recorder, told};
use crate::ctx::Ctx;
use crate::imports::link::{Arguments, Concurrent, Link, Name, Returned, Waited, shadowing};
use crate::run::State;
use crate::tape::format::Call;
use crate::view::View;

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
                    let ending = function(ACCESS, accessor, arguments);
                    Box::pin(async move {
                        let (recorder, number) = began?;
                        let answer = ending.await;
                        recorder.end_call(number, &answer)?;
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
