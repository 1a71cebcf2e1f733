//! Asking DNS servers, for answers that say how long they hold.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig,
    ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::Name;
use hickory_resolver::{ResolverBuilder, TokioResolver};

use wsp_guard::names::{DEFAULT_TTL, LONGEST_TTL, in_hosts_file};

use super::{Answer, Resolver, Resolving};

/// Asks DNS servers, after the system's file of hosts. Its answers say how long they hold, so
/// that names of rules are asked for again in time. Names are completed by no domain.
///
/// Clones share what it knows. Use it in one tokio runtime only: what goes on beyond a
/// question belongs to the runtime in which it was asked.
///
/// ```
/// use std::sync::Arc;
/// use wsp::{DnsResolver, Settings};
///
/// let resolver = DnsResolver::asking(&["192.0.2.53:53".parse()?])?;
/// let settings = Settings::default().with_resolver(Arc::new(resolver));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DnsResolver {
    resolver: Arc<TokioResolver>,
}

impl fmt::Debug for DnsResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DnsResolver").finish_non_exhaustive()
    }
}

impl DnsResolver {
    /// Asks these servers, by UDP and, for long answers, by TCP.
    ///
    /// # Errors
    ///
    /// If there is none, or as [`DnsResolver::system`].
    pub fn asking(servers: &[SocketAddr]) -> io::Result<DnsResolver> {
        if servers.is_empty() {
            return Err(io::Error::other("there is no DNS server to ask"));
        }
        let server = |address: &SocketAddr| {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
            let connections = connections.map(|mut connection| {
                connection.port = address.port();
                connection
            });
            NameServerConfig::new(address.ip(), true, connections.to_vec())
        };
        let servers = servers.iter().map(server).collect();
        let config = ResolverConfig::from_name_servers(servers);
        let provider = TokioRuntimeProvider::default();
        DnsResolver::built(TokioResolver::builder_with_config(config, provider))
    }

    /// Asks the servers that the system is set up with, as they are now: in
    /// `/etc/resolv.conf`, or in the registry of Windows.
    ///
    /// # Errors
    ///
    /// If these cannot be read or are invalid.
    pub fn system() -> io::Result<DnsResolver> {
        DnsResolver::built(TokioResolver::builder_tokio().map_err(io::Error::other)?)
    }

    fn built(mut builder: ResolverBuilder<TokioRuntimeProvider>) -> io::Result<DnsResolver> {
        let options: &mut ResolverOpts = builder.options_mut();
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        // That file may change; it is read for each question.
        options.use_hosts_file = ResolveHosts::Never;
        // What names stand for is asked for at least so often, and a name that is not there
        // may be in a moment.
        options.positive_max_ttl = Some(LONGEST_TTL);
        options.negative_max_ttl = Some(DEFAULT_TTL);
        let resolver = builder.build().map_err(io::Error::other)?;
        Ok(DnsResolver {
            resolver: Arc::new(resolver),
        })
    }
}

impl Resolver for DnsResolver {
    fn resolve(&self, name: &str) -> Resolving {
        let (resolver, name) = (Arc::clone(&self.resolver), name.to_owned());
        Box::pin(async move {
            let listed = in_hosts_file(&name);
            if !listed.is_empty() {
                return Ok(listed.into_iter().collect());
            }
            let mut question = Name::from_utf8(&name).map_err(io::Error::other)?;
            // It is whole: no domain of a search list is added.
            question.set_fqdn(true);
            match resolver.lookup_ip(question).await {
                Ok(found) => {
                    let holds = found
                        .valid_until()
                        .saturating_duration_since(Instant::now());
                    Ok(Answer::new(found.iter(), Some(holds)))
                }
                Err(error) if error.is_no_records_found() => Ok(Answer::new([], None)),
                Err(error) => Err(io::Error::other(error)),
            }
        })
    }
}
