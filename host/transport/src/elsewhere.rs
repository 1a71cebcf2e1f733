//! What a guest waits for beside its endpoints, such as a lookup of a name.

use std::sync::Arc;

use wsp_guard::quota::{Part, Permit};

use super::completions::Report;
use super::tracer::Traced;
use super::{Finished, Shared, TransportError};

/// The number of what ends and is no operation of an endpoint.
const NO_OPERATION: u64 = u64::MAX;

/// Something that is under way and is no operation of an endpoint, but counts as one.
/// Dropping it gives it up: then nobody is told of an end.
#[derive(Debug)]
pub struct Elsewhere {
    shared: Arc<Shared>,
    permit: Permit,
}

impl Elsewhere {
    /// Begins it.
    ///
    /// # Errors
    ///
    /// `TooManyOperations`, if the quota has no room for another one.
    pub fn begin(shared: &Arc<Shared>) -> Result<Elsewhere, TransportError> {
        let permit = shared.guard.take(Part::Operation)?.keep();
        Ok(Elsewhere {
            shared: Arc::clone(shared),
            permit,
        })
    }

    /// Reports its end, which wakes who waits for the end of an operation.
    pub fn end(self) {
        let finished = Finished {
            operation: NO_OPERATION,
            bytes: 0,
            error: None,
            source: None,
        };
        let report = Report::new(finished, self.permit, Traced::default());
        self.shared.completions.push_all([report]);
    }
}
