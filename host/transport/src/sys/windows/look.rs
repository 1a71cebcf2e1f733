//! What a socket is ready for now.

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::sockopt;

use crate::Readiness;
use crate::socket::Socket;
use crate::sys::poll::{named, poll};

/// Each condition that can be asked for, and what the system calls it.
const CONDITIONS: [(Readiness, PollFlags); 3] = [
    (Readiness::READABLE, PollFlags::RDNORM),
    (Readiness::WRITABLE, PollFlags::WRNORM),
    (Readiness::URGENT, PollFlags::RDBAND),
];

/// Which of all conditions hold.
pub(crate) fn look(socket: &Socket) -> Readiness {
    let found = poll(&CONDITIONS, socket, Readiness::all());
    let mut ready = named(&CONDITIONS, found);
    ready.set(Readiness::ENDED, found.contains(PollFlags::HUP));
    ready.set(Readiness::FAILED, found.contains(PollFlags::ERR));
    if ready.contains(Readiness::ENDED) {
        // A receive does not wait any more.
        ready |= Readiness::READABLE;
    }
    ready
}

/// Whether any of these conditions holds. An error or the end of a connection counts, because
/// the next call will not wait.
pub(crate) fn is_any(socket: &Socket, wanted: Readiness) -> bool {
    !poll(&CONDITIONS, socket, wanted).is_empty()
}

/// How an attempt to connect has ended; `None` if it has not. Older systems do not say in
/// `WSAPoll` that one has failed, so it is not asked.
pub(crate) fn attempt(socket: &Socket) -> Option<Result<(), Errno>> {
    match sockopt::socket_error(socket) {
        Ok(Ok(())) => {}
        Ok(Err(errno)) | Err(errno) => return Some(Err(errno)),
    }
    match rustix::net::getpeername(socket) {
        Ok(Some(_)) => Some(Ok(())),
        Ok(None) | Err(_) => None,
    }
}
