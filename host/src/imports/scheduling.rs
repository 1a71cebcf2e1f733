//! `winsock:spi/scheduling`: which of a program's threads runs, as its library says.

use wasmtime::Result;

use super::link::{Interface, Link};

/// Links the interface.
pub(super) fn link<L: Link>(link: &mut L) -> Result<()> {
    let mut scheduling = Interface::of(link, "winsock:spi/scheduling@0.2.0");
    scheduling.order("running", |ctx, (thread,): (u32,)| {
        ctx.running_thread = Some(thread);
        if let Some(tracer) = ctx.shared.tracer() {
            tracer.runs(thread);
        }
        Ok(())
    })
}
