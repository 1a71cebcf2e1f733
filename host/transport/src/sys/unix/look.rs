//! What a socket is ready for now.

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::sockopt;

use crate::Readiness;
use crate::socket::Socket;
use crate::sys::poll::{named, poll};

/// What the kernel says once the peer has ended its direction.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
const ENDED: PollFlags = PollFlags::RDHUP;
/// What the kernel says once both directions have ended; other systems do not tell earlier.
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
const ENDED: PollFlags = PollFlags::HUP;

/// Each condition, and what the system calls it.
const CONDITIONS: [(Readiness, PollFlags); 5] = [
    (Readiness::READABLE, PollFlags::IN),
    (Readiness::WRITABLE, PollFlags::OUT),
    (Readiness::URGENT, PollFlags::PRI),
    (Readiness::ENDED, ENDED),
    (Readiness::FAILED, PollFlags::ERR),
];

/// Which of all conditions hold.
pub(crate) fn look(socket: &Socket) -> Readiness {
    named(&CONDITIONS, poll(&CONDITIONS, socket, Readiness::all()))
}

/// Whether any of these conditions holds. An error or the end of a connection counts, because
/// the next call will not wait.
pub(crate) fn is_any(socket: &Socket, wanted: Readiness) -> bool {
    !poll(&CONDITIONS, socket, wanted).is_empty()
}

/// How an attempt to connect has ended; `None` if it has not.
pub(crate) fn attempt(socket: &Socket) -> Option<Result<(), Errno>> {
    if !is_any(socket, Readiness::WRITABLE) {
        return None;
    }
    Some(match sockopt::socket_error(socket) {
        Ok(outcome) => outcome,
        Err(errno) => Err(errno),
    })
}
