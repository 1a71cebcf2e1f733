//! The call that says what a socket is ready for, which all systems have. What they call the
//! conditions, each says itself.

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::Readiness;
use crate::socket::Socket;

/// A condition that can be asked for, and what the system calls it.
pub(super) type Condition = (Readiness, PollFlags);

/// What the system says of a socket that is asked for these conditions, and unasked. It does
/// not wait.
pub(super) fn poll(conditions: &[Condition], socket: &Socket, wanted: Readiness) -> PollFlags {
    let mut asked = PollFlags::empty();
    for (condition, flag) in conditions {
        asked.set(*flag, wanted.contains(*condition));
    }
    let mut descriptors = [PollFd::new(socket, asked)];
    match rustix::event::poll(&mut descriptors, Some(&Timespec::default())) {
        Ok(_) => {
            let [descriptor] = &descriptors;
            descriptor.revents()
        }
        Err(_) => PollFlags::empty(),
    }
}

/// What the system has said, in words of the transport.
pub(super) fn named(conditions: &[Condition], found: PollFlags) -> Readiness {
    let mut ready = Readiness::empty();
    for (condition, flag) in conditions {
        ready.set(*condition, found.contains(*flag));
    }
    ready
}
