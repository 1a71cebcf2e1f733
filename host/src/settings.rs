//! What one provider instance may reach and use.

use std::sync::Arc;

use wsp_guard::witness::AuditLog;
use wsp_transport::Network;

use crate::policy::{Observer, Policy};
use crate::quota::{Clock, HostQuota, Limits};
use crate::resolver::Resolver;
use crate::trace::Sink;

/// What one provider instance may reach and use.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Settings {
    /// Where it may connect, send and listen. The default denies everything.
    pub policy: Policy,
    /// How much it may hold.
    pub limits: Limits,
    /// Which system calls fail on purpose.
    #[cfg(feature = "fault-injection")]
    pub faults: crate::Faults,
    /// Whether [`crate::laboratory`] has sends discarded.
    #[cfg(feature = "laboratory")]
    pub(crate) discard: bool,
    /// Whether every overlapped send goes out at once. Otherwise those that follow another one
    /// wait until the guest looks at something, for a millisecond or so, and go out together.
    pub without_bursts: bool,
    /// What it shares with other instances. The default is the pool of the process.
    pub host_quota: HostQuota,
    /// What its rates are measured with.
    pub clock: Clock,
    /// Whom it works for, in the audit log and in warnings.
    pub tenant: String,
    /// Where decisions, refusals and closes are written to.
    pub audit: Option<AuditLog>,
    /// Who else is told of every decision of the policy.
    pub observer: Option<Arc<dyn Observer>>,
    /// Who is told of everything that its sockets do, and of what they are not given.
    pub trace: Option<Arc<dyn Sink>>,
    /// What resolves names for its program, and those of rules when they are asked for again; the system if there is none.
    pub resolver: Option<Arc<dyn Resolver>>,
    /// Where its sockets are made, such as in a host of a simulation; in the system's network if
    /// there is none. What a program does through `wasi:sockets` and `wasi:http` is denied then.
    pub network: Option<Arc<dyn Network>>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .field("host_quota", &self.host_quota)
            .field("without_bursts", &self.without_bursts)
            .field("tenant", &self.tenant)
            .field("audited", &self.audit.is_some())
            .field("observed", &self.observer.is_some())
            .field("traced", &self.trace.is_some())
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Settings with this policy and the default limits.
    #[must_use]
    pub fn new(policy: Policy) -> Settings {
        Settings {
            policy,
            ..Settings::default()
        }
    }

    /// The same settings with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Settings {
        Settings { limits, ..self }
    }

    /// The same settings, with every overlapped send going out at once.
    #[must_use]
    pub fn without_bursts(self) -> Settings {
        Settings {
            without_bursts: true,
            ..self
        }
    }

    /// The same settings, with sockets made in `network` in place of the system's.
    #[must_use]
    pub fn with_network(self, network: Arc<dyn Network>) -> Settings {
        Settings {
            network: Some(network),
            ..self
        }
    }

    /// The same settings with system calls that fail on purpose.
    #[cfg(feature = "fault-injection")]
    #[must_use]
    pub fn with_faults(self, faults: crate::Faults) -> Settings {
        Settings { faults, ..self }
    }

    /// The same settings, with `observer` told of every decision of the policy.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Settings {
        Settings {
            observer: Some(observer),
            ..self
        }
    }

    /// The same settings, with `sink` told of everything that the instance's sockets do, such as
    /// a [`TraceFile`](crate::trace::TraceFile). Without one nothing is done for it.
    #[must_use]
    pub fn with_trace(self, sink: Arc<dyn Sink>) -> Settings {
        Settings {
            trace: Some(sink),
            ..self
        }
    }

    /// The same settings, with `resolver` in place of the system's.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wsp::{Answer, Resolving, Settings};
    /// use wsp::policy::Policy;
    ///
    /// let policy = Policy::deny_all().allow_resolve("db.example".parse()?);
    /// let settings = Settings::new(policy).with_resolver(Arc::new(|_name: &str| -> Resolving {
    ///     Box::pin(async {
    ///         let address = "192.0.2.1".parse().map_err(std::io::Error::other)?;
    ///         Ok(Answer::new([address], Some(std::time::Duration::from_secs(60))))
    ///     })
    /// }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_resolver(self, resolver: Arc<dyn Resolver>) -> Settings {
        Settings {
            resolver: Some(resolver),
            ..self
        }
    }
}
