//! Bounds of what is read at all: they come before validation, whose time grows
//! faster than the bytes if components are nested.

use wasmparser::{Parser, Payload};

use super::{ComposeError, invalid};

/// The most bytes of a component. Large programs, with an interpreter inside, have a
/// fifth of it.
pub const MAXIMUM_BYTES: usize = 256 << 20;

/// How deep components and modules may be nested. Composing adds a level.
pub const MAXIMUM_NESTING: usize = 64;

/// Refuses what is too large or nested too deep, by the headers of the sections alone.
pub(super) fn check(bytes: &[u8]) -> Result<(), ComposeError> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(ComposeError::TooLarge);
    }
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth += 1;
                if depth > MAXIMUM_NESTING {
                    return Err(ComposeError::NestedTooDeep);
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}
