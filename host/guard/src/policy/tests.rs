#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::{Ipv4Addr, SocketAddr};

use cap_net_ext::PoolExt;

use super::*;
use crate::config::{Lists, PolicyConfig};

fn rule(text: &str) -> Rule {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn outbound(rules: &[&str]) -> Policy {
    rules.iter().fold(Policy::deny_all(), |policy, text| {
        policy.allow_outbound(rule(text)).unwrap()
    })
}

fn inbound(rules: &[&str]) -> Policy {
    rules.iter().fold(Policy::deny_all(), |policy, text| {
        policy.allow_inbound(rule(text)).unwrap()
    })
}

fn tcp(usage: Usage) -> Request {
    Request::socket(Protocol::Tcp, usage)
}

fn udp(usage: Usage) -> Request {
    Request::socket(Protocol::Udp, usage)
}

fn grant<'p>(policy: &'p Policy, request: &Request) -> Option<Grant<'p>> {
    policy.decide(request).grant()
}

fn denial(policy: &Policy, request: &Request) -> Denial {
    policy.decide(request).denial().unwrap().clone()
}

/// The label of the verdict: "allowed", or the denial's.
fn verdict(policy: &Policy, request: Request) -> &'static str {
    match policy.decide(&request).denial() {
        None => "allowed",
        Some(denial) => denial.reason.as_str(),
    }
}

#[test]
fn rules_print_the_grammar_that_they_are_read_from() {
    for (text, printed) in [
        ("tcp://127.0.0.1:80", "tcp://127.0.0.1:80"),
        ("UDP://127.0.0.1:80", "udp://127.0.0.1:80"),
        ("tcp://[::1]:80", "tcp://[::1]:80"),
        ("tcp://[0:0::1]:80", "tcp://[::1]:80"),
        ("tcp://10.0.0.0/8:80,443", "tcp://10.0.0.0/8:80,443"),
        ("tcp://[fd00::]/8:8000-8099", "tcp://[fd00::]/8:8000-8099"),
        (
            "tcp://[fd00::/8]:8000-8099,9000",
            "tcp://[fd00::]/8:8000-8099,9000",
        ),
        ("udp://*:*", "udp://*:*"),
        ("tcp://Example.COM:443", "tcp://example.com:443"),
        ("tcp://example.com.:443", "tcp://example.com.:443"),
        ("tcp://_service.example:1", "tcp://_service.example:1"),
        ("tcp://127.0.0.1:0", "tcp://127.0.0.1:0"),
        ("tcp://0.0.0.0/0:65535", "tcp://0.0.0.0/0:65535"),
        ("tcp://[::ffff:10.1.2.3]:1", "tcp://10.1.2.3:1"),
        ("tcp://[::ffff:10.0.0.0/104]:1", "tcp://10.0.0.0/8:1"),
    ] {
        assert_eq!(rule(text).to_string(), printed, "{text}");
        assert_eq!(rule(printed), rule(text), "{text}");
    }
}

#[test]
fn a_rule_that_cannot_be_read_says_how_to_write_it() {
    for (text, sentence) in [
        (
            "x:1",
            r#"no scheme in "x:1": write tcp://HOST:PORT or udp://HOST:PORT"#,
        ),
        (
            "",
            r#"no scheme in "": write tcp://HOST:PORT or udp://HOST:PORT"#,
        ),
        (
            "http://x:1",
            r#"unknown scheme "http" in "http://x:1": it must start with tcp:// or udp://"#,
        ),
        (
            "unix:/run/db.sock",
            r#""unix:/run/db.sock" names a Unix socket, which no program here can reach: neither wsp's interfaces nor wasi:sockets have addresses for them, so write tcp://HOST:PORT or udp://HOST:PORT"#,
        ),
        (
            "unix:///run/db.sock:1",
            r#""unix:///run/db.sock:1" names a Unix socket, which no program here can reach: neither wsp's interfaces nor wasi:sockets have addresses for them, so write tcp://HOST:PORT or udp://HOST:PORT"#,
        ),
        (
            "://x:1",
            r#"unknown scheme "" in "://x:1": it must start with tcp:// or udp://"#,
        ),
        (
            "tcp://",
            r#"no host in "tcp://": write tcp://HOST:PORT or udp://HOST:PORT"#,
        ),
        (
            "tcp://:80",
            r#"no host in "tcp://:80": write tcp://HOST:PORT or udp://HOST:PORT"#,
        ),
        (
            "tcp://x",
            r#"no port in "tcp://x": write a port after the host, as in tcp://HOST:80"#,
        ),
        (
            "tcp://x:",
            r#"no port in "tcp://x:": write a port after the host, as in tcp://HOST:80"#,
        ),
        (
            "tcp://[::1]",
            r#"no port in "tcp://[::1]": write a port after the host, as in tcp://HOST:80"#,
        ),
        (
            "tcp://x:80/",
            r#""tcp://x:80/" goes on with "/" after its port: leave that out, only HOST:PORT can be named"#,
        ),
        (
            "tcp://x:80/a?b",
            r#""tcp://x:80/a?b" goes on with "/a?b" after its port: leave that out, only HOST:PORT can be named"#,
        ),
        (
            "tcp://x:80?q",
            r#""tcp://x:80?q" goes on with "?q" after its port: leave that out, only HOST:PORT can be named"#,
        ),
        (
            "tcp://::1:80",
            r#"the IPv6 address in "tcp://::1:80" needs brackets: write it as in tcp://[::1]:80"#,
        ),
        (
            "tcp://fe80::1:2:3:4:5:80",
            r#"the IPv6 address in "tcp://fe80::1:2:3:4:5:80" needs brackets: write it as in tcp://[::1]:80"#,
        ),
        (
            "tcp://1:2:3:4:5:6:7:8:80",
            r#"the IPv6 address in "tcp://1:2:3:4:5:6:7:8:80" needs brackets: write it as in tcp://[::1]:80"#,
        ),
        (
            "tcp://10.0.0.0/33:1",
            r#"bad prefix length "33" in "tcp://10.0.0.0/33:1": write a number from 0 to 32"#,
        ),
        (
            "tcp://10.0.0.0/+8:1",
            r#"bad prefix length "+8" in "tcp://10.0.0.0/+8:1": write a number from 0 to 32"#,
        ),
        (
            "tcp://[fd00::]/129:1",
            r#"bad prefix length "129" in "tcp://[fd00::]/129:1": write a number from 0 to 128"#,
        ),
        (
            "tcp://10.1.0.0/8:1",
            r#"the network in "tcp://10.1.0.0/8:1" has address bits beyond its prefix: write 10.0.0.0/8"#,
        ),
        (
            "tcp://x:http",
            r#"bad port "http" in "tcp://x:http": a port is a number from 1 to 65535"#,
        ),
        (
            "tcp://x:65536",
            r#"bad port "65536" in "tcp://x:65536": a port is a number from 1 to 65535"#,
        ),
        (
            "tcp://x:+80",
            r#"bad port "+80" in "tcp://x:+80": a port is a number from 1 to 65535"#,
        ),
        (
            "tcp://x:80-",
            r#"bad port "" in "tcp://x:80-": a port is a number from 1 to 65535"#,
        ),
        (
            "tcp://x:80,,81",
            r#"a port is missing in the list of "tcp://x:80,,81": write numbers or ranges between the commas, as in 80,8000-8099"#,
        ),
        (
            "tcp://x:90-80",
            r#"the port range 90-80 in "tcp://x:90-80" runs backwards: write 80-90"#,
        ),
        (
            "tcp://x:0-80",
            r#"port 0 in "tcp://x:0-80" means a port that the system chooses: write it alone, as in tcp://127.0.0.1:0"#,
        ),
        (
            "tcp://x:80,0",
            r#"port 0 in "tcp://x:80,0" means a port that the system chooses: write it alone, as in tcp://127.0.0.1:0"#,
        ),
    ] {
        assert_eq!(text.parse::<Rule>().unwrap_err().to_string(), sentence);
    }
}

#[test]
fn a_host_that_resolvers_read_differently_is_refused() {
    for host in [
        "256.1.1.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "010.0.0.1",
        "1.2.3.4.5",
        "a..b",
        ".a",
        "a b",
        "user@host",
        "host/path",
        "[::1",
        "[::1]x",
        "[fe80::1%eth0]",
        "[1.2.3.4]",
        "[example.com]",
        "[fd00::/8]/8",
        "**",
        "*.example.com",
        "é.example",
        "x/8",
        "a:b",
    ] {
        let text = format!("tcp://{host}:80");
        let error = text.parse::<Rule>().unwrap_err();
        assert!(
            matches!(error, SyntaxError::BadHost { .. }),
            "{text}: {error:?}"
        );
    }
    let long = format!("tcp://{}:80", "a".repeat(64));
    assert!(matches!(
        long.parse::<Rule>(),
        Err(SyntaxError::BadHost { .. })
    ));
}

#[test]
fn a_policy_without_rules_denies_everything() {
    let here = address("127.0.0.1:80");
    for usage in [
        Usage::Create,
        Usage::ImplicitBind,
        Usage::Bind(here),
        Usage::Bind(address("0.0.0.0:0")),
        Usage::Listen(here),
        Usage::Connect(here),
        Usage::Accept {
            local: here,
            peer: here,
        },
        Usage::DatagramTo(here),
        Usage::DatagramFrom {
            local: Some(here),
            peer: here,
        },
        Usage::DatagramFrom {
            local: None,
            peer: here,
        },
    ] {
        assert_eq!(
            verdict(&Policy::default(), tcp(usage)),
            "no-grant-for-protocol"
        );
        assert_eq!(
            verdict(&Policy::deny_all(), udp(usage)),
            "no-grant-for-protocol"
        );
    }
}

#[test]
fn connecting_needs_an_outbound_rule_for_the_canonical_address_and_port() {
    let special = "special-range-needs-explicit-rule";
    let denied = "outbound-address-not-allowed";
    for (rules, to, expected) in [
        (&["tcp://127.0.0.1:80"][..], "127.0.0.1:80", "allowed"),
        (&["tcp://127.0.0.1:80"], "127.0.0.1:81", denied),
        (&["tcp://127.0.0.1:80"], "127.0.0.2:80", denied),
        (&["tcp://127.0.0.1:80"], "[::1]:80", denied),
        (&["tcp://127.0.0.1:80"], "[::ffff:127.0.0.1]:80", "allowed"),
        (&["tcp://[::ffff:127.0.0.1]:80"], "127.0.0.1:80", "allowed"),
        (&["tcp://[::1]:80"], "[::1]:80", "allowed"),
        (&["tcp://8.8.8.8:53,443"], "8.8.8.8:443", "allowed"),
        (
            &["tcp://8.8.8.8:8000-8099,65535"],
            "8.8.8.8:8000",
            "allowed",
        ),
        (
            &["tcp://8.8.8.8:8000-8099,65535"],
            "8.8.8.8:8099",
            "allowed",
        ),
        (&["tcp://8.8.8.8:8000-8099,65535"], "8.8.8.8:8100", denied),
        (
            &["tcp://8.8.8.8:8000-8099,65535"],
            "8.8.8.8:65535",
            "allowed",
        ),
        (&["tcp://8.8.8.0/24:*"], "8.8.8.255:1", "allowed"),
        (&["tcp://8.8.8.0/24:*"], "8.8.9.0:1", denied),
        (
            &["tcp://1.1.1.1:1", "tcp://8.8.8.8:2"],
            "8.8.8.8:2",
            "allowed",
        ),
        (&["udp://8.8.8.8:53"], "8.8.8.8:53", "no-grant-for-protocol"),
        (&["tcp://*:*"], "8.8.8.8:53", "allowed"),
        (&["tcp://*:443"], "8.8.8.8:53", denied),
        (&["tcp://*:*"], "[2606:4700::1]:53", "allowed"),
        (&["tcp://*:*"], "[::ffff:8.8.8.8]:53", "allowed"),
        (&["tcp://*:*"], "[::ffff:127.0.0.1]:53", special),
        (&["tcp://*:*"], "127.0.0.1:53", special),
        (&["tcp://*:*"], "127.9.9.9:53", special),
        (&["tcp://*:*"], "10.1.1.1:53", special),
        (&["tcp://*:*"], "172.31.0.1:53", special),
        (&["tcp://*:*"], "172.32.0.1:53", "allowed"),
        (&["tcp://*:*"], "192.168.0.1:53", special),
        (&["tcp://*:*"], "100.64.0.1:53", special),
        (&["tcp://*:*"], "169.254.1.1:53", special),
        (&["tcp://*:*"], "169.254.169.254:80", special),
        (&["tcp://*:*"], "168.63.129.16:80", special),
        (&["tcp://*:*"], "0.0.0.0:53", special),
        (&["tcp://*:*"], "0.1.2.3:53", special),
        (&["tcp://*:*"], "192.0.2.1:53", special),
        (&["tcp://*:*"], "198.51.100.1:53", special),
        (&["tcp://*:*"], "203.0.113.1:53", special),
        (&["tcp://*:*"], "224.0.0.1:53", special),
        (&["tcp://*:*"], "240.0.0.1:53", special),
        (&["tcp://*:*"], "255.255.255.255:53", special),
        (&["tcp://*:*"], "[::]:53", special),
        (&["tcp://*:*"], "[::1]:53", special),
        (&["tcp://*:*"], "[fe80::1]:53", special),
        (&["tcp://*:*"], "[fc00::1]:53", special),
        (&["tcp://*:*"], "[fd12::1]:53", special),
        (&["tcp://*:*"], "[ff02::1]:53", special),
        (&["tcp://*:*"], "[2001:db8::1]:53", special),
        (&["tcp://*:*"], "[fd00:ec2::254]:80", special),
        (
            &["tcp://*:*", "tcp://127.0.0.1:53"],
            "127.0.0.1:53",
            "allowed",
        ),
        (
            &["tcp://*:*", "tcp://127.0.0.1:53"],
            "127.0.0.1:54",
            special,
        ),
        (&["tcp://0.0.0.0/0:*"], "8.8.8.8:53", "allowed"),
        (&["tcp://0.0.0.0/0:*"], "127.0.0.1:53", special),
        (&["tcp://0.0.0.0/0:*"], "[2606:4700::1]:53", denied),
        (&["tcp://10.0.0.0/7:*"], "10.1.1.1:53", special),
        (&["tcp://10.0.0.0/8:*"], "10.1.1.1:53", "allowed"),
        (&["tcp://10.1.0.0/16:*"], "10.1.1.1:53", "allowed"),
        (&["tcp://169.254.0.0/16:*"], "169.254.1.1:80", "allowed"),
        (&["tcp://169.254.0.0/16:*"], "169.254.169.254:80", special),
        (
            &["tcp://169.254.169.254:80"],
            "169.254.169.254:80",
            "allowed",
        ),
        (&["tcp://[fd00::]/8:*"], "[fd12::1]:53", "allowed"),
        (&["tcp://[fd00::]/8:*"], "[fd00:ec2::254]:80", special),
        (&["tcp://localhost:80"], "127.0.0.1:80", "allowed"),
        (&["tcp://localhost:80"], "10.0.0.1:80", denied),
    ] {
        let policy = outbound(rules);
        let usage = Usage::Connect(address(to));
        assert_eq!(verdict(&policy, tcp(usage)), expected, "{rules:?} {to}");
    }
}

#[test]
fn whatever_is_allowed_with_a_pool_the_pool_allows_too() {
    for (text, to) in [
        ("tcp://127.0.0.1:80", "127.0.0.1:80"),
        ("tcp://127.0.0.1:80", "[::ffff:127.0.0.1]:80"),
        ("tcp://127.0.0.0/8:65535", "127.9.9.9:65535"),
        ("tcp://*:1-3,7-9", "8.8.8.8:9"),
        ("tcp://*:*", "[::ffff:8.8.8.8]:1"),
        ("tcp://*:*", "[2606:4700::1]:65535"),
        ("tcp://[fd00::]/8:5", "[fd12::1]:5"),
    ] {
        let policy = outbound(&[text]);
        let request = tcp(Usage::Connect(address(to)));
        let Some(Grant::Pool(pool)) = grant(&policy, &request) else {
            panic!("{text} {to}");
        };
        assert!(pool.tcp_connecter(address(to)).is_ok(), "{text} {to}");
    }
    let policy = inbound(&["tcp://127.0.0.1:0"]);
    let ephemeral = address("127.0.0.1:0");
    let Some(Grant::Pool(pool)) = grant(&policy, &tcp(Usage::Bind(ephemeral))) else {
        panic!("port 0 was granted");
    };
    assert!(pool.tcp_binder(ephemeral).is_ok());
    assert!(pool.tcp_binder(address("127.0.0.1:80")).is_err());
}

#[test]
fn binding_needs_an_inbound_rule_for_the_local_address() {
    let special = "special-range-needs-explicit-rule";
    let denied = "inbound-address-not-allowed";
    for (text, local, expected) in [
        ("tcp://127.0.0.1:80", "127.0.0.1:80", "allowed"),
        ("tcp://127.0.0.1:80", "127.0.0.1:81", denied),
        ("tcp://127.0.0.1:80", "127.0.0.1:0", denied),
        ("tcp://127.0.0.1:80", "0.0.0.0:80", denied),
        ("tcp://127.0.0.1:0", "127.0.0.1:0", "allowed"),
        ("tcp://127.0.0.1:0", "127.0.0.1:80", denied),
        ("tcp://127.0.0.1:*", "127.0.0.1:0", "allowed"),
        ("tcp://127.0.0.1:*", "127.0.0.1:80", "allowed"),
        ("tcp://127.0.0.1:1-65535", "127.0.0.1:0", denied),
        ("tcp://*:80", "0.0.0.0:80", special),
        ("tcp://*:80", "[::]:80", special),
        ("tcp://*:80", "127.0.0.1:80", special),
        ("tcp://*:80", "8.8.8.8:80", "allowed"),
        ("tcp://0.0.0.0/0:80", "0.0.0.0:80", special),
        ("tcp://0.0.0.0:80", "0.0.0.0:80", "allowed"),
        ("tcp://0.0.0.0:80", "127.0.0.1:80", denied),
        ("tcp://[::]:80", "[::]:80", "allowed"),
    ] {
        let policy = inbound(&[text]);
        assert_eq!(
            verdict(&policy, tcp(Usage::Bind(address(local)))),
            expected,
            "{text} {local}"
        );
    }
}

#[test]
fn a_port_that_the_system_chose_is_covered_by_the_rule_that_let_it_choose() {
    let policy = inbound(&["tcp://127.0.0.1:0", "udp://127.0.0.1:0"]);
    let (local, peer) = (address("127.0.0.1:40123"), address("127.0.0.1:5"));
    assert_eq!(verdict(&policy, tcp(Usage::Listen(local))), "allowed");
    assert_eq!(
        verdict(&policy, tcp(Usage::Accept { local, peer })),
        "allowed"
    );
    assert_eq!(
        verdict(
            &policy,
            udp(Usage::DatagramFrom {
                local: Some(local),
                peer
            })
        ),
        "allowed"
    );
    let elsewhere = address("127.0.0.2:40123");
    assert_eq!(
        verdict(&policy, tcp(Usage::Listen(elsewhere))),
        "inbound-address-not-allowed"
    );
}

#[test]
fn an_outbound_rule_lets_a_socket_have_an_unused_port_but_not_listen_on_it() {
    let policy = outbound(&["tcp://127.0.0.1:80"]);
    assert!(matches!(
        grant(&policy, &tcp(Usage::ImplicitBind)),
        Some(Grant::WithoutPool)
    ));
    for any in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0"] {
        let bind = tcp(Usage::Bind(address(any)));
        assert!(
            matches!(grant(&policy, &bind), Some(Grant::WithoutPool)),
            "{any}"
        );
    }
    for chosen in ["0.0.0.0:1", "127.0.0.1:0", "[::1]:0"] {
        let bind = tcp(Usage::Bind(address(chosen)));
        assert_eq!(
            verdict(&policy, bind),
            "inbound-address-not-allowed",
            "{chosen}"
        );
    }
    let local = address("0.0.0.0:40123");
    let peer = address("127.0.0.1:80");
    assert_eq!(
        verdict(&policy, tcp(Usage::Listen(local))),
        "inbound-address-not-allowed"
    );
    assert_eq!(
        verdict(&policy, tcp(Usage::Accept { local, peer })),
        "inbound-address-not-allowed"
    );
}

#[test]
fn an_inbound_rule_alone_neither_connects_nor_answers() {
    let policy = inbound(&["tcp://127.0.0.1:80", "udp://127.0.0.1:80"]);
    let peer = address("127.0.0.1:80");
    assert_eq!(verdict(&policy, tcp(Usage::Create)), "allowed");
    assert_eq!(
        verdict(&policy, tcp(Usage::ImplicitBind)),
        "no-outbound-grant"
    );
    assert_eq!(
        verdict(&policy, tcp(Usage::Bind(address("0.0.0.0:0")))),
        "inbound-address-not-allowed"
    );
    assert_eq!(
        verdict(&policy, tcp(Usage::Connect(peer))),
        "outbound-address-not-allowed"
    );
    assert_eq!(
        verdict(&policy, udp(Usage::DatagramTo(peer))),
        "outbound-address-not-allowed"
    );
}

#[test]
fn datagrams_come_in_from_granted_peers_or_on_granted_addresses() {
    let from = |local: Option<&str>, peer: &str| {
        udp(Usage::DatagramFrom {
            local: local.map(address),
            peer: address(peer),
        })
    };
    let client = outbound(&["udp://127.0.0.1:53"]);
    assert_eq!(verdict(&client, from(None, "127.0.0.1:53")), "allowed");
    assert_eq!(
        verdict(&client, from(Some("0.0.0.0:999"), "127.0.0.1:53")),
        "allowed"
    );
    let stranger = from(Some("0.0.0.0:999"), "127.0.0.1:54");
    assert_eq!(verdict(&client, stranger), "outbound-address-not-allowed");
    let server = inbound(&["udp://127.0.0.1:53"]);
    assert_eq!(
        verdict(&server, from(Some("127.0.0.1:53"), "10.0.0.1:9")),
        "allowed"
    );
    assert_eq!(
        verdict(&server, from(None, "10.0.0.1:9")),
        "outbound-address-not-allowed"
    );
}

#[test]
fn naming_an_address_grants_that_address_and_nothing_else() {
    let policy = Policy::naming(
        Protocol::Tcp,
        &[address("127.0.0.1:80"), address("[::1]:80")],
    );
    for (usage, expected) in [
        (Usage::Connect(address("127.0.0.1:80")), "allowed"),
        (Usage::Connect(address("[::1]:80")), "allowed"),
        (
            Usage::Connect(address("127.0.0.1:81")),
            "outbound-address-not-allowed",
        ),
        (
            Usage::Bind(address("127.0.0.1:80")),
            "inbound-address-not-allowed",
        ),
    ] {
        assert_eq!(verdict(&policy, tcp(usage)), expected, "{usage:?}");
    }
    assert_eq!(
        verdict(&policy, udp(Usage::Create)),
        "no-grant-for-protocol"
    );
    assert_eq!(
        format!("{policy:?}"),
        r#"Policy { mode: Enforce, rules: ["--allow-outbound=tcp://127.0.0.1:80", "--allow-outbound=tcp://[::1]:80"] }"#
    );
}

#[test]
fn rules_that_cannot_grant_anything_are_refused() {
    let zero = Policy::deny_all()
        .allow_outbound(rule("tcp://127.0.0.1:0"))
        .unwrap_err();
    assert_eq!(
        zero.to_string(),
        "tcp://127.0.0.1:0 covers nothing: port 0 is for inbound rules, where the system chooses a port, so name a port or write *"
    );
    // RFC 6761 keeps this name from ever existing.
    let missing = Policy::deny_all()
        .allow_outbound(rule("tcp://nobody.invalid:80"))
        .unwrap_err();
    assert!(
        matches!(missing, GrantError::Unresolved { .. }),
        "{missing}"
    );
}

#[test]
fn a_denial_names_the_address_and_the_flag_that_would_allow_it() {
    let everywhere = outbound(&["tcp://*:*"]);
    let client = outbound(&["tcp://8.8.8.8:1", "udp://8.8.8.8:1"]);
    let server = inbound(&["tcp://8.8.8.8:1"]);
    for (policy, request, sentence) in [
        (
            &Policy::deny_all(),
            tcp(Usage::Create),
            "creating a tcp socket is denied: nothing is granted to tcp; allow it with --allow-outbound=tcp://HOST:PORT",
        ),
        (
            &everywhere,
            tcp(Usage::Connect(address("[::ffff:127.0.0.1]:8080"))),
            "connecting to tcp://127.0.0.1:8080 is denied: a loopback address needs a rule of its own; allow it with --allow-outbound=tcp://127.0.0.1:8080",
        ),
        (
            &client,
            udp(Usage::DatagramTo(address("[::1]:53"))),
            "sending a datagram to udp://[::1]:53 is denied: no outbound rule covers it; allow it with --allow-outbound=udp://[::1]:53",
        ),
        (
            &client,
            tcp(Usage::Bind(address("127.0.0.1:0"))),
            "binding to tcp://127.0.0.1:0 is denied: no inbound rule covers it; allow it with --allow-inbound=tcp://127.0.0.1:0",
        ),
        (
            &server,
            tcp(Usage::ImplicitBind),
            "binding a tcp socket to an unused port is denied: tcp has no outbound rule; allow it with --allow-outbound=tcp://HOST:PORT",
        ),
    ] {
        assert_eq!(denial(policy, &request).to_string(), sentence);
    }
}

#[test]
fn the_remedy_of_a_denial_with_an_address_grants_the_request() {
    let peer = address("127.0.0.1:80");
    for usage in [
        Usage::Bind(peer),
        Usage::Bind(address("[::1]:0")),
        Usage::Listen(peer),
        Usage::Connect(peer),
        Usage::Accept { local: peer, peer },
        Usage::DatagramTo(peer),
        Usage::DatagramFrom {
            local: Some(peer),
            peer,
        },
    ] {
        let policy = outbound(&["udp://8.8.8.8:1"]);
        let remedy = denial(&policy, &udp(usage)).remedy().flag();
        let (flag, text) = remedy.split_once('=').unwrap();
        let policy = match flag {
            "--allow-outbound" => policy.allow_outbound(rule(text)),
            _ => policy.allow_inbound(rule(text)),
        };
        assert_eq!(verdict(&policy.unwrap(), udp(usage)), "allowed", "{remedy}");
    }
}

#[test]
fn a_target_is_one_host_and_one_port() {
    for (text, printed) in [
        ("tcp://127.0.0.1:80", "tcp://127.0.0.1:80"),
        ("udp://[::1]:80", "udp://[::1]:80"),
        ("tcp://LocalHost:0", "tcp://localhost:0"),
    ] {
        assert_eq!(text.parse::<Target>().unwrap().to_string(), printed);
    }
    for text in [
        "tcp://*:80",
        "tcp://10.0.0.0/8:80",
        "tcp://x:*",
        "tcp://x:80,81",
        "tcp://x:80-81",
    ] {
        let error = text.parse::<Target>().unwrap_err().to_string();
        let sentence =
            format!("{text:?} names more than one address: write a single host and a single port");
        assert_eq!(error, sentence);
    }
    assert!(matches!(
        "tcp://x:http".parse::<Target>(),
        Err(SyntaxError::BadPort { .. })
    ));
    assert!(matches!(
        "ftp://x:1".parse::<Target>(),
        Err(SyntaxError::UnknownScheme { .. })
    ));
}

#[test]
fn a_target_resolves_to_its_addresses() {
    let literal: Target = "tcp://[::1]:80".parse().unwrap();
    assert_eq!(literal.resolve().unwrap(), [address("[::1]:80")]);
    let name: Target = "tcp://localhost:80".parse().unwrap();
    let resolved = name.resolve().unwrap();
    assert!(
        resolved
            .iter()
            .all(|address| address.ip().is_loopback() && address.port() == 80)
    );
    let missing: Target = "tcp://nobody.invalid:80".parse().unwrap();
    assert!(missing.resolve().is_err());
}

#[test]
fn an_ipv6_address_that_carries_an_ipv4_address_is_decided_on_as_that() {
    for text in [
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "2002:7f00:1:2:3:4:5:6",
        "2001:0:1:2:3:4:80ff:fffe",
    ] {
        let here = address(&format!("[{text}]:80"));
        let request = tcp(Usage::Connect(here));
        let everywhere = outbound(&["tcp://*:*"]);
        let denial = denial(&everywhere, &request);
        assert_eq!(denial.special, Some(SpecialRange::Loopback), "{text}");
        assert_eq!(denial.request.address(), Some(address("127.0.0.1:80")));

        let named = outbound(&["tcp://127.0.0.1:80"]);
        let Some(Grant::Pool(pool)) = grant(&named, &request) else {
            panic!("{text}");
        };
        assert!(pool.tcp_connecter(here).is_ok(), "{text}");

        let forbidding = named.deny_outbound(rule("tcp://127.0.0.0/8:*")).unwrap();
        assert_eq!(verdict(&forbidding, request), "denied-by-rule", "{text}");
    }
}

#[test]
fn addresses_beside_the_embedding_forms_are_themselves() {
    for text in [
        "::",
        "::1",
        "64:ff9b:0:0:0:1:7f00:1",
        "2003::",
        "2001:1::1",
        "::1:0:0:1",
    ] {
        let ip = text.parse().unwrap();
        assert_eq!(address::canonical(ip), ip);
    }
}

#[test]
fn a_rule_cannot_name_an_embedding_form_that_would_cover_more_than_it_says() {
    for (text, embedded) in [
        ("tcp://[2002:808:808::1]:1", "8.8.8.8"),
        ("tcp://[64:ff9b::8.8.8.8]:1", "8.8.8.8"),
        ("tcp://[::8.8.8.8]:1", "8.8.8.8"),
        ("tcp://[2001:0:1::]/48:1", "255.255.255.255"),
    ] {
        let error = text.parse::<Rule>().unwrap_err();
        let expected = SyntaxError::EmbeddedIpv4 {
            embedded: embedded.parse().unwrap(),
            text: text.to_owned(),
        };
        assert_eq!(error, expected);
        assert!(error.to_string().contains(&format!("write {embedded}, or")));
    }
    // As targets they are addresses like all others.
    let target: Target = "tcp://[2002:808:808::1]:1".parse().unwrap();
    assert_eq!(target.resolve().unwrap(), [address("[2002:808:808::1]:1")]);
}

#[test]
fn a_name_stands_for_the_addresses_that_it_had_when_its_rule_was_added() {
    let config: PolicyConfig = "outbound.allow = ['tcp://db.example:1']".parse().unwrap();
    let answers = ["8.8.8.8", "10.0.0.1", "::ffff:1.1.1.1"].map(|text| text.parse().unwrap());
    let policy = config.resolve_with(&|name| {
        assert_eq!(name, "db.example");
        Ok(answers.to_vec())
    });
    let policy = policy.unwrap();
    for (to, expected) in [
        ("8.8.8.8:1", "allowed"),
        ("1.1.1.1:1", "allowed"),
        // A name covers no special address, even one that it has.
        ("10.0.0.1:1", "outbound-address-not-allowed"),
        ("8.8.4.4:1", "outbound-address-not-allowed"),
    ] {
        let request = tcp(Usage::Connect(address(to)));
        assert_eq!(verdict(&policy, request), expected, "{to}");
    }

    let only_special = config.resolve_with(&|_| Ok(vec!["169.254.169.254".parse().unwrap()]));
    assert_eq!(
        only_special.unwrap_err().to_string(),
        "tcp://db.example:1 grants nothing: its name stands for the cloud metadata address 169.254.169.254, which must be named as an address"
    );
    let nobody = config.resolve_with(&|_| Ok(Vec::new()));
    assert!(matches!(nobody, Err(GrantError::Unresolved { .. })));
}

#[test]
fn a_deny_rule_with_a_name_covers_all_that_the_name_stands_for() {
    let config = "outbound.allow = ['tcp://10.0.0.0/8:*']\noutbound.deny = ['tcp://db.example:*']";
    let config: PolicyConfig = config.parse().unwrap();
    let policy = config.resolve_with(&|_| Ok(vec!["10.0.0.1".parse().unwrap()]));
    let policy = policy.unwrap();
    let to = |text| tcp(Usage::Connect(address(text)));
    assert_eq!(verdict(&policy, to("10.0.0.1:5")), "denied-by-rule");
    assert_eq!(verdict(&policy, to("10.0.0.2:5")), "allowed");
}

#[test]
fn in_count_mode_what_would_be_denied_is_allowed_with_a_pool_that_has_everything() {
    let policy = outbound(&["tcp://8.8.8.8:1"]).with_mode(Mode::Count);
    assert_eq!(policy.mode(), Mode::Count);
    let metadata = address("169.254.169.254:80");
    let decision = policy.decide(&tcp(Usage::Connect(metadata)));
    assert_eq!(decision.label(), "would-be-denied");
    assert_eq!(
        decision.denial().unwrap().would_be(),
        "connecting to tcp://169.254.169.254:80 would be denied: no outbound rule covers it; allow it with --allow-outbound=tcp://169.254.169.254:80"
    );
    let Some(Grant::Pool(pool)) = decision.grant() else {
        panic!("a pool");
    };
    for any in ["169.254.169.254:80", "[::1]:65535", "0.0.0.0:0"] {
        assert!(pool.tcp_connecter(address(any)).is_ok());
    }
    let enforcing = policy.with_mode(Mode::Enforce);
    let decision = enforcing.decide(&tcp(Usage::Connect(metadata)));
    assert_eq!(decision.label(), "denied");
    assert!(decision.grant().is_none());
}

#[test]
fn files_and_flags_together_only_become_looser_by_saying_so() {
    let mut config: PolicyConfig = "outbound.deny = ['tcp://8.8.8.8:*']".parse().unwrap();
    config.extend("outbound.allow = ['tcp://*:*']".parse().unwrap());
    let policy = config.resolve().unwrap();
    let request = tcp(Usage::Connect(address("8.8.8.8:1")));
    assert_eq!(verdict(&policy, request), "denied-by-rule");
    config.extend("mode = 'count'".parse().unwrap());
    assert_eq!(config.mode, Mode::Count);
}

#[test]
fn serde_reads_a_policy_as_a_part_of_other_data() {
    let config: PolicyConfig = Deserialize::deserialize(
        toml::de::Deserializer::parse("peer.deny = ['udp://*:1']").unwrap(),
    )
    .unwrap();
    assert_eq!(config.peer.deny, [rule("udp://*:1")]);
    let broken = toml::from_str::<PolicyConfig>("peer.deny = ['udp://*']").unwrap_err();
    assert!(broken.message().contains("no port in"), "{broken}");
}

mod round_trips {
    use ipnet::{Ipv4Net, Ipv6Net};
    use proptest::prelude::*;

    use super::*;

    fn hosts() -> impl Strategy<Value = String> {
        let v4 = (any::<u32>(), 0..=32_u8).prop_map(|(address, length)| {
            let network = Ipv4Net::new(address.into(), length).unwrap().trunc();
            network.to_string()
        });
        let v6 = (any::<u128>(), 0..=128_u8).prop_map(|(address, length)| {
            let network = Ipv6Net::new(address.into(), length).unwrap().trunc();
            format!("[{}]/{length}", network.addr())
        });
        let name = "[a-zA-Z_]([a-zA-Z0-9_-]{0,8}[a-z])?(\\.[a-zA-Z][a-zA-Z0-9-]{0,5})?\\.?";
        prop_oneof![Just("*".to_owned()), v4, v6, name]
    }

    fn ports() -> impl Strategy<Value = String> {
        let range = (1..=u16::MAX, 1..=u16::MAX).prop_map(|(one, other)| {
            let (first, last) = (one.min(other), one.max(other));
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        });
        let list = prop::collection::vec(range, 1..4).prop_map(|ranges| ranges.join(","));
        prop_oneof![Just("*".to_owned()), list]
    }

    fn rules() -> impl Strategy<Value = Vec<Rule>> {
        let rule = ("(tcp|udp|TCP)", hosts(), ports())
            .prop_map(|(scheme, hosts, ports)| format!("{scheme}://{hosts}:{ports}"))
            // Some networks are of a form that a rule may not name.
            .prop_filter_map("a rule", |text| text.parse::<Rule>().ok());
        prop::collection::vec(rule, 0..4)
    }

    fn lists() -> impl Strategy<Value = Lists<Rule>> {
        (rules(), rules()).prop_map(|(allow, deny)| Lists { allow, deny })
    }

    fn names() -> impl Strategy<Value = Vec<NamePattern>> {
        let name = "(\\*\\.)?[a-zA-Z][a-zA-Z0-9-]{0,8}\\.[a-zA-Z]{1,4}\\.?";
        let pattern = prop_oneof![Just("*".to_owned()), name];
        prop::collection::vec(pattern.prop_map(|text| text.parse().unwrap()), 0..4)
    }

    fn configs() -> impl Strategy<Value = PolicyConfig> {
        let mode = prop_oneof![Just(Mode::Enforce), Just(Mode::Count)];
        let resolve = (names(), names()).prop_map(|(allow, deny)| Lists { allow, deny });
        (mode, lists(), lists(), lists(), resolve).prop_map(
            |(mode, outbound, inbound, peer, resolve)| PolicyConfig {
                mode,
                outbound,
                inbound,
                peer,
                resolve,
                quota: crate::quota::Limits::default(),
            },
        )
    }

    proptest! {
        #[test]
        fn a_policy_file_prints_what_it_was_read_from(config in configs()) {
            let printed = config.to_string();
            prop_assert_eq!(printed.parse::<PolicyConfig>().unwrap(), config);
        }

        #[test]
        fn a_rule_prints_what_it_was_read_from(rules in rules()) {
            for rule in rules {
                prop_assert_eq!(&rule.to_string().parse::<Rule>().unwrap(), &rule);
            }
        }

        #[test]
        fn no_text_makes_reading_a_file_or_a_rule_panic(text in any::<String>()) {
            let _ = text.parse::<PolicyConfig>();
            let _ = text.parse::<Rule>();
            let _ = text.parse::<Target>();
            let _ = text.parse::<NamePattern>();
            let _ = format!("outbound.allow = ['tcp://{text}']").parse::<PolicyConfig>();
        }

        #[test]
        fn what_is_allowed_with_a_pool_is_in_the_pool(
            rules in rules(),
            ip in prop_oneof![
                any::<u32>().prop_map(|ip| IpAddr::V4(ip.into())),
                any::<u128>().prop_map(|ip| IpAddr::V6(ip.into())),
                any::<u32>().prop_map(|ip| {
                    let v4 = Ipv4Addr::from(ip);
                    IpAddr::V6(v4.to_ipv6_mapped())
                }),
                any::<u32>().prop_map(|ip| {
                    IpAddr::V6((0x64_ff9b_u128 << 96 | u128::from(ip)).into())
                }),
                any::<u128>().prop_map(|ip| {
                    IpAddr::V6((ip >> 16 | 0x2002_u128 << 112).into())
                }),
                any::<u128>().prop_map(|ip| {
                    IpAddr::V6((ip >> 32 | 0x2001_0000_u128 << 96).into())
                }),
            ],
            port in 1..=u16::MAX,
        ) {
            let peer = SocketAddr::new(ip, port);
            let config = PolicyConfig {
                outbound: Lists { allow: rules, deny: Vec::new() },
                ..PolicyConfig::default()
            };
            // Names have one address, so that nothing is asked of the system.
            let policy = config.resolve_with(&|_| Ok(vec!["8.8.8.8".parse().unwrap()])).unwrap();
            let request = tcp(Usage::Connect(peer));
            if let Some(Grant::Pool(pool)) = policy.decide(&request).grant() {
                prop_assert!(pool.tcp_connecter(peer).is_ok());
            }
        }
    }
}
