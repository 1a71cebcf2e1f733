//! Flags of the send and receive calls.

bitflags::bitflags! {
    /// `dwFlags` of the send and receive calls; the bits are Winsock's own.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct MessageFlags: u32 {
        /// `MSG_OOB`: urgent data.
        const OOB = 0x0001;
        /// `MSG_PEEK`: leave the data in the queue.
        const PEEK = 0x0002;
        /// `MSG_DONTROUTE`: bypass routing.
        const DONT_ROUTE = 0x0004;
        /// `MSG_WAITALL`: receive until the buffer is full.
        const WAIT_ALL = 0x0008;
        /// `MSG_INTERRUPT`: refused by every call.
        const INTERRUPT = 0x0010;
        /// `MSG_PARTIAL`: part of a message.
        const PARTIAL = 0x8000;
    }
}
