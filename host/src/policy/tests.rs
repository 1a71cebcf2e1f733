#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;

use cap_net_ext::PoolExt;

use super::*;

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
