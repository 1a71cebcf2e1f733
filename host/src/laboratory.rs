//! What the project's own measurements need, and no embedder.
//!
//! Only with the feature `laboratory`, which is internal: nothing else pays for it, and
//! it may change or go with any version.

use crate::settings::Settings;

/// The same settings, with every send of a socket discarded at the place of its system
/// call, as if the system had taken all of it at once. What a send then costs is the
/// software alone.
#[must_use]
pub fn discard_sends(settings: Settings) -> Settings {
    Settings {
        discard: true,
        ..settings
    }
}
