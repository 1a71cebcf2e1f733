//! The bound of every wait.

use std::future::Future;
use std::time::Duration;

/// No test waits longer than this for one thing.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Awaits `future`; `what` says in the panic's message what did not happen.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {} s in vain: {what}", LIMIT.as_secs()),
    }
}

/// How often a condition is looked at that nobody tells of.
const LOOK: Duration = Duration::from_millis(10);

/// Looks at a condition until it holds; `what` as in [`within`].
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    within(what, async {
        while !holds().await {
            tokio::time::sleep(LOOK).await;
        }
    })
    .await;
}
