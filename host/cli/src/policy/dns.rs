//! `--dns`: who is asked for the addresses of names.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use wsp::{DnsResolver, Resolver};

use crate::output::UsageError;

/// The port of DNS.
const PORT: u16 = 53;

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dns {
    /// The servers that the system is set up with.
    System,
    /// This server.
    Server(SocketAddr),
}

impl FromStr for Dns {
    type Err = String;

    fn from_str(text: &str) -> Result<Dns, String> {
        if text == "system" {
            return Ok(Dns::System);
        }
        let address = text.trim_start_matches('[').trim_end_matches(']');
        let server = match (text.parse(), address.parse::<IpAddr>()) {
            (Ok(server), _) => server,
            (_, Ok(address)) => SocketAddr::new(address, PORT),
            (Err(_), Err(_)) => {
                return Err(
                    "write it as ADDRESS or ADDRESS:PORT, such as 192.0.2.53 or [2001:db8::53]:53, or as system"
                        .to_owned(),
                );
            }
        };
        match server.port() {
            0 => Err("port 0 is no port of a server, so name another".to_owned()),
            _ => Ok(Dns::Server(server)),
        }
    }
}

/// What asks them; nothing if there is none, which leaves it to the system.
pub(super) fn resolver(dns: &[Dns]) -> anyhow::Result<Option<Arc<dyn Resolver>>> {
    let servers: Vec<SocketAddr> = dns
        .iter()
        .filter_map(|dns| match dns {
            Dns::System => None,
            Dns::Server(server) => Some(*server),
        })
        .collect();
    let resolver = match dns {
        [] => return Ok(None),
        [Dns::System] => {
            let system = DnsResolver::system();
            system.context("cannot ask the DNS servers of the system, so name one with --dns")?
        }
        _ if servers.len() < dns.len() => {
            let sentence = "--dns=system stands for all servers of the system, so name no other";
            return Err(UsageError(sentence.to_owned()).into());
        }
        _ => DnsResolver::asking(&servers).context("cannot ask the servers of --dns")?,
    };
    Ok(Some(Arc::new(resolver)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_server_is_an_address_with_or_without_a_port() {
        let server = |text: &str| Ok(Dns::Server(text.parse().unwrap()));
        for (text, same) in [
            ("192.0.2.53", "192.0.2.53:53"),
            ("192.0.2.53:5353", "192.0.2.53:5353"),
            ("2001:db8::53", "[2001:db8::53]:53"),
            ("[2001:db8::53]", "[2001:db8::53]:53"),
            ("[2001:db8::53]:1", "[2001:db8::53]:1"),
        ] {
            assert_eq!(text.parse(), server(same), "{text}");
        }
        assert_eq!("system".parse(), Ok(Dns::System));
        for wrong in ["", "dns.example", "192.0.2.53:0", "192.0.2.53:x", ":53"] {
            assert!(wrong.parse::<Dns>().is_err(), "{wrong}");
        }
        let both = ["system", "192.0.2.53"].map(|text| text.parse().unwrap());
        assert!(resolver(&both).is_err());
        assert!(resolver(&[]).unwrap().is_none());
    }
}
