//! What the audit log tells, as events of the crate `tracing`.
//!
//! Each is an event at the level INFO under the target `wsp::audit`, whose message is the
//! line's `what`. Attributes that OpenTelemetry's semantic conventions have are called as there,
//! others begin with `wsp.`; those that do not apply are left out.
//!
//! | attribute | what | in the audit log |
//! | --- | --- | --- |
//! | `wsp.tenant` | the guest's name | `tenant` |
//! | `wsp.usage` | what was asked or done | `what` |
//! | `wsp.decision` | `allowed`, `denied`, `would-be-denied`, `refused` | `verdict` |
//! | `wsp.rule` | the rule that decided | `rule` |
//! | `wsp.reason` | why it was denied | `reason` |
//! | `network.transport` | `tcp` or `udp` | `protocol` |
//! | `network.type` | `ipv4` or `ipv6` | |
//! | `network.peer.address`, `network.peer.port` | the peer | `address` |
//! | `network.local.address`, `network.local.port` | the local address, if that was decided on too | `address` if there is no peer |
//! | `server.address` | the name, of 255 characters at most, those that do not print escaped | `name` |
//! | `wsp.granted`, `wsp.left_out` | addresses of a name, with commas | `granted`, `left-out` |
//! | `wsp.quota`, `wsp.scope` | what was used up | `quota`, `scope` |
//! | `wsp.bytes.sent`, `wsp.bytes.received` | bytes of the socket | `sent`, `received` |
//! | `wsp.omitted` | events of this kind that were left out before this one | `omitted` |

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use tracing::Level;
use tracing::field::{DisplayValue, display};

use super::line::Line;

/// Characters of a guest's text in an event.
const LONGEST: usize = 255;

/// Whether somebody listens. Without a subscriber this costs a load.
pub(super) fn are_heard() -> bool {
    tracing::enabled!(target: "wsp::audit", Level::INFO)
}

/// Tells a line.
pub(super) fn tell(line: &Line<'_>) {
    let (peer, local) = (line.peer, line.local);
    let family = peer.or(local).map(|address| match address {
        SocketAddr::V4(_) => "ipv4",
        SocketAddr::V6(_) => "ipv6",
    });
    tracing::event!(
        target: "wsp::audit",
        Level::INFO,
        wsp.tenant = line.tenant,
        wsp.usage = line.what,
        wsp.decision = line.verdict,
        wsp.rule = line.rule,
        wsp.reason = line.reason,
        network.transport = line.protocol,
        network.r#type = family,
        network.peer.address = peer.map(ip),
        network.peer.port = peer.map(|address| i64::from(address.port())),
        network.local.address = local.map(ip),
        network.local.port = local.map(|address| i64::from(address.port())),
        server.address = line.name.map(printable),
        wsp.granted = line.granted.map(Addresses).map(display),
        wsp.left_out = line.left_out.map(Addresses).map(display),
        wsp.quota = line.quota,
        wsp.scope = line.scope,
        wsp.bytes.sent = line.sent.map(integer),
        wsp.bytes.received = line.received.map(integer),
        wsp.omitted = line.omitted.map(integer),
        "{}",
        line.what
    );
}

fn ip(address: SocketAddr) -> DisplayValue<IpAddr> {
    display(address.ip())
}

/// Numbers are of the only kind of integer that OpenTelemetry has.
fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn printable(text: &str) -> String {
    let characters = text.chars().take(LONGEST);
    characters.flat_map(char::escape_debug).collect()
}

struct Addresses<'a>(&'a [IpAddr]);

impl fmt::Display for Addresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, address) in self.0.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            write!(f, "{comma}{address}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::super::{Closed, Witness};
    use crate::policy::{Policy, Protocol, Request, Usage};
    use crate::quota::{QuotaKind, Refusal, Scope};
    use crate::sync::lock;

    type Fields = BTreeMap<&'static str, String>;

    /// Keeps the fields of the events under one target.
    #[derive(Clone, Default)]
    struct Listener(Arc<Mutex<Vec<Fields>>>);

    impl Subscriber for Listener {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == "wsp::audit" && *metadata.level() == tracing::Level::INFO
        }

        fn event(&self, event: &Event<'_>) {
            let mut fields = Kept::default();
            event.record(&mut fields);
            lock(&self.0).push(fields.0);
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[derive(Default)]
    struct Kept(Fields);

    impl Visit for Kept {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            self.0.insert(field.name(), format!("{value:?}"));
        }

        fn record_str(&mut self, field: &Field, value: &str) {
            self.0.insert(field.name(), value.to_owned());
        }
    }

    /// What is told of what `act` does.
    fn told(act: impl FnOnce(&Witness)) -> Vec<Fields> {
        let listener = Listener::default();
        tracing::subscriber::with_default(listener.clone(), || {
            act(&Witness::new("shop".to_owned(), None, None));
        });
        let told = lock(&listener.0);
        told.clone()
    }

    fn fields(expected: &[(&'static str, &str)]) -> Fields {
        let expected = expected
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        expected.collect()
    }

    #[test]
    fn a_decision_has_the_attributes_of_opentelemetry() {
        let allowing = "tcp://192.0.2.1:443".parse().map(|rule| {
            let policy = Policy::deny_all().allow_outbound(rule);
            policy.unwrap_or_else(|_| Policy::deny_all())
        });
        let policy = allowing.unwrap_or_else(|_| Policy::deny_all());
        let address = |text: &str| text.parse().unwrap_or(([0, 0, 0, 0], 0).into());
        let told = told(|witness| {
            let connect = Usage::Connect(address("192.0.2.1:443"));
            witness.decided(&policy.decide(&Request::socket(Protocol::Tcp, connect)));
            let accept = Usage::Accept {
                local: address("[::1]:80"),
                peer: address("[2001:db8::1]:9"),
            };
            witness.decided(&policy.decide(&Request::socket(Protocol::Tcp, accept)));
        });
        assert_eq!(
            told,
            [
                fields(&[
                    ("message", "connect"),
                    ("network.peer.address", "192.0.2.1"),
                    ("network.peer.port", "443"),
                    ("network.transport", "tcp"),
                    ("network.type", "ipv4"),
                    ("wsp.decision", "allowed"),
                    ("wsp.rule", "--allow-outbound=tcp://192.0.2.1:443"),
                    ("wsp.tenant", "shop"),
                    ("wsp.usage", "connect"),
                ]),
                fields(&[
                    ("message", "accept"),
                    ("network.local.address", "::1"),
                    ("network.local.port", "80"),
                    ("network.peer.address", "2001:db8::1"),
                    ("network.peer.port", "9"),
                    ("network.transport", "tcp"),
                    ("network.type", "ipv6"),
                    ("wsp.decision", "denied"),
                    ("wsp.reason", "inbound-address-not-allowed"),
                    ("wsp.tenant", "shop"),
                    ("wsp.usage", "accept"),
                ]),
            ]
        );
    }

    #[test]
    fn a_guests_text_is_bounded_and_prints() {
        let name = format!("a\n\u{1b}[31m{}", "b".repeat(1000));
        let told = told(|witness| {
            witness.decided(&Policy::deny_all().decide(&Request::resolve(name)));
        });
        let told = told.first().and_then(|fields| fields.get("server.address"));
        let told = told.map_or("", String::as_str);
        assert!(told.starts_with("a\\n\\u{1b}[31mbbb"), "{told}");
        assert!(told.len() < 300, "{told}");
    }

    #[test]
    fn refusals_and_closes_are_told_too() {
        let told = told(|witness| {
            witness.refused(Refusal {
                kind: QuotaKind::Sockets,
                scope: Scope::Host,
            });
            witness.closed(Protocol::Udp, || Closed {
                peer: None,
                local: "127.0.0.1:5".parse().ok(),
                sent: 3,
                received: 4,
            });
        });
        assert_eq!(
            told,
            [
                fields(&[
                    ("message", "quota"),
                    ("wsp.decision", "refused"),
                    ("wsp.quota", "sockets"),
                    ("wsp.scope", "host"),
                    ("wsp.tenant", "shop"),
                    ("wsp.usage", "quota"),
                ]),
                fields(&[
                    ("message", "close"),
                    ("network.local.address", "127.0.0.1"),
                    ("network.local.port", "5"),
                    ("network.transport", "udp"),
                    ("network.type", "ipv4"),
                    ("wsp.bytes.received", "4"),
                    ("wsp.bytes.sent", "3"),
                    ("wsp.tenant", "shop"),
                    ("wsp.usage", "close"),
                ]),
            ]
        );
    }
}
