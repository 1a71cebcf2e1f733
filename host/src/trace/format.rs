//! A line of a trace file: an event as Chrome's trace viewer and Perfetto read it.
//!
//! The file is an array of such objects, one on each line, whose closing bracket may be
//! missing: so a file is of use however its program ended. Times are microseconds. Operations
//! are asynchronous events ("b" to "e", with "n" between them), everything else is an instant
//! ("i") or says what a number stands for ("M").

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The name of the first line, by which a file is known.
pub(super) const HEADER: &str = "wsp-trace";

/// The version of what [`Args`] may have.
pub(super) const VERSION: u32 = 1;

/// Categories.
pub(super) const OPERATION: &str = "operation";
pub(super) const SOCKET: &str = "socket";
pub(super) const REFUSAL: &str = "refusal";
pub(super) const TRACE: &str = "trace";

/// Names of instants within an operation.
pub(super) const ON_THE_WIRE: &str = "on the wire";
pub(super) const ENDED: &str = "ended";

/// Names of other instants.
pub(super) const OPENED: &str = "opened";
pub(super) const LISTENING: &str = "listening";
pub(super) const CLOSED: &str = "closed";
pub(super) const DENIED: &str = "denied";
pub(super) const REFUSED: &str = "refused";
pub(super) const LOST: &str = "events lost";
pub(super) const FULL: &str = "the trace is full";

/// One event.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Line<'a> {
    /// What kind of event it is.
    #[serde(borrow)]
    pub(super) ph: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub(super) cat: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    /// The operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id2: Option<Id>,
    /// The instance.
    pub(super) pid: u64,
    /// The socket; 0 for none.
    pub(super) tid: u64,
    /// Microseconds since the trace began.
    pub(super) ts: f64,
    /// Of an instant: "t" for its socket, "p" for its instance.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) s: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Args::is_empty")]
    pub(super) args: Args<'a>,
}

/// A number that is unique in its instance.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Id {
    #[serde(with = "hexadecimal")]
    pub(super) local: u64,
}

/// What is said of an event besides.
#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct Args<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<u32>,
    /// Of an instance or a socket, for people.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) protocol: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
    /// The thread of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread: Option<u32>,
    /// The system call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<u64>,
    /// The code of Winsock, and its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<u32>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Cow<'a, str>>,
    /// Whether the end was told: false for what was under way when the trace ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) indicated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) received: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) quota: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<u64>,
}

impl Args<'_> {
    fn is_empty(&self) -> bool {
        *self == Args::default()
    }
}

/// Numbers as the format has them: "0x1f".
mod hexadecimal {
    use std::borrow::Cow;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{number:#x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        let digits = text.strip_prefix("0x").unwrap_or_default();
        u64::from_str_radix(digits, 16)
            .map_err(|_| D::Error::custom(format_args!("{text:?} is no number such as \"0x1f\"")))
    }
}
