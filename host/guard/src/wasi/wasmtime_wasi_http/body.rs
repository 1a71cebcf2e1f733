//! The body of a response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};
use wasmtime_wasi_http::Error;

use super::errors;
use super::exchange::{Exchange, Settled};

/// A body whose next frame may be waited for so long, and no longer.
pub(super) struct TimedBody {
    // Dropped before the exchange, which then notices that nobody reads.
    incoming: Incoming,
    exchange: Settled,
    patience: Duration,
    /// How long the next frame has, if the program waits for it.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl TimedBody {
    pub(super) fn new(incoming: Incoming, exchange: Exchange, patience: Duration) -> TimedBody {
        TimedBody {
            incoming,
            exchange: Settled(exchange),
            patience,
            waiting: None,
        }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(context) {
            self.waiting = None;
            if !matches!(frame, Some(Ok(_))) {
                self.exchange.0.settle();
            }
            let failed = |error: hyper::Error| errors::of_exchange(&error);
            return Poll::Ready(frame.map(|frame| frame.map_err(failed)));
        }
        let patience = self.patience;
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
