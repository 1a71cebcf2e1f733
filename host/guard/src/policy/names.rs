//! DNS names, and which of them may be resolved.

use std::sync::Arc;

use super::listed::{Effect, ListedRule, Pattern};
use super::name_pattern::NamePattern;

/// The rules on names.
#[derive(Clone, Default)]
pub(super) struct Names {
    allow: Vec<Arc<ListedRule>>,
    deny: Vec<Arc<ListedRule>>,
}

impl Names {
    pub(super) fn allow(&mut self, name: NamePattern) {
        self.allow.push(listed(Effect::Allow, name));
    }

    pub(super) fn deny(&mut self, name: NamePattern) {
        self.deny.push(listed(Effect::Deny, name));
    }

    /// The first allow rule that covers `name`.
    pub(super) fn allowed(&self, name: &str) -> Option<&ListedRule> {
        covering(&self.allow, name).map(Arc::as_ref)
    }

    /// The first deny rule that covers `name`.
    pub(super) fn denied(&self, name: &str) -> Option<&Arc<ListedRule>> {
        covering(&self.deny, name)
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = &ListedRule> {
        self.allow.iter().chain(&self.deny).map(Arc::as_ref)
    }
}

fn listed(effect: Effect, name: NamePattern) -> Arc<ListedRule> {
    Arc::new(ListedRule {
        effect,
        pattern: Pattern::Name(name),
    })
}

fn covering<'a>(rules: &'a [Arc<ListedRule>], name: &str) -> Option<&'a Arc<ListedRule>> {
    rules.iter().find(|rule| match &rule.pattern {
        Pattern::Name(pattern) => pattern.covers(name),
        Pattern::Address { .. } => false,
    })
}
