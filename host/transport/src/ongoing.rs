//! What an endpoint does that the policy has allowed.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use wsp_guard::policy::{OngoingUse, Request, Usage};
use wsp_guard::sync::lock;

/// What an endpoint does under the policy.
#[derive(Debug, Default)]
pub(super) struct UnderPolicy {
    /// What was allowed and goes on: each once.
    pub(super) uses: Mutex<Vec<OngoingUse>>,
    /// Whether a policy has ended it.
    pub(super) revoked: AtomicBool,
}

impl UnderPolicy {
    /// Nothing goes on any more.
    pub(super) fn clear(&self) {
        lock(&self.uses).clear();
    }

    /// Ends what `over` says.
    pub(super) fn end(&self, over: impl Fn(Usage) -> bool) {
        lock(&self.uses).retain(|ongoing| match ongoing.request() {
            Request::Socket { usage, .. } => !over(*usage),
            _ => false,
        });
    }
}
