//! `wsp run` of programs that send requests with wasi:http: the rules, quotas and reports of
//! sockets.

use std::fs;
use std::process::Command;

use crate::http_server::Server;
use crate::support::{Running, json_lines, program, reset, text, tracing, wsp};
use crate::table::TABLE;

/// Both versions of the interface, which are one to the rules.
const PROGRAMS: [&str; 2] = ["wasi_http", "wasi_http_03"];

/// What `wsp run` with these arguments printed and said, with the program as the last flag.
fn run_of(name: &str, flags: &[&str], commands: &[&str]) -> (String, String) {
    let program = program(name);
    let arguments = [&["run"], flags, &[&program], commands].concat();
    let output = wsp(&arguments).output().unwrap();
    (text(&output.stdout), text(&output.stderr))
}

fn run(flags: &[&str], commands: &[&str]) -> (String, String) {
    run_of("wasi_http", flags, commands)
}

#[test]
fn a_rule_lets_a_request_out_and_nothing_else() {
    let server = Server::polite();
    let (url, other) = (server.url(), Server::polite());
    let elsewhere = other.url();
    let mapped = format!("http://[::ffff:127.0.0.1]:{}/", server.port());
    let stranger = format!("http://127.0.0.2:{}/", server.port());
    let named = format!("http://localhost:{}/", server.port());
    for name in PROGRAMS {
        let (printed, said) = run_of(
            name,
            &[&server.rule()],
            &[
                "get", &url, "post", &url, "get", &mapped, "get", &elsewhere, "get", &stranger,
                "get", &named,
            ],
        );
        assert_eq!(
            printed,
            format!(
                "get {url}: 200, 1000 bytes\npost {url}: 200, 6 bytes\n\
                 get {mapped}: 200, 1000 bytes\nget {elsewhere}: DestinationIpProhibited\n\
                 get {stranger}: DestinationIpProhibited\nget {named}: HttpRequestDenied\n"
            )
        );
        for hint in [
            format!("allow it with --allow-outbound=tcp://{}", other.authority()),
            "allow it with --allow-resolve=localhost".to_owned(),
        ] {
            assert!(said.contains(&hint), "{said}");
        }
    }
}

#[test]
fn a_name_needs_a_rule_and_its_address_too() {
    let server = Server::polite();
    let port = server.port();
    let url = format!("http://LocalHost.:{port}/");
    let get = |flags: &[&str]| run(flags, &["get", &url]).0;
    let named = format!("--allow-outbound=tcp://localhost:{port}");
    let addressed = server.rule();
    let (resolved, denied) = ("--allow-resolve=localhost", "--deny-resolve=localhost");
    let shut = format!("--deny-outbound=tcp://127.0.0.0/8:{port}");
    let answered = format!("get {url}: 200, 1000 bytes\n");
    // `localhost` has a special address, which its name does not cover, if the file of hosts
    // does not name it.
    assert_eq!(get(&[resolved, &addressed]), answered);
    assert_eq!(
        get(&[resolved]),
        format!("get {url}: DestinationIpProhibited\n")
    );
    assert_eq!(
        get(&[&addressed]),
        format!("get {url}: HttpRequestDenied\n")
    );
    assert_eq!(
        get(&[resolved, denied, &addressed]),
        format!("get {url}: HttpRequestDenied\n")
    );
    assert_eq!(
        get(&[resolved, &addressed, &shut]),
        format!("get {url}: DestinationIpProhibited\n")
    );
    let explained = wsp(&["policy", "explain", &named])
        .arg(format!("tcp://localhost:{port}"))
        .output()
        .unwrap();
    assert_eq!(
        get(&[&named]) == answered,
        explained.status.success(),
        "{}",
        text(&explained.stdout)
    );
}

#[test]
fn every_row_of_the_table_holds_for_requests_without_a_network() {
    let mut rows = 0;
    for group in TABLE.iter().filter(|group| group.usage == "connect") {
        let targets: Vec<_> = group
            .rows
            .iter()
            .filter_map(|(target, verdict, _)| {
                let authority = target.strip_prefix("tcp://")?;
                // What an authority cannot say.
                let sayable = !authority.contains('%');
                sayable.then(|| (format!("http://{authority}/"), *verdict == "allowed"))
            })
            .collect();
        let commands = targets.iter().flat_map(|(url, _)| ["get", url]);
        // In a namespace of its own without interfaces every address is out of reach.
        let output = Command::new("unshare")
            .args(["--map-root-user", "--net", env!("CARGO_BIN_EXE_wsp"), "run"])
            .args(group.flags)
            .arg(program("wasi_http"))
            .args(commands)
            .output()
            .expect("unshare runs; install it with `apt-get install util-linux`");
        let printed = text(&output.stdout);
        let answers: Vec<&str> = printed.lines().collect();
        let said = text(&output.stderr);
        assert_eq!(answers.len(), targets.len(), "{printed}{said}");
        for ((url, allowed), answer) in targets.iter().zip(answers) {
            let denied = answer.ends_with(": DestinationIpProhibited");
            assert_eq!(denied, !allowed, "{:?} {url}: {answer}", group.flags);
            rows += 1;
        }
    }
    assert!(rows >= 60, "{rows} rows");
}

#[test]
fn an_authority_has_one_meaning_or_none() {
    let server = Server::polite();
    let port = server.port();
    for authority in [
        format!("user@127.0.0.1:{port}"),
        format!("127.0.0.1:{port}@127.0.0.2:{port}"),
        format!("127.1:{port}"),
        format!("0x7f.0.0.1:{port}"),
        format!("2130706433:{port}"),
        format!("0177.0.0.1:{port}"),
        "127.0.0.1:65536".to_owned(),
        format!("{}:{port}", "a.".repeat(8 << 10)),
        format!("{}:{port}", "a".repeat(64)),
    ] {
        for name in PROGRAMS {
            let url = format!("http://{authority}/");
            let flags = ["--allow-outbound=tcp://127.0.0.1:*", "--allow-resolve=*"];
            let (printed, _) = run_of(name, &flags, &["get", &url]);
            let answer = printed.strip_prefix(&format!("get {url}: ")).unwrap();
            // Some the interface does not take at all.
            let refused = ["HttpRequestUriInvalid\n", "bad authority\n"];
            assert!(refused.contains(&answer), "{authority}: {answer}");
        }
    }
}

#[test]
fn headers_that_a_connection_depends_on_are_not_the_programs_to_set() {
    let headers = [
        "host",
        "connection",
        "upgrade",
        "transfer-encoding",
        "keep-alive",
    ];
    let commands = headers.iter().flat_map(|header| ["forbidden", header]);
    let commands: Vec<&str> = commands.chain(["forbidden", "x-own"]).collect();
    let (printed, _) = run(&[], &commands);
    assert_eq!(
        printed.matches(": HeaderError::Forbidden\n").count(),
        5,
        "{printed}"
    );
    assert!(printed.ends_with("x-own: set\n"), "{printed}");
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed() {
    let target = Server::polite();
    let server = Server::answering(
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    );
    let url = server.url();
    let (printed, said) = run(&[&server.rule(), &target.rule()], &["get", &url]);
    assert_eq!(printed, format!("get {url}: 302, 0 bytes\n"));
    assert_eq!(said, "");
}

#[test]
fn without_a_rule_no_network_system_call_is_made() {
    for name in PROGRAMS {
        let output = tracing("network")
            .args(["run", &program(name)])
            .args(["get", "http://127.0.0.1:9/", "get", "https://10.0.0.1/"])
            .args(["get", "http://localhost/", "get", "https://example.com/"])
            .output()
            .expect("strace runs; install it with `apt-get install strace`");
        let printed = text(&output.stdout);
        let denied = [": DestinationIpProhibited\n", ": HttpRequestDenied\n"];
        for denied in denied {
            assert_eq!(printed.matches(denied).count(), 2, "{printed}");
        }
        let trace = text(&output.stderr);
        assert!(trace.contains("+++ exited with 0 +++"), "{trace}");
        assert!(!trace.contains("socket("), "{trace}");
    }
}

#[test]
fn a_request_counts_as_a_socket_until_its_response_is_done_with() {
    let server = Server::polite();
    let url = server.url();
    let endless = Server::endless(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "8\r\n12345678\r\n",
    );
    let at_once = format!("5,{}", endless.url());
    for name in PROGRAMS {
        for (flags, fits) in [("--max-sockets=3", 3), ("--max-payload=512KiB", 2)] {
            let (printed, said) = run_of(
                name,
                &[&server.rule(), &endless.rule(), flags],
                &["at-once", &at_once, "get", &url, "post", &url, "get", &url],
            );
            assert_eq!(
                printed,
                format!(
                    "at-once {at_once}: {fits} answered, ConnectionLimitReached\n\
                     get {url}: 200, 1000 bytes\npost {url}: 200, 6 bytes\n\
                     get {url}: 200, 1000 bytes\n"
                )
            );
            assert!(said.contains("of the instance is used up"), "{said}");
        }
    }
}

#[test]
fn connections_of_requests_are_drawn_from_their_rate() {
    let server = Server::polite();
    let at_once = format!("50,{}", server.url());
    let (printed, said) = run(
        &[&server.rule(), "--max-connect-rate=1"],
        &["at-once", &at_once],
    );
    assert!(
        printed.ends_with(" answered, ConnectionLimitReached\n"),
        "{printed}"
    );
    assert!(
        said.contains("connects-per-second of the instance"),
        "{said}"
    );
}

#[test]
fn the_audit_tells_each_request_with_its_bytes() {
    let server = Server::polite();
    let url = server.url();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("audit.jsonl");
    for name in PROGRAMS {
        let _ = fs::remove_file(&file);
        let audit = format!("--audit={}", file.display());
        let commands = [
            "post",
            &url,
            "get",
            "http://127.0.0.1:1/",
            "get",
            "http://a.test/",
        ];
        run_of(name, &[&server.rule(), &audit], &commands);
        let lines = json_lines(&fs::read(&file).unwrap());
        let told = |what: &str| {
            let lines = lines.iter().filter(|line| line["what"] == what);
            lines.collect::<Vec<_>>()
        };
        let connects = told("connect");
        assert_eq!(connects.len(), 2, "{lines:?}");
        assert_eq!(connects[0]["verdict"], "allowed");
        assert_eq!(connects[0]["address"], server.authority().as_str());
        assert_eq!(connects[1]["reason"], "outbound-address-not-allowed");
        assert_eq!(told("resolve")[0]["reason"], "name-not-allowed");
        let [close] = told("close")[..] else {
            panic!("{lines:?}");
        };
        assert!(close["sent"].as_u64().unwrap() > 300_000, "{close}");
        assert!(close["received"].as_u64().unwrap() > 20, "{close}");
    }
}

#[test]
fn what_is_only_counted_is_done_and_what_is_learned_suffices() {
    let server = Server::polite();
    let (url, named) = (server.url(), format!("http://localhost:{}/", server.port()));
    let commands = ["get", &url, "get", &named, "post", &url];
    let answers = format!(
        "get {url}: 200, 1000 bytes\nget {named}: 200, 1000 bytes\npost {url}: 200, 6 bytes\n"
    );
    let (printed, said) = run(&["--count-only"], &commands);
    assert_eq!(printed, answers);
    assert!(said.contains("would be denied"), "{said}");

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("learned.toml");
    let (printed, _) = run(&[&format!("--learn={}", file.display())], &commands);
    assert_eq!(printed, answers);
    let learned = format!("--policy={}", file.display());
    assert_eq!(run(&[&learned], &commands), (answers, String::new()));
    let (printed, _) = run(&[&learned], &["get", "http://127.0.0.1:1/"]);
    assert!(
        printed.ends_with(": DestinationIpProhibited\n"),
        "{printed}"
    );
}

#[test]
fn a_peer_may_be_as_rude_as_it_likes() {
    let many_headers = Server::endless("HTTP/1.1 200 OK\r\n", "x: y\r\n");
    let long_header = Server::endless("HTTP/1.1 200 OK\r\nx: ", "y");
    let no_http = Server::answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n");
    let short = Server::answering(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n12345");
    let nothing = Server::answering(b"");
    let resets = Server::new(reset);
    let bad_chunk =
        Server::answering(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n");
    let switches = Server::answering(
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    );
    for name in PROGRAMS {
        for (server, answers) in [
            (&many_headers, &["HttpResponseHeaderSectionSize"][..]),
            (&long_header, &["HttpResponseHeaderSectionSize"]),
            (&no_http, &["HttpProtocolError"]),
            (&short, &["200, 5 bytes, then HttpResponseIncomplete"]),
            (&nothing, &["HttpResponseIncomplete"]),
            (&resets, &["ConnectionTerminated", "HttpResponseIncomplete"]),
            (&bad_chunk, &["200, 0 bytes, then HttpProtocolError"]),
            (&switches, &["101, 0 bytes"]),
        ] {
            let url = server.url();
            let (printed, _) = run_of(name, &[&server.rule()], &["get", &url]);
            let answer = printed.strip_prefix(&format!("get {url}: ")).unwrap();
            // wasmtime has no code of a body's for programs of 0.2.
            let answer = match answer.strip_suffix("then unknown\n") {
                Some(begun) if name == "wasi_http" => {
                    let told = answers.iter().find(|answer| answer.starts_with(begun));
                    told.copied().unwrap_or_default()
                }
                _ => answer,
            };
            assert!(
                answers.contains(&answer.trim_end()),
                "{answers:?}: {answer}"
            );
        }
    }
}

#[test]
fn a_body_that_is_not_read_is_not_received() {
    let server = Server::endless(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "8\r\n12345678\r\n",
    );
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("audit.jsonl");
    let at_once = format!("1,{}", server.url());
    for name in PROGRAMS {
        let _ = fs::remove_file(&file);
        let audit = format!("--audit={}", file.display());
        let (printed, _) = run_of(name, &[&server.rule(), &audit], &["at-once", &at_once]);
        assert_eq!(printed, format!("at-once {at_once}: 1 answered\n"));
        let lines = json_lines(&fs::read(&file).unwrap());
        let close = lines.iter().find(|line| line["what"] == "close").unwrap();
        assert!(close["received"].as_u64().unwrap() < 1 << 20, "{close}");
    }
}

#[test]
fn a_run_whose_time_is_up_closes_its_connections() {
    let silent = Server::silent();
    let body = Server::endless(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "8\r\n12345678\r\n",
    );
    for name in PROGRAMS {
        for server in [&silent, &body] {
            let output = wsp(&["run", &server.rule(), "--timeout=2s", &program(name)])
                .args(["get", &server.url()])
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(124), "{}", text(&output.stderr));
            assert_eq!(text(&output.stdout), "");
        }
        let url = silent.url();
        let (printed, _) = run_of(name, &[&silent.rule()], &["impatient", &url]);
        assert_eq!(printed, format!("impatient {url}: ConnectionReadTimeout\n"));
    }
    // The servers end when nobody has a connection to them any more.
}

#[test]
fn a_program_that_leaves_its_requests_ends_and_so_do_they() {
    let server = Server::silent();
    let url = server.url();
    let leave = format!("200,{url}");
    let mut running = Running::wsp(&[
        "run",
        &server.rule(),
        "--max-sockets=8",
        &program("wasi_http"),
        "leave",
        &leave,
    ]);
    let mut lines = running.lines();
    assert_eq!(lines.next().unwrap(), format!("leave {leave}: left"));
    assert_eq!(running.status(), Some(0));
}

#[test]
fn a_program_that_is_to_answer_requests_is_told_why_it_is_not_run() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("server.wasm");
    let server = wat::parse_str(
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $h (export "handle" (func $f)))
            (export "wasi:http/incoming-handler@0.2.6" (instance $h)))"#,
    );
    fs::write(&file, server.unwrap()).unwrap();
    let output = wsp(&["run", file.to_str().unwrap()]).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("answers the requests of a server"), "{said}");
}

#[test]
fn what_a_program_builds_and_does_not_send_is_bounded() {
    for (what, fits, too_many) in [("fields", "900", "2000"), ("unsent", "300", "2000")] {
        let output = wsp(&["run", "--max-sockets=4", &program("wasi_http")])
            .args([what, fits, what, fits, what, too_many])
            .output()
            .unwrap();
        let printed = text(&output.stdout);
        assert_eq!(output.status.code(), Some(134), "{printed}");
        let held = format!("{what} {fits}: {fits} held\n");
        assert_eq!(printed, held.repeat(2));
    }
}
