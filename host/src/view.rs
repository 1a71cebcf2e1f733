//! How a store gives access to its state.

use wasmtime::component::HasData;

use crate::ctx::Ctx;

/// What a store's data must offer for [`crate::add_to_linker`]. A [`Ctx`] that is the whole of
/// a store's data offers itself.
///
/// ```
/// struct State {
///     wsp: wsp::Ctx,
/// }
///
/// impl wsp::View for State {
///     fn wsp(&mut self) -> &mut wsp::Ctx {
///         &mut self.wsp
///     }
/// }
/// ```
pub trait View: Send {
    /// The state of the store's provider instance.
    fn wsp(&mut self) -> &mut Ctx;
}

impl View for Ctx {
    fn wsp(&mut self) -> &mut Ctx {
        self
    }
}

/// The type that stands for this crate's host state in wasmtime's traits.
#[derive(Debug)]
pub struct Wsp;

impl HasData for Wsp {
    type Data<'a> = &'a mut Ctx;
}
