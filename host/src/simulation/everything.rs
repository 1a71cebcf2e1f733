//! The policy of programs of which nobody says what they may reach.

use crate::policy::{Policy, Protocol, SpecialRange};

/// A policy that allows everything. In a simulated network that is what is simulated, and nothing
/// of the system.
#[must_use]
pub fn everything() -> Policy {
    let networks = SpecialRange::networks().map(|(network, _)| match network.addr().is_ipv4() {
        true => network.to_string(),
        false => format!("[{}]/{}", network.addr(), network.prefix_len()),
    });
    let mut policy = Policy::deny_all().allow_resolve(crate::policy::NamePattern::Any);
    for hosts in networks.chain(["*".to_owned()]) {
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            let scheme = match protocol {
                Protocol::Tcp => "tcp",
                Protocol::Udp => "udp",
            };
            // Each is a rule that the policy's own list of ranges makes.
            if let Ok(rule) = format!("{scheme}://{hosts}:*").parse::<crate::policy::Rule>() {
                policy = allowing(policy, rule);
            }
        }
    }
    policy
}

fn allowing(policy: Policy, rule: crate::policy::Rule) -> Policy {
    let before = policy.clone();
    let outbound = policy.allow_outbound(rule.clone());
    let both = outbound.and_then(|policy| policy.allow_inbound(rule));
    both.unwrap_or(before)
}
