//! What the laboratory asks of a program: the same arguments for each.

use std::{error::Error, net::SocketAddrV4};

#[allow(dead_code, reason = "each of the programs has its own share of these")]
/// One measurement. Nothing but the sends happens between the two looks at the
/// clock that frame it: the host takes its time there.
pub(crate) struct Work {
    /// Where to send to.
    pub(crate) peer: SocketAddrV4,
    /// Datagrams instead of a stream.
    pub(crate) datagrams: bool,
    /// The bytes of one send.
    pub(crate) bytes: usize,
    /// How many parts they are in.
    pub(crate) parts: usize,
    /// Overlapped sends at once; 0 sends blocking.
    pub(crate) outstanding: usize,
    /// How an overlapped send is indicated: `event`, `routine` or `poll`.
    pub(crate) notify: String,
    /// TCP_NODELAY.
    pub(crate) no_delay: bool,
    /// Every send sends other buffers than the one before it.
    pub(crate) fresh: bool,
    /// Every send is answered, and the answer waited for.
    pub(crate) reply: bool,
    /// Sends before the measurement.
    pub(crate) warm_up: u32,
    /// Sends to measure.
    pub(crate) count: u32,
    /// Look at the clock around every send, not only around all.
    pub(crate) each: bool,
}

impl Work {
    /// Reads the program's arguments, the program's name first.
    pub(crate) fn parse(arguments: &[String]) -> Result<Work, Box<dyn Error>> {
        let [
            _,
            peer,
            protocol,
            bytes,
            parts,
            outstanding,
            notify,
            no_delay,
            fresh,
            reply,
            warm_up,
            count,
            each,
        ] = arguments
        else {
            return Err("this program is run by `cargo xtask bench`".into());
        };
        Ok(Work {
            peer: peer.parse()?,
            datagrams: protocol == "udp",
            bytes: bytes.parse()?,
            parts: parts.parse()?,
            outstanding: outstanding.parse()?,
            notify: notify.clone(),
            no_delay: no_delay.parse()?,
            fresh: fresh.parse()?,
            reply: reply.parse()?,
            warm_up: warm_up.parse()?,
            count: count.parse()?,
            each: each.parse()?,
        })
    }

    /// The payload in one piece.
    pub(crate) fn payload(&self) -> Vec<u8> {
        (0..self.bytes).map(|offset| offset as u8).collect()
    }
}
