//! What a policy answers.

use std::fmt;
use std::net::SocketAddr;

use cap_std::net::Pool;

use super::grants::Coverage;
use super::request::{Request, Usage};
use super::special::SpecialRange;

/// A request that is allowed, with its capability.
#[derive(Clone, Copy)]
pub enum Grant<'a> {
    /// Do it through this pool, which has the address.
    Pool(&'a Pool),
    /// There is no address to look up in a pool, or it is the system's choice.
    WithoutPool,
}

impl fmt::Debug for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pool(_) => "Pool",
            Self::WithoutPool => "WithoutPool",
        })
    }
}

/// Why a request was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DenialReason {
    /// The policy has no rule for the protocol at all.
    NoGrantForProtocol,
    /// The policy has no outbound rule for the protocol.
    NoOutboundGrant,
    /// No outbound rule covers the address and port.
    OutboundAddressNotAllowed,
    /// No inbound rule covers the local address and port.
    InboundAddressNotAllowed,
    /// A rule is wide enough, but the address is in a range that needs a rule of its own.
    SpecialRangeNeedsExplicitRule,
}

impl DenialReason {
    /// A label for logs and counters; it never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoGrantForProtocol => "no-grant-for-protocol",
            Self::NoOutboundGrant => "no-outbound-grant",
            Self::OutboundAddressNotAllowed => "outbound-address-not-allowed",
            Self::InboundAddressNotAllowed => "inbound-address-not-allowed",
            Self::SpecialRangeNeedsExplicitRule => "special-range-needs-explicit-rule",
        }
    }
}

/// A denied request. It prints as one sentence for the operator; a program
/// learns no more than WSAEACCES.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{request} is denied: {}; allow it with {}", self.explanation(), self.remedy())]
pub struct Denial {
    /// What was asked, with canonical addresses.
    pub request: Request,
    /// Why it was denied.
    pub reason: DenialReason,
    /// The range that the address is in, where that is the reason.
    pub special: Option<SpecialRange>,
}

impl Denial {
    pub(super) fn new(request: Request, reason: DenialReason) -> Self {
        Self {
            request,
            reason,
            special: None,
        }
    }

    pub(super) fn outbound(request: Request, coverage: Coverage) -> Self {
        Self::address(request, coverage, DenialReason::OutboundAddressNotAllowed)
    }

    pub(super) fn inbound(request: Request, coverage: Coverage) -> Self {
        Self::address(request, coverage, DenialReason::InboundAddressNotAllowed)
    }

    fn address(request: Request, coverage: Coverage, reason: DenialReason) -> Self {
        match coverage {
            Coverage::ExceptSpecial(range) => Self {
                request,
                reason: DenialReason::SpecialRangeNeedsExplicitRule,
                special: Some(range),
            },
            Coverage::Full | Coverage::None => Self::new(request, reason),
        }
    }

    /// The canonical address that a rule was missing for; none where the request names none.
    #[must_use]
    pub fn address_denied(&self) -> Option<SocketAddr> {
        match self.request.usage {
            Usage::Create | Usage::ImplicitBind => None,
            Usage::Bind(address)
            | Usage::Listen(address)
            | Usage::Connect(address)
            | Usage::DatagramTo(address)
            | Usage::Accept { local: address, .. }
            | Usage::DatagramFrom { peer: address, .. } => Some(address),
        }
    }

    /// The flag that would grant the request.
    #[must_use]
    pub fn remedy(&self) -> String {
        let direction = match self.request.usage {
            Usage::Bind(_) | Usage::Listen(_) | Usage::Accept { .. } => "inbound",
            Usage::Create
            | Usage::ImplicitBind
            | Usage::Connect(_)
            | Usage::DatagramTo(_)
            | Usage::DatagramFrom { .. } => "outbound",
        };
        let protocol = self.request.protocol;
        match self.address_denied() {
            Some(address) => format!("--allow-{direction}={protocol}://{address}"),
            None => format!("--allow-{direction}={protocol}://HOST:PORT"),
        }
    }

    /// Writes the denial to the log, under the target `wsp::policy`: as a
    /// warning, which is what the operator needs to see, or, where a stranger's
    /// datagram was dropped, at debug level, so that strangers cannot fill the log.
    pub fn log(&self) {
        let reason = self.reason.as_str();
        if matches!(self.request.usage, Usage::DatagramFrom { .. }) {
            tracing::debug!(target: "wsp::policy", reason, "{self}");
        } else {
            tracing::warn!(target: "wsp::policy", reason, "{self}");
        }
    }

    fn explanation(&self) -> String {
        let protocol = self.request.protocol;
        match (self.reason, self.special) {
            (DenialReason::NoGrantForProtocol, _) => format!("nothing is granted to {protocol}"),
            (DenialReason::NoOutboundGrant, _) => format!("{protocol} has no outbound rule"),
            (DenialReason::OutboundAddressNotAllowed, _) => "no outbound rule covers it".into(),
            (DenialReason::InboundAddressNotAllowed, _) => "no inbound rule covers it".into(),
            (DenialReason::SpecialRangeNeedsExplicitRule, Some(range)) => {
                format!("a {range} address needs a rule of its own")
            }
            (DenialReason::SpecialRangeNeedsExplicitRule, None) => {
                "the address needs a rule of its own".into()
            }
        }
    }
}
