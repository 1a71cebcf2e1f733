//! The audit log: one line of JSON for each decision, refusal and close.
//!
//! Each line is written by itself, whole, in one call, so that the file is
//! complete up to its last line whenever the process ends, however it ends. Its
//! fields, in this order, of which those that do not apply are left out:
//!
//! | field | what |
//! | --- | --- |
//! | `time` | UTC, as in `2026-01-31T12:00:00.000000Z` |
//! | `tenant` | the guest's name |
//! | `what` | what the policy decided on ([`crate::policy::Request::label`]), such as `connect`; `quota`; `close`; `policy` if another came into force; `revoke` of a socket that it ended; `name` of a name that stands for other addresses |
//! | `protocol` | `tcp` or `udp` |
//! | `address` | the canonical address that was decided on; of a close the peer's, or the local one if there was no peer |
//! | `name` | the name that was to be resolved, or stands for other addresses |
//! | `granted`, `left-out` | the addresses that a name stands for, and the special ones that it does not |
//! | `verdict` | `allowed`, `denied` or `would-be-denied` by the policy, `refused` by a quota |
//! | `rule` | the rule that decided, as a flag of the command |
//! | `reason` | why the policy denied it ([`crate::policy::DenialReason::as_str`]) |
//! | `quota`, `scope` | what was used up, and whose ([`crate::quota::QuotaKind`], [`crate::quota::Scope`]) |
//! | `sent`, `received` | bytes of the socket, at its close or when it was revoked |
//! | `omitted` | how many lines of this kind were left out before this one |
//!
//! An instance writes at most 1,000 lines of a kind in a second, so that a guest cannot
//! fill a disk; what is beyond is counted in the next line. A kind is what was done and
//! how it was decided on, so that a flood of one kind, such as denied connects, hides no
//! line of another.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::events;
use super::line::Line;
use crate::holders::Ended;
use crate::policy::{Decision, Protocol, Request};
use crate::quota::{Bucket, Clock, Portion, Refusal};
use crate::sync::lock;

/// Lines of one kind that an instance writes in a second.
const LINES_PER_SECOND: NonZeroU64 = NonZeroU64::new(1000).unwrap();

/// Where the lines go. Clones share it; give one to the settings of every instance.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("audit.jsonl");
/// let audit = wsp_guard::witness::AuditLog::append_to(&path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AuditLog {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Mutex<Box<dyn Write + Send>>,
    /// What it is called when it cannot be written.
    name: String,
    failed: AtomicBool,
}

impl std::fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLog").finish_non_exhaustive()
    }
}

impl AuditLog {
    /// Writes to `writer`, each line in one call, from the thread that decides:
    /// it should not block for long.
    pub fn new(writer: impl Write + Send + 'static) -> AuditLog {
        AuditLog::named(writer, "the audit log".to_owned())
    }

    fn named(writer: impl Write + Send + 'static, name: String) -> AuditLog {
        AuditLog {
            inner: Arc::new(Inner {
                writer: Mutex::new(Box::new(writer)),
                name,
                failed: AtomicBool::new(false),
            }),
        }
    }

    /// Appends to a file, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened.
    pub fn append_to(path: &Path) -> io::Result<AuditLog> {
        let file: File = OpenOptions::new().append(true).create(true).open(path)?;
        // Escaped, as everything is that a log shows.
        let name = format!(
            "the audit log {}",
            path.display().to_string().escape_debug()
        );
        Ok(AuditLog::named(file, name))
    }

    fn write(&self, line: &Line<'_>) {
        let written = serde_json::to_vec(line)
            .map_err(io::Error::from)
            .and_then(|mut bytes| {
                bytes.push(b'\n');
                let mut writer = lock(&self.inner.writer);
                writer.write_all(&bytes).and_then(|()| writer.flush())
            });
        // A full disk must not fill the log as well.
        if let Err(error) = written
            && !self.inner.failed.swap(true, Ordering::Relaxed)
        {
            let name = &self.inner.name;
            tracing::error!(target: "wsp::audit", "{name} cannot be written, and lines are missing from now on: {error}");
        }
    }
}

/// What lines have a budget together: what was done, and the verdict.
type Kind = (&'static str, &'static str);

/// What is told of a socket that was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Its peer, if there was one.
    pub peer: Option<SocketAddr>,
    /// The address that it was bound to, if that is known; need not be told if there was a peer.
    pub local: Option<SocketAddr>,
    /// Bytes that the system took.
    pub sent: u64,
    /// Bytes that were received.
    pub received: u64,
}

/// Writes the lines of one instance, and tells them as events.
#[derive(Debug, Default)]
pub(crate) struct Auditor {
    log: Option<AuditLog>,
    tenant: String,
    clock: Clock,
    /// One for each kind that there was, of which there are a few.
    budgets: Mutex<HashMap<Kind, Budget>>,
}

/// The lines of one kind.
#[derive(Debug)]
struct Budget {
    bucket: Bucket,
    omitted: u64,
}

impl Auditor {
    pub(crate) fn new(log: Option<AuditLog>, tenant: String, clock: Clock) -> Auditor {
        Auditor {
            log,
            tenant,
            clock,
            budgets: Mutex::default(),
        }
    }

    /// Whether somebody reads the lines.
    pub(crate) fn is_heard(&self) -> bool {
        self.log.is_some() || events::are_heard()
    }

    /// Draws a line from its kind's budget: how many were left out before it, or `None` if
    /// it has to be left out too.
    fn admit(&self, kind: Kind) -> Option<u64> {
        let mut budgets = lock(&self.budgets);
        let budget = budgets.entry(kind).or_insert_with(|| Budget {
            bucket: Bucket::new(LINES_PER_SECOND, self.clock.clone()),
            omitted: 0,
        });
        if budget.bucket.take(1, Portion::Whole).is_none() {
            budget.omitted += 1;
            return None;
        }
        Some(std::mem::take(&mut budget.omitted))
    }

    /// A decision of the policy.
    pub(crate) fn decided(&self, decision: &Decision<'_>) {
        let request = &decision.request;
        self.write((request.label(), decision.label()), || Line {
            what: request.label(),
            protocol: request.protocol().map(Protocol::scheme),
            address: request.address(),
            peer: request.peer(),
            local: request.local(),
            name: match request {
                Request::Resolve { name } => Some(name),
                Request::Socket { .. } => None,
            },
            verdict: Some(decision.label()),
            rule: decision.rule().map(ToString::to_string),
            reason: decision.denial().map(|denial| denial.reason.as_str()),
            ..Line::default()
        });
    }

    /// A refusal of a quota.
    pub(crate) fn refused(&self, refusal: Refusal) {
        self.write(("quota", refusal.kind.as_str()), || Line {
            what: "quota",
            verdict: Some("refused"),
            quota: Some(refusal.kind.as_str()),
            scope: Some(refusal.scope.as_str()),
            ..Line::default()
        });
    }

    /// A socket was closed.
    pub(crate) fn closed(&self, protocol: Protocol, details: impl FnOnce() -> Closed) {
        self.write(("close", "closed"), || {
            let closed = details();
            Line {
                what: "close",
                protocol: Some(protocol.scheme()),
                address: closed.peer.or(closed.local),
                peer: closed.peer,
                local: closed.local,
                sent: Some(closed.sent),
                received: Some(closed.received),
                ..Line::default()
            }
        });
    }

    /// Another policy is in force.
    pub(crate) fn policy_replaced(&self) {
        self.write(("policy", "replaced"), || Line {
            what: "policy",
            ..Line::default()
        });
    }

    /// A socket was ended.
    pub(crate) fn revoked(&self, ended: &Ended) {
        let denial = &ended.denial;
        self.write(("revoke", "denied"), || Line {
            what: "revoke",
            protocol: denial.request.protocol().map(Protocol::scheme),
            address: denial.request.address(),
            peer: denial.request.peer(),
            local: denial.request.local(),
            rule: denial.rule.as_ref().map(ToString::to_string),
            reason: Some(denial.reason.as_str()),
            sent: Some(ended.sent),
            received: Some(ended.received),
            ..Line::default()
        });
    }

    /// A name stands for other addresses.
    pub(crate) fn renamed(&self, name: &str, granted: &[IpAddr], left_out: &[IpAddr]) {
        self.write(("name", "renamed"), || Line {
            what: "name",
            name: Some(name),
            granted: Some(granted),
            left_out: (!left_out.is_empty()).then_some(left_out),
            ..Line::default()
        });
    }

    /// Writes a line, unless nobody reads it or there are too many of its kind.
    fn write<'a>(&'a self, kind: Kind, line: impl FnOnce() -> Line<'a>) {
        if !self.is_heard() {
            return;
        }
        let Some(omitted) = self.admit(kind) else {
            return;
        };
        self.tell(Line {
            omitted: (omitted > 0).then_some(omitted),
            ..line()
        });
    }

    fn tell<'a>(&'a self, mut line: Line<'a>) {
        line.tenant = &self.tenant;
        events::tell(&line);
        if let Some(log) = &self.log {
            line.time = now();
            log.write(&line);
        }
    }
}

impl Drop for Auditor {
    /// Reports omitted lines that no later line has reported.
    fn drop(&mut self) {
        let omitted: u64 = lock(&self.budgets).values().map(|kind| kind.omitted).sum();
        if omitted > 0 {
            self.tell(Line {
                what: "end",
                omitted: Some(omitted),
                ..Line::default()
            });
        }
    }
}

fn now() -> String {
    humantime::format_rfc3339_micros(SystemTime::now()).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::quota::{ManualClock, QuotaKind, Scope};

    /// Keeps each write apart.
    #[derive(Clone, Default)]
    struct Writes(Arc<Mutex<Vec<Vec<u8>>>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn auditor() -> (Writes, ManualClock, Auditor) {
        let (writes, time) = (Writes::default(), ManualClock::new());
        let log = AuditLog::new(writes.clone());
        let auditor = Auditor::new(Some(log), "shop".to_owned(), time.clock());
        (writes, time, auditor)
    }

    fn refuse(auditor: &Auditor) {
        auditor.refused(Refusal {
            kind: QuotaKind::Sockets,
            scope: Scope::Host,
        });
    }

    fn parsed(writes: &Writes) -> Vec<Value> {
        let writes = lock(&writes.0);
        let parse = |line: &Vec<u8>| {
            assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            assert_eq!(line.last(), Some(&b'\n'));
            serde_json::from_slice(line).unwrap_or_default()
        };
        writes.iter().map(parse).collect()
    }

    #[test]
    fn each_line_is_one_write_and_has_only_what_applies() {
        let (writes, _time, auditor) = auditor();
        refuse(&auditor);
        let address = "[2001:db8::1]:9".parse().ok();
        auditor.closed(Protocol::Udp, || Closed {
            peer: address,
            local: None,
            sent: 3,
            received: 4,
        });
        let written = lock(&writes.0).concat();
        let written = String::from_utf8_lossy(&written);
        let mut lines = written.lines();
        let beginning = r#"{"time":"20"#;
        let rest = r#","tenant":"shop","what":"quota","verdict":"refused","quota":"sockets","scope":"host"}"#;
        let line = lines.next().unwrap_or_default();
        assert!(
            line.starts_with(beginning) && line.ends_with(rest),
            "{line}"
        );
        let rest = r#"Z","tenant":"shop","what":"close","protocol":"udp","address":"[2001:db8::1]:9","sent":3,"received":4}"#;
        let line = lines.next().unwrap_or_default();
        assert!(line.ends_with(rest), "{line}");
        assert_eq!(parsed(&writes).len(), 2);
    }

    #[test]
    fn a_flood_of_one_kind_hides_no_line_of_another() {
        let (writes, _time, auditor) = auditor();
        for _ in 0..5000 {
            refuse(&auditor);
        }
        let address = "192.0.2.1:443".parse().ok();
        auditor.closed(Protocol::Tcp, || Closed {
            peer: address,
            sent: 6,
            ..Closed::default()
        });
        let lines = parsed(&writes);
        let last = lines.last().and_then(|line| line.get("what"));
        assert_eq!(last, Some(&"close".into()));
    }

    #[test]
    fn a_flood_of_lines_is_cut_and_counted() {
        let (writes, time, auditor) = auditor();
        for _ in 0..5000 {
            refuse(&auditor);
        }
        assert_eq!(parsed(&writes).len(), 1000);
        time.advance(Duration::from_millis(1));
        refuse(&auditor);
        refuse(&auditor);
        drop(auditor);
        let lines = parsed(&writes);
        let omitted = |number: usize| lines.get(number).and_then(|line| line.get("omitted"));
        assert_eq!(omitted(999), None);
        assert_eq!(omitted(1000), Some(&4000.into()));
        assert_eq!(omitted(1001), Some(&1.into()));
        assert_eq!(lines.len(), 1002);
    }
}
