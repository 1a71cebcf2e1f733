//! What a trace file says.

/// What happened, as a trace file has it. Times are nanoseconds since the trace began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// The sockets, in the order in which they were opened.
    pub sockets: Vec<Socket>,
    /// The operations, in the order in which they were written: those of one socket in the order
    /// in which they were submitted, but for those that ended at once.
    pub operations: Vec<Operation>,
    /// What policies denied.
    pub denials: Vec<Denial>,
    /// What quotas refused.
    pub refusals: Vec<Refusal>,
    /// Events that were lost because they came too fast.
    pub lost: u64,
    /// Whether the file reached its limit, and has nothing of what came later.
    pub is_full: bool,
    /// Whether the end of the file is missing, as if its writer was ended.
    pub is_cut: bool,
}

/// A socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Socket {
    /// The number of its instance.
    pub instance: u64,
    /// Its number among what the instance has.
    pub number: u64,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Its peer, or else the address that it listens at, if there is one.
    pub address: Option<String>,
    /// Whether it takes connections.
    pub listens: bool,
    /// When it was opened.
    pub opened: u64,
    /// When it was closed, if it was.
    pub closed: Option<u64>,
}

/// An operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The place of its socket among the sockets.
    pub socket: usize,
    /// What it does ([`Kind::as_str`](super::Kind::as_str)).
    pub kind: String,
    /// When it was submitted.
    pub submitted: u64,
    /// When the system took its first bytes, and its last ones so far; not known of what ended
    /// in the call that began it, but between its submission and its end.
    pub on_the_wire: Option<(u64, u64)>,
    /// How many system calls that took, and the number of the last one: operations that have
    /// the same went out together.
    pub calls: u32,
    /// See [`Operation::calls`].
    pub last_call: Option<u64>,
    /// When it ended, if it did.
    pub ended: Option<u64>,
    /// When its end was indicated, if it was.
    pub indicated: Option<u64>,
    /// Bytes that were to be sent, or that there was room for.
    pub bytes: u64,
    /// Bytes that were sent or received.
    pub transferred: u64,
    /// Where to, if it names an address.
    pub address: Option<String>,
    /// The thread of the program that submitted it, if its library says which one runs.
    pub thread: Option<u32>,
    /// The code of Winsock that it failed with, if it did.
    pub code: Option<u32>,
}

impl Operation {
    /// How long it took from its submission until it was indicated, in nanoseconds, if it was.
    #[must_use]
    pub fn latency(&self) -> Option<u64> {
        Some(self.indicated?.saturating_sub(self.submitted))
    }
}

/// Something that a policy denied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denial {
    /// When.
    pub at: u64,
    /// What was to be done, such as `connect`.
    pub usage: String,
    /// The address or the name in question, if there is one: as the program chose it.
    pub target: Option<String>,
    /// Why, such as `no-rule`.
    pub reason: String,
    /// `denied`, `would-be-denied` or `revoked`.
    pub verdict: String,
}

/// Something that a quota refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// When.
    pub at: u64,
    /// What was used up.
    pub quota: String,
    /// Whose it was: `instance` or `host`.
    pub scope: String,
}
