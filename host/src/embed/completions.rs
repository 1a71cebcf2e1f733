//! Completions as a stream.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{BoxStream, Stream, StreamExt};

use super::{Completion, Error, Provider};

/// The completions of a provider instance, as they arrive.
///
/// It yields an error once, and ends, when the instance has failed; otherwise it
/// never ends, because more operations can always be posted. Dropping it loses nothing.
pub struct Completions {
    stream: BoxStream<'static, Result<Completion, Error>>,
}

impl std::fmt::Debug for Completions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Completions").finish_non_exhaustive()
    }
}

impl Completions {
    pub(super) fn new(provider: Provider) -> Completions {
        let stream = futures::stream::unfold(Some(provider), |provider| async move {
            let provider = provider?;
            match provider.next_completion().await {
                Ok(completion) => Some((Ok(completion), Some(provider))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Completions {
            stream: stream.boxed(),
        }
    }
}

impl Stream for Completions {
    type Item = Result<Completion, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.stream.poll_next_unpin(context)
    }
}
