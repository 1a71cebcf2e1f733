//! A loopback interface of the command's own, so that no run is ruled by how the
//! machine's TCP is set up, nor by what else goes over its loopback interface.

use std::fs;

use anyhow::Context;
use serde::Serialize;

/// Where the system says, and is told, how TCP avoids congestion.
const CONGESTION_CONTROL: &str = "/proc/sys/net/ipv4/tcp_congestion_control";

/// What every Linux has, and sends as soon as it may. BBR, the default of some machines,
/// paces by a timer: the same send of 64 KiB takes 8 or 35 µs by turns.
const UNPACED: &str = "reno";

/// The network of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Network {
    /// Whether it is a namespace of the command's own.
    pub(crate) own: bool,
    /// The congestion control of its TCP.
    pub(crate) congestion_control: String,
}

impl Network {
    /// Moves the calling thread, and those that it starts, to a network namespace of its
    /// own, where the system allows that; they stay on the machine's otherwise.
    pub(crate) fn enter() -> anyhow::Result<Network> {
        let own = namespace::enter();
        if own {
            namespace::bring_loopback_up()
                .context("cannot bring the loopback interface of a network namespace up")?;
            // As it is elsewhere, where the system does not let it be changed.
            let _ = fs::write(CONGESTION_CONTROL, UNPACED);
        }
        let congestion_control = fs::read_to_string(CONGESTION_CONTROL).unwrap_or_default();
        Ok(Network {
            own,
            congestion_control: congestion_control.trim().to_owned(),
        })
    }

    pub(crate) fn is_paced(&self) -> bool {
        self.congestion_control == "bbr"
    }
}

#[cfg(target_os = "linux")]
mod namespace {
    use std::fs;
    use std::io;

    use nix::sched::{CloneFlags, unshare};
    use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

    /// By itself where the command may do that, and otherwise inside a user namespace,
    /// in which it may. True when it is in one.
    pub(crate) fn enter() -> bool {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        if unshare(CloneFlags::CLONE_NEWNET).is_ok() {
            return true;
        }
        let both = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET;
        if unshare(both).is_err() {
            return false;
        }
        // Whoever it was outside it is inside too: the cache belongs to that user. Without
        // it the cache is only not used.
        let (user, group) = (user.as_raw(), group.as_raw());
        let _ = fs::write("/proc/self/uid_map", format!("{user} {user} 1"));
        let _ = fs::write("/proc/self/setgroups", "deny");
        let _ = fs::write("/proc/self/gid_map", format!("{group} {group} 1"));
        true
    }

    /// Messages of rtnetlink(7).
    const RTM_NEWLINK: u16 = 16;
    const NLMSG_ERROR: u16 = 2;
    const NLM_F_REQUEST: u16 = 1;
    const NLM_F_ACK: u16 = 4;
    const IFF_UP: u32 = 1;

    /// The loopback interface is the first of every namespace.
    const LOOPBACK: i32 = 1;

    /// What a `nlmsghdr` and an `ifinfomsg` take, in bytes.
    const REQUEST_LENGTH: u32 = 32;

    pub(crate) fn bring_loopback_up() -> io::Result<()> {
        let mut request = Vec::new();
        request.extend(REQUEST_LENGTH.to_ne_bytes());
        request.extend(RTM_NEWLINK.to_ne_bytes());
        request.extend((NLM_F_REQUEST | NLM_F_ACK).to_ne_bytes());
        // A sequence number and the port of the kernel.
        request.extend([0; 8]);
        // No family and no type of interface.
        request.extend([0; 4]);
        request.extend(LOOPBACK.to_ne_bytes());
        // Which flags, and of them those that change.
        request.extend(IFF_UP.to_ne_bytes());
        request.extend(IFF_UP.to_ne_bytes());

        // NETLINK_ROUTE is protocol 0.
        let kernel = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            None,
        )?;
        rustix::net::send(&kernel, &request, SendFlags::empty())?;
        let mut answer = [0; 256];
        let (length, _) = rustix::net::recv(&kernel, &mut answer, RecvFlags::empty())?;
        let answer = answer.get(..length).unwrap_or_default();
        match (word(answer, 4), word(answer, 16)) {
            (Some([low, high, ..]), Some(error))
                if u16::from_ne_bytes([low, high]) == NLMSG_ERROR =>
            {
                match i32::from_ne_bytes(error) {
                    0 => Ok(()),
                    errno => Err(io::Error::from_raw_os_error(-errno)),
                }
            }
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn word(bytes: &[u8], offset: usize) -> Option<[u8; 4]> {
        bytes.get(offset..)?.first_chunk().copied()
    }
}

#[cfg(not(target_os = "linux"))]
mod namespace {
    use std::io;

    pub(crate) fn enter() -> bool {
        false
    }

    pub(crate) fn bring_loopback_up() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
