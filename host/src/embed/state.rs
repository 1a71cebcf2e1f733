//! What the store of a provider instance holds.

use crate::ctx::{Ctx, CtxView, View};

/// The store's data.
pub(super) struct State {
    pub(super) ctx: Ctx,
}

impl View for State {
    fn wsp(&mut self) -> CtxView<'_> {
        CtxView { ctx: &mut self.ctx }
    }
}
