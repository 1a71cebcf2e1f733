//! The policy that is made of what was said.

use wsp::Resolver;
use wsp::policy::{GrantError, Policy, PolicyConfig};

use crate::output::UsageError;

/// The policy that a file and flags say, with names resolved by those who know them.
pub(super) async fn in_force(
    config: PolicyConfig,
    resolver: Option<&dyn Resolver>,
) -> anyhow::Result<Policy> {
    let resolved = match resolver {
        Some(resolver) => config.resolve_by(resolver).await,
        // The system blocks.
        None => tokio::task::spawn_blocking(move || config.resolve()).await?,
    };
    resolved.map_err(|error| match error {
        GrantError::PortZero { .. } => UsageError(error.to_string()).into(),
        error => error.into(),
    })
}
