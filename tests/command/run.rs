//! `wsp run`: what a program may reach, and how it ends.

use std::net::TcpListener;
use std::process::Command;
use std::thread;

use crate::support::{program, silent_port, text, wsp};

#[test]
fn without_a_grant_connect_is_denied_and_no_network_system_call_is_made() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let output = Command::new("strace")
        .args(["-f", "-e", "trace=network", "-o", "/dev/stderr"])
        .args(["timeout", "60", env!("CARGO_BIN_EXE_wsp"), "run"])
        .args([&program("connect_denied"), &target])
        .output()
        .expect("strace runs; install it with `apt-get install strace`");
    assert_eq!(text(&output.stdout), "connect: WSAEACCES (10013)\n");
    let trace = text(&output.stderr);
    let calls: Vec<&str> = trace
        .lines()
        .filter(|line| {
            // A call looks like `[pid] name(arguments) = result`.
            line.contains(") = ") && !line.contains("+++") && !line.contains("---")
        })
        .collect();
    assert!(
        trace.contains("+++ exited with 0 +++"),
        "strace followed it: {trace}"
    );
    assert_eq!(calls, Vec::<&str>::new());
}

#[test]
fn a_denial_tells_the_person_what_to_add_and_the_program_only_the_code() {
    let (_held, port) = silent_port();
    let other = format!("--allow-outbound=tcp://127.0.0.1:{}", port ^ 1);
    let target = format!("127.0.0.1:{port}");
    let output = wsp(&["run", &other, &program("connect_denied"), &target])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "connect: WSAEACCES (10013)\n");
    let message = text(&output.stderr);
    let remedy = format!("--allow-outbound=tcp://{target}");
    assert!(message.contains(&remedy), "{message}");
}

#[test]
fn with_a_grant_the_same_program_connects() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let output = wsp(&["run", &rule, &program("connect_denied"), &target])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "connect: ok\n");
    assert!(output.status.success());
}

#[test]
fn an_async_program_has_a_hundred_sends_in_flight() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let reader = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        std::io::copy(&mut peer, &mut std::io::sink()).unwrap()
    });
    let rule = format!("--allow-outbound=tcp://{target}");
    let output = wsp(&["run", &rule, &program("async_hundred_sends"), &target])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(
        printed.contains("completed 100 sends, 1638400 bytes"),
        "{printed}"
    );
    assert_eq!(reader.join().unwrap(), 1_638_400);
}

#[test]
fn the_exit_status_is_passed_through() {
    let output = wsp(&["run", &program("exit_status")]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("this program always fails"));
}

#[test]
fn a_trap_exits_134_with_a_sentence() {
    let output = wsp(&["run", &program("traps")]).output().unwrap();
    assert_eq!(output.status.code(), Some(134));
    assert!(text(&output.stderr).contains("trapped"));
}
