//! One place that says which functions a host has, for whoever links them: as they are, with
//! what they answer recorded, or with what was recorded in their place.

use std::pin::Pin;

use wasmtime::component::{
    Accessor, ComponentNamedList, HasData, Lift, Linker, Lower, Resource, ResourceType,
};
use wasmtime::{Result, StoreContextMut};

use super::keep::Keep;
use super::memory;
use super::tell::Tell;
use crate::ctx::Ctx;

/// What a program passes to a function, in a tuple.
pub(crate) trait Arguments: ComponentNamedList + Lift + Tell + Send + 'static {}

impl<P: ComponentNamedList + Lift + Tell + Send + 'static> Arguments for P {}

/// What a function gives back, in a tuple.
pub(crate) trait Returned: ComponentNamedList + Lower + Keep + Send + 'static {}

impl<R: ComponentNamedList + Lower + Keep + Send + 'static> Returned for R {}

/// What a function gives back that blocks the calling store, and only the store.
pub(crate) type Waited<'a, R> = Box<dyn Future<Output = Result<R>> + Send + 'a>;

/// What a function gives back that runs beside the store.
pub(crate) type Concurrent<'a, R> = Pin<Box<dyn Future<Output = Result<R>> + Send + 'a>>;

/// How a function finds the state in a store's data.
pub(crate) trait Access<T>: Copy + Send + Sync + 'static {
    /// Calls `f` with the state.
    fn with<R>(self, data: &mut T, f: impl FnOnce(&mut Ctx) -> R) -> R;
}

impl<T: 'static> Access<T> for fn(&mut T) -> &mut Ctx {
    fn with<R>(self, data: &mut T, f: impl FnOnce(&mut Ctx) -> R) -> R {
        f(self(data))
    }
}

/// A way to the state through a view of it.
pub(crate) struct Viewed<T: 'static, D: HasData + ?Sized>(
    pub(crate) for<'a> fn(&'a mut T) -> D::Data<'a>,
);

impl<T: 'static, D: HasData + ?Sized> Clone for Viewed<T, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static, D: HasData + ?Sized> Copy for Viewed<T, D> {}

impl<T, D> Access<T> for Viewed<T, D>
where
    T: 'static,
    D: HasData + ?Sized,
    for<'a> D::Data<'a>: memory::Host,
{
    fn with<R>(self, data: &mut T, f: impl FnOnce(&mut Ctx) -> R) -> R {
        f(memory::Host::wsp(&mut (self.0)(data)))
    }
}

/// A linker, and what it does with the host's functions.
pub(crate) trait Link {
    /// The data of the stores.
    type Data: 'static;
    /// How a function finds the state in it.
    type Access: Access<Self::Data>;

    /// Links a function that returns at once.
    fn function<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        function: impl Fn(Self::Access, StoreContextMut<'_, Self::Data>, P) -> Result<R>
        + Send
        + Sync
        + 'static,
    ) -> Result<()>;

    /// Links a function that blocks the calling store, and only the store. It takes the place
    /// of one that does not, if there is one.
    fn blocking<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        function: impl for<'a> Fn(Self::Access, StoreContextMut<'a, Self::Data>, P) -> Waited<'a, R>
        + Send
        + Sync
        + 'static,
    ) -> Result<()>
    where
        Self::Data: Send;

    /// Links a function that runs beside the store.
    fn concurrent<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        function: impl for<'a> Fn(Self::Access, &'a Accessor<Self::Data>, P) -> Concurrent<'a, R>
        + Send
        + Sync
        + 'static,
    ) -> Result<()>
    where
        Self::Data: Send;

    /// Links a resource, of which `end` is told the number when a program drops it.
    fn resource<R: 'static>(
        &mut self,
        name: Name,
        end: impl Fn(Self::Access, StoreContextMut<'_, Self::Data>, u32) -> Result<()>
        + Send
        + Sync
        + 'static,
    ) -> Result<()>;
}

/// What something is called in an interface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    /// The interface, with its package and version.
    pub(crate) interface: &'static str,
    /// The function or resource, as the component model names it.
    pub(crate) item: &'static str,
}

/// An interface, whose functions are linked one by one.
pub(crate) struct Interface<'l, L> {
    link: &'l mut L,
    name: &'static str,
}

impl<'l, L: Link> Interface<'l, L> {
    pub(crate) fn of(link: &'l mut L, name: &'static str) -> Interface<'l, L> {
        Interface { link, name }
    }

    fn name(&self, item: &'static str) -> Name {
        Name {
            interface: self.name,
            item,
        }
    }

    /// As [`Link::function`], of the state alone.
    pub(crate) fn call<P: Arguments, R>(
        &mut self,
        item: &'static str,
        function: impl Fn(&mut Ctx, P) -> Result<R> + Send + Sync + 'static,
    ) -> Result<()>
    where
        (R,): Returned,
    {
        self.function(item, move |access, mut store, arguments: P| {
            access.with(store.data_mut(), |ctx| Ok((function(ctx, arguments)?,)))
        })
    }

    /// As [`Interface::call`], of a function that gives nothing back.
    pub(crate) fn order<P: Arguments>(
        &mut self,
        item: &'static str,
        function: impl Fn(&mut Ctx, P) -> Result<()> + Send + Sync + 'static,
    ) -> Result<()> {
        self.function(item, move |access, mut store, arguments: P| {
            access.with(store.data_mut(), |ctx| function(ctx, arguments))
        })
    }

    /// As [`Link::function`].
    pub(crate) fn function<P: Arguments, R: Returned>(
        &mut self,
        item: &'static str,
        function: impl Fn(L::Access, StoreContextMut<'_, L::Data>, P) -> Result<R>
        + Send
        + Sync
        + 'static,
    ) -> Result<()> {
        self.link.function(self.name(item), function)
    }

    /// As [`Link::blocking`].
    pub(crate) fn blocking<P: Arguments, R: Returned>(
        &mut self,
        item: &'static str,
        function: impl for<'a> Fn(L::Access, StoreContextMut<'a, L::Data>, P) -> Waited<'a, R>
        + Send
        + Sync
        + 'static,
    ) -> Result<()>
    where
        L::Data: Send,
    {
        self.link.blocking(self.name(item), function)
    }

    /// As [`Link::concurrent`].
    pub(crate) fn concurrent<P: Arguments, R: Returned>(
        &mut self,
        item: &'static str,
        function: impl for<'a> Fn(L::Access, &'a Accessor<L::Data>, P) -> Concurrent<'a, R>
        + Send
        + Sync
        + 'static,
    ) -> Result<()>
    where
        L::Data: Send,
    {
        self.link.concurrent(self.name(item), function)
    }

    /// As [`Link::resource`], of the state alone.
    pub(crate) fn resource<R: 'static>(
        &mut self,
        item: &'static str,
        end: impl Fn(&mut Ctx, Resource<R>) -> Result<()> + Send + Sync + 'static,
    ) -> Result<()> {
        let end = move |access: L::Access, mut store: StoreContextMut<'_, L::Data>, rep| {
            access.with(store.data_mut(), |ctx| end(ctx, Resource::new_own(rep)))
        };
        self.link.resource::<R>(self.name(item), end)
    }
}

/// A linker that has the functions as they are.
pub(crate) struct Plain<'l, T: 'static, A> {
    linker: &'l mut Linker<T>,
    access: A,
}

impl<'l, T: 'static, A: Access<T>> Plain<'l, T, A> {
    pub(crate) fn new(linker: &'l mut Linker<T>, access: A) -> Self {
        Plain { linker, access }
    }
}

impl<T: 'static, A: Access<T>> Link for Plain<'_, T, A> {
    type Data = T;
    type Access = A;

    fn function<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        function: impl Fn(A, StoreContextMut<'_, T>, P) -> Result<R> + Send + Sync + 'static,
    ) -> Result<()> {
        let access = self.access;
        let mut interface = self.linker.instance(name.interface)?;
        interface.func_wrap(
            name.item,
            move |store: StoreContextMut<'_, T>, arguments: P| function(access, store, arguments),
        )
    }

    fn blocking<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        function: impl for<'a> Fn(A, StoreContextMut<'a, T>, P) -> Waited<'a, R> + Send + Sync + 'static,
    ) -> Result<()>
    where
        T: Send,
    {
        let access = self.access;
        shadowing(self.linker, |linker| {
            linker.instance(name.interface)?.func_wrap_async(
                name.item,
                move |store: StoreContextMut<'_, T>, arguments: P| {
                    function(access, store, arguments)
                },
            )
        })
    }

    fn concurrent<P: Arguments, R: Returned>(
        &mut self,
        name: Name,
        function: impl for<'a> Fn(A, &'a Accessor<T>, P) -> Concurrent<'a, R> + Send + Sync + 'static,
    ) -> Result<()>
    where
        T: Send,
    {
        let access = self.access;
        let mut interface = self.linker.instance(name.interface)?;
        interface.func_wrap_concurrent(name.item, move |accessor: &Accessor<T>, arguments: P| {
            function(access, accessor, arguments)
        })
    }

    fn resource<R: 'static>(
        &mut self,
        name: Name,
        end: impl Fn(A, StoreContextMut<'_, T>, u32) -> Result<()> + Send + Sync + 'static,
    ) -> Result<()> {
        let access = self.access;
        let mut interface = self.linker.instance(name.interface)?;
        interface.resource(name.item, ResourceType::host::<R>(), move |store, rep| {
            end(access, store, rep)
        })
    }
}

/// Links what may take the place of something.
pub(crate) fn shadowing<T: 'static>(
    linker: &mut Linker<T>,
    link: impl FnOnce(&mut Linker<T>) -> Result<()>,
) -> Result<()> {
    linker.allow_shadowing(true);
    let linked = link(linker);
    linker.allow_shadowing(false);
    linked
}
