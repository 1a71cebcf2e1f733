//! The table, through the library.

use std::net::{Ipv4Addr, SocketAddr};

use std::sync::Arc;

use wsp::Limits;
use wsp::policy::{DenialReason, Policy, PolicyConfig, Protocol, Request, Usage};
use wsp_guard::Guard;
use wsp_guard::wasi::{CannotLookUp, SocketUse, Sockets};

use crate::table::{Group, TABLE};

/// The policy that flags make, through a policy file.
pub fn policy(flags: &[&str]) -> Policy {
    config(flags).resolve().unwrap()
}

/// The same, with names as they are.
pub fn config(flags: &[&str]) -> PolicyConfig {
    let mut config = PolicyConfig::default();
    for flag in flags {
        let (list, rule) = flag.strip_prefix("--").unwrap().split_once('=').unwrap();
        let (key, table) = list.split_once('-').unwrap();
        let line = format!("{table}.{key} = [{rule:?}]");
        config.extend(
            line.parse()
                .unwrap_or_else(|error| panic!("{line}: {error}")),
        );
    }
    config
}

fn address(target: &str) -> (Protocol, SocketAddr) {
    let (scheme, address) = target.split_once("://").unwrap();
    let protocol = match scheme {
        "tcp" => Protocol::Tcp,
        _ => Protocol::Udp,
    };
    (protocol, address.parse().unwrap())
}

pub fn request(group: &Group, target: &str) -> Request {
    if group.usage == "resolve" {
        return Request::resolve(target);
    }
    let (protocol, peer) = address(target);
    let local = group.local.map(|local| address(local).1);
    let usage = match group.usage {
        "create" => Usage::Create,
        "bind" => Usage::Bind(peer),
        "implicit-bind" => Usage::ImplicitBind,
        "listen" => Usage::Listen(peer),
        "connect" => Usage::Connect(peer),
        "datagram-to" => Usage::DatagramTo(peer),
        "accept" => Usage::Accept {
            local: local.unwrap(),
            peer,
        },
        "datagram-from" => Usage::DatagramFrom { local, peer },
        other => panic!("{other}"),
    };
    Request::socket(protocol, usage)
}

#[test]
fn the_library_decides_every_row_of_the_table() {
    let mut rows = 0;
    for group in TABLE {
        let policy = policy(group.flags);
        for (target, verdict, rule) in group.rows {
            let decision = policy.decide(&request(group, target));
            let row = format!("{:?} {} {target}", group.flags, group.usage);
            assert_eq!(decision.request.label(), group.usage, "{row}");
            let denial = decision.denial();
            let found = match denial {
                None => "allowed",
                Some(denial) => match denial.special {
                    Some(range) => {
                        let special = DenialReason::SpecialRangeNeedsExplicitRule;
                        assert_eq!(denial.reason, special, "{row}");
                        range.as_str()
                    }
                    None => denial.reason.as_str(),
                },
            };
            let nearest = denial.and_then(|denial| denial.nearest.as_ref());
            let decided_by = decision.rule().or(nearest.map(|nearest| &*nearest.rule));
            let decided_by = decided_by.map_or("-".to_owned(), ToString::to_string);
            assert_eq!((found, decided_by.as_str()), (*verdict, *rule), "{row}");
            rows += 1;
        }
    }
    assert!(rows >= 150, "{rows} rows");
}

/// What the hook for wasi:sockets says of a row.
fn by_hook(group: &Group, target: &str, sockets: &Sockets) -> bool {
    if group.usage == "resolve" {
        return !matches!(sockets.look_up(target), Err(CannotLookUp::Denied));
    }
    let (protocol, peer) = address(target);
    let local = group.local.map(|local| address(local).1);
    let asked = |tcp, udp| match protocol {
        Protocol::Tcp => tcp,
        Protocol::Udp => udp,
    };
    let (bind, receive) = (
        asked(SocketUse::TcpListen, SocketUse::UdpBind),
        asked(SocketUse::TcpAccept, SocketUse::UdpReceive),
    );
    match group.usage {
        "create" => sockets.create(protocol).is_ok(),
        // What the engine is asked for, which tells the two apart no more.
        "implicit-bind" => {
            let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
            sockets.permits(any, asked(SocketUse::TcpBind, SocketUse::UdpBind))
        }
        "bind" => sockets.permits(peer, asked(SocketUse::TcpBind, SocketUse::UdpBind)),
        "listen" => sockets.permits(peer, SocketUse::TcpListen),
        "connect" | "datagram-to" => {
            sockets.permits(peer, asked(SocketUse::TcpConnect, SocketUse::UdpSend))
        }
        "accept" | "datagram-from" => {
            // A socket that is not bound receives nothing.
            let _ = local.map(|local| sockets.permits(local, bind));
            sockets.permits(peer, receive)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_hook_for_wasi_sockets_decides_every_row_alike() {
    let mut rows = 0;
    for group in TABLE {
        for (target, verdict, _) in group.rows {
            let guard = Guard::new(policy(group.flags), &Limits::default());
            let sockets = Sockets::new(Arc::new(guard));
            let row = format!("{:?} {} {target}", group.flags, group.usage);
            let permitted = by_hook(group, target, &sockets);
            assert_eq!(permitted, *verdict == "allowed", "{row}");
            rows += 1;
        }
    }
    assert!(rows >= 150, "{rows} rows");
}

#[test]
fn what_a_denial_says_would_grant_it_grants_it() {
    for group in TABLE {
        let policy = policy(group.flags);
        for (target, ..) in group.rows {
            let request = request(group, target);
            let Some(denial) = policy.decide(&request).denial().cloned() else {
                continue;
            };
            let remedy = denial.remedy();
            if remedy.list.is_deny() || remedy.rule.contains("HOST") {
                continue;
            }
            let mut config: PolicyConfig = remedy.toml().parse().unwrap();
            for flag in group.flags {
                let (list, rule) = flag.split_once('=').unwrap();
                let (key, table) = list.trim_start_matches('-').split_once('-').unwrap();
                config.extend(format!("{table}.{key} = [{rule:?}]").parse().unwrap());
            }
            let mended = config.resolve().unwrap();
            let decision = mended.decide(&request);
            // A second rule may be missing, and a deny rule still forbids it.
            let again = decision.denial().map(|denial| denial.remedy().flag());
            assert_ne!(again, Some(remedy.flag()), "{:?} {target}", group.flags);
        }
    }
}

#[test]
fn the_default_of_the_library_denies_everything() {
    let policy = wsp::Settings::default().policy;
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let decision = policy.decide(&Request::socket(protocol, Usage::Create));
        assert!(decision.grant().is_none());
    }
    let decision = policy.decide(&Request::resolve("localhost"));
    assert!(decision.grant().is_none());
    assert_eq!(policy.rules().count(), 0);
}
