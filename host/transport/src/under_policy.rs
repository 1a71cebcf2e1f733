//! What endpoints do under the policy, and their end when another policy does not allow it.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;

use wsp_guard::policy::{OngoingUse, Policy, Request, Usage};
use wsp_guard::sync::lock;
use wsp_guard::{Ended, Holder};

use super::endpoint::Endpoint;
use super::watches::Wanted;
use super::{Protocol, TransportError};

impl Endpoint {
    /// What was allowed is done. The policy that allowed it is held meanwhile, so that
    /// another one finds it.
    pub(super) fn goes_on(&self, allowed: impl IntoIterator<Item = OngoingUse>) {
        let mut uses = lock(&self.under_policy.uses);
        for allowed in allowed {
            if is_connection(&allowed) {
                uses.retain(|ongoing| !is_connection(ongoing));
            }
            if !uses.contains(&allowed) {
                uses.push(allowed);
            }
        }
    }

    /// Its peer was taken away.
    pub(super) fn is_connected_no_more(&self) {
        let over = |usage| matches!(usage, Usage::Connect(_));
        self.under_policy.end(over);
    }

    /// It is no member of a group any more.
    pub(super) fn has_left(&self, group: IpAddr) {
        let of_group = |local: SocketAddr| local.ip() == group;
        let over = |usage| matches!(usage, Usage::Bind(local) if of_group(local));
        self.under_policy.end(over);
    }

    /// Refuses everything that would need the policy's consent, once one has ended it.
    pub(super) fn check_revoked(&self) -> Result<(), TransportError> {
        match self.under_policy.revoked.load(Ordering::Acquire) {
            true => Err(TransportError::AccessDenied),
            false => Ok(()),
        }
    }

    /// Why no byte moves any more, if a policy has ended it: a connection was aborted by its
    /// own side, anything else is denied.
    pub(super) fn revoked(&self) -> Option<TransportError> {
        self.check_revoked().err()?;
        Some(match self.protocol {
            Protocol::Tcp if self.has_peer() => TransportError::ConnectionAborted,
            Protocol::Tcp | Protocol::Udp => TransportError::AccessDenied,
        })
    }

    /// Ends it: not a byte moves after this, and what is pending has failed. The peer of a
    /// connection learns of it by a reset. The descriptor remains the program's to close.
    fn revoke(&self) -> (u64, u64) {
        let sent = {
            // Whoever sends has this lock: from here on nobody does.
            let mut sends = lock(&self.sends);
            self.under_policy.revoked.store(true, Ordering::Release);
            let error = self.revoked().unwrap_or(TransportError::AccessDenied);
            if self.protocol == Protocol::Tcp {
                self.loses(error);
            }
            self.finish(sends.lane.end_all(error));
            sends.end_after = false;
            for wanted in [
                Wanted::Connected,
                Wanted::Writable,
                Wanted::Readable,
                Wanted::Urgent,
                Wanted::Drained,
            ] {
                while !self.end_watches(wanted, Some(error)) {}
            }
            // What the kernel had not sent yet is dropped.
            let _ = self.socket.disconnect();
            sends.lane.total()
        };
        let mut receives = lock(&self.receives);
        let error = self.revoked().unwrap_or(TransportError::AccessDenied);
        self.finish(receives.lane.end_all(error));
        (sent, receives.lane.total())
    }

    /// Ends the datagrams in the queue that may no longer go where they should.
    fn end_forbidden_sends(&self, policy: &Policy) {
        let mut sends = lock(&self.sends);
        let forbidden = sends.lane.positions(|send| {
            send.options.to.is_some_and(|to| {
                let request = self.request(Usage::DatagramTo(to));
                policy.decide(&request).grant().is_none()
            })
        });
        for position in forbidden {
            let denied = Some(TransportError::AccessDenied);
            self.finish(sends.lane.end(position, denied));
        }
        drop(sends);
        self.kick_after_send();
    }
}

/// Whether it is a connection that the program has asked for: there is one at most.
fn is_connection(ongoing: &OngoingUse) -> bool {
    matches!(
        ongoing.request(),
        Request::Socket {
            usage: Usage::Connect(_),
            ..
        }
    )
}

impl Holder for Endpoint {
    fn recheck(&self, policy: &Policy) -> Vec<Ended> {
        if self.protocol == Protocol::Udp {
            // What was allowed to be received then may not be now.
            lock(&self.receives).front_is_allowed = false;
        }
        let denied = {
            let uses = lock(&self.under_policy.uses);
            let mut each = uses.iter();
            each.find_map(|ongoing| policy.still_allows(ongoing).err())
        };
        let Some(denial) = denied else {
            if self.protocol == Protocol::Udp {
                self.end_forbidden_sends(policy);
            }
            return Vec::new();
        };
        self.under_policy.clear();
        let (sent, received) = self.revoke();
        vec![Ended {
            denial,
            sent,
            received,
        }]
    }
}
