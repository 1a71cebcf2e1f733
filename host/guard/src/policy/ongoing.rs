//! Uses of sockets that go on after they were decided on, such as connections.

use super::Policy;
use super::decision::{Decision, Denial, DenialReason, Verdict};
use super::hosts::Hosts;
use super::listed::{ListedRule, Pattern};
use super::request::Request;

/// A use of a socket that goes on after it was decided on: a connection, a bound address, a
/// socket that listens. It is decided on again when another policy comes into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OngoingUse {
    request: Request,
    /// The rule that allowed it, if its host is a name.
    named: Option<ListedRule>,
}

impl OngoingUse {
    pub(crate) fn new(request: &Request, decision: &Decision<'_>) -> OngoingUse {
        let named = match &decision.verdict {
            Verdict::Allowed { rule, .. } if has_name(rule) => Some((*rule).clone()),
            Verdict::Allowed { .. } | Verdict::WouldBeDenied { .. } | Verdict::Denied(_) => None,
        };
        OngoingUse {
            request: request.clone(),
            named,
        }
    }

    /// What was asked.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }
}

fn has_name(rule: &ListedRule) -> bool {
    match &rule.pattern {
        Pattern::Address { rule, .. } => matches!(rule.hosts, Hosts::Name(_)),
        Pattern::Name(_) => false,
    }
}

impl Policy {
    /// Decides on a use that goes on. What a rule allowed whose host is a name stays allowed
    /// as long as the rule is there, whatever addresses the name has by now.
    ///
    /// # Errors
    ///
    /// The denial, if the policy does not allow it and is enforced.
    pub fn still_allows(&self, ongoing: &OngoingUse) -> Result<(), Box<Denial>> {
        let decision = self.decide(&ongoing.request);
        let Verdict::Denied(denial) = decision.verdict else {
            return Ok(());
        };
        let pinned = ongoing.named.as_ref();
        if denial.reason != DenialReason::DeniedByRule
            && pinned.is_some_and(|pinned| self.rules().any(|rule| rule == pinned))
        {
            return Ok(());
        }
        Err(denial)
    }
}
