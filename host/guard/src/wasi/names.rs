//! The addresses of names, for programs that may ask for them.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use super::Sockets;
use crate::names::Resolver;
use crate::policy::Request;
use crate::quota::{Part, Permit, Refusal};

/// A name that is being asked for.
type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Why a name is not looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotLookUp {
    /// No rule covers the name.
    #[error("no rule covers the name")]
    Denied,
    /// The quota of operations is used up.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is nothing that finds addresses.
    #[error("nothing finds the addresses of names")]
    Nobody,
}

/// A name that is being looked up, which counts as an operation until it is dropped.
pub struct Lookup {
    state: State,
    _permit: Option<Permit>,
}

enum State {
    Looking(Looking),
    Found(vec::IntoIter<IpAddr>),
    /// There are none, or looking failed.
    Nothing,
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").finish_non_exhaustive()
    }
}

impl Lookup {
    /// Waits for the addresses, which are taken from what this returns; `None` if there are
    /// none, or if looking failed.
    pub fn poll_found(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<&mut vec::IntoIter<IpAddr>>> {
        if let State::Looking(looking) = &mut self.state {
            let found = ready!(looking.as_mut().poll(context));
            let addresses = found.unwrap_or_default();
            self.state = match addresses.is_empty() {
                true => State::Nothing,
                false => State::Found(addresses.into_iter()),
            };
        }
        match &mut self.state {
            State::Found(addresses) => Poll::Ready(Some(addresses)),
            State::Nothing => Poll::Ready(None),
            State::Looking(_) => Poll::Pending,
        }
    }
}

impl Sockets {
    /// The same sockets, before they are used, with the names that `resolver` finds. Without
    /// it there are none.
    #[must_use]
    pub fn with_resolver(mut self, resolver: Arc<dyn Resolver>) -> Sockets {
        self.resolver = Some(resolver);
        self
    }

    /// Begins to look up a name. An address stands for itself, whatever the rules say: nobody
    /// is asked for it.
    ///
    /// # Errors
    ///
    /// [`CannotLookUp::Denied`] if no rule covers the name; [`CannotLookUp::Refused`] if too
    /// many operations are outstanding; [`CannotLookUp::Nobody`] without [`Sockets::with_resolver`].
    pub fn look_up(&self, name: &str) -> Result<Lookup, CannotLookUp> {
        if let Ok(address) = name.parse() {
            return Ok(Lookup {
                state: State::Found(vec![address].into_iter()),
                _permit: None,
            });
        }
        let guard = self.guard();
        if !guard.permits(&Request::resolve(name)) {
            return Err(CannotLookUp::Denied);
        }
        let resolver = self.resolver.as_ref().ok_or(CannotLookUp::Nobody)?;
        let permit = guard.take(Part::Operation)?.keep();
        let (guard, resolver) = (Arc::clone(guard), Arc::clone(resolver));
        let name = name.to_owned();
        Ok(Lookup {
            state: State::Looking(Box::pin(
                async move { guard.resolve(&name, &*resolver).await },
            )),
            _permit: Some(permit),
        })
    }
}
