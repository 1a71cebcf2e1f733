//! What moves the bytes of a request and its response.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use hyper::client::conn::http1;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, WasiBody};

use super::errors;
use super::stream::Io;
use crate::sync::lock;

/// A connection with one request.
type Connection = http1::Connection<TokioIo<Box<dyn Io>>, WasiBody>;

/// A request and its response, which end together with what the connection took of the quota.
#[derive(Clone)]
pub(super) struct Exchange(Arc<Mutex<State>>);

struct State {
    /// None if both bodies have ended, or will not.
    connection: Option<Connection>,
    /// Who moves the bytes.
    mover: Option<Waker>,
}

impl Exchange {
    pub(super) fn new(connection: Connection) -> Exchange {
        Exchange(Arc::new(Mutex::new(State {
            connection: Some(connection),
            mover: None,
        })))
    }

    /// Moves bytes until both bodies have ended.
    pub(super) fn poll_move(&self, context: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        let mut state = lock(&self.0);
        let Some(connection) = &mut state.connection else {
            return Poll::Ready(Ok(()));
        };
        let moved = Pin::new(connection).poll(context);
        if moved.is_ready() {
            state.connection = None;
        } else {
            state.mover = Some(context.waker().clone());
        }
        moved
    }

    /// Closes the connection now if nothing is left to move: a program that has seen the end
    /// of a response, or has dropped it, finds the quota free for the next one.
    pub(super) fn settle(&self) {
        let mut state = lock(&self.0);
        let Some(connection) = &mut state.connection else {
            return;
        };
        let mut context = Context::from_waker(Waker::noop());
        if Pin::new(connection).poll(&mut context).is_ready() {
            state.connection = None;
        }
        // The connection knows no other waker than the last.
        let mover = state.mover.take();
        drop(state);
        if let Some(mover) = mover {
            mover.wake();
        }
    }
}

/// Moves the bytes of an exchange as long as it is polled, and ends it if it is dropped. It
/// fails if the request's body does: what fails of the response its reader is told, and how
/// the peer closes the connection after it is of no interest.
pub(super) struct Mover(pub(super) Exchange);

impl Future for Mover {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_move(context).map(|moved| match moved {
            Err(error) if error.is_user() => Err(errors::of_exchange(&error)),
            Ok(()) | Err(_) => Ok(()),
        })
    }
}

impl Drop for Mover {
    fn drop(&mut self) {
        let connection = lock(&self.0.0).connection.take();
        drop(connection);
    }
}

/// An exchange that is settled when this is dropped.
pub(super) struct Settled(pub(super) Exchange);

impl Drop for Settled {
    fn drop(&mut self) {
        self.0.settle();
    }
}
