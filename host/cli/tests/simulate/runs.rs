//! Runs and what programs see of them.

use std::process::Command;

use crate::{Build, directory, file, printed, simulate, text, told};

static ECHO: Build = Build::new("echo");
static DATAGRAMS: Build = Build::new("datagrams");
static SPINS: Build = Build::new("spins");
static CONNECTS: Build = Build::new("connects");

/// A program that nothing is wrong with but that it does not end.
pub(crate) fn spins() -> &'static std::path::Path {
    SPINS.component()
}

#[test]
fn the_same_seed_gives_the_same_run_every_time() {
    let faults = "[network.faults]\nstall = 0.5\n";
    let echo = ECHO.two("same.toml", faults);
    let (status, first) = told(&echo, &["--seed=7"]);
    assert_eq!(status, 0);
    assert!(first["events"].as_u64() > Some(100));
    for _ in 1..20 {
        assert_eq!(told(&echo, &["--seed=7"]), (0, first.clone()));
    }
    let (_, other) = told(&echo, &["--seed=8"]);
    assert_ne!(other["digest"], first["digest"]);
    assert_ne!(printed(&other, "client"), printed(&first, "client"));
}

#[test]
fn programs_print_line_by_line_with_their_names() {
    let output = simulate(&ECHO.two("lines.toml", ""), &["--seed=1"]);
    assert!(output.status.success());
    let printed = text(&output.stdout);
    assert!(
        printed.contains("server | echoed 20000 bytes\n"),
        "{printed}"
    );
    assert!(
        printed.contains("client | 20000 bytes came back by "),
        "{printed}"
    );
    let said = text(&output.stderr);
    assert!(
        said.starts_with("wsp: seed 1: all ended well (after "),
        "{said}"
    );
}

#[test]
fn a_program_of_the_command_line_talks_to_one_of_the_file() {
    let server = ECHO.component().display();
    let server = file(
        "server.toml",
        &format!("[[program]]\nname = 'elsewhere'\nfile = '{server}'\n"),
    );
    let client = ECHO.component().display().to_string();
    let (status, told) = told(&server, &[&client, "elsewhere"]);
    assert_eq!(status, 0, "{told}");
    assert!(printed(&told, "echo").starts_with("20000 bytes came back"));
}

#[test]
fn nothing_reaches_the_network_of_the_system() {
    let echo = ECHO.two("traced.toml", "");
    let output = Command::new("strace")
        .args(["-f", "-e", "trace=%network", "-o", "/dev/stderr"])
        .args([
            "timeout",
            "60",
            env!("CARGO_BIN_EXE_wsp"),
            "run",
            "--simulate",
        ])
        .arg(echo)
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("all ended well"), "{said}");
    assert!(!said.contains("AF_INET"), "{said}");
}

#[test]
fn datagrams_are_lost_and_come_late() {
    let component = DATAGRAMS.component().display();
    let programs = format!(
        "[[program]]\nname = 'receiver'\nfile = '{component}'\n\
         [[program]]\nname = 'sender'\nfile = '{component}'\nargs = ['10.0.0.1']\nbegins = '5ms'\n"
    );
    let sure = file(
        "sure.toml",
        &format!("[network]\ndelay = '1ms'\n{programs}"),
    );
    let (status, whole) = told(&sure, &[]);
    assert_eq!(
        (status, &*printed(&whole, "receiver")),
        (0, "abcdefghijklmnopqrstuvwxyz\n")
    );
    let faults =
        "[network]\ndelay = '1ms'\n[network.faults]\ndatagram-lost = 0.2\ndatagram-late = 0.2\n";
    let unsure = file("unsure.toml", &format!("{faults}{programs}"));
    let (_, told_of) = told(&unsure, &[]);
    let received = printed(&told_of, "receiver");
    let received: Vec<char> = received.trim_end().chars().collect();
    assert!((1..26).contains(&received.len()), "{received:?}");
    assert!(!received.is_sorted(), "{received:?}");
    let (_, without) = told(&unsure, &["--without=datagrams-lost,datagrams-late"]);
    assert_eq!(printed(&without, "receiver"), printed(&whole, "receiver"));
}

#[test]
fn who_is_not_there_is_told_from_who_does_not_listen() {
    for (address, expected) in [("10.0.0.9", "error 10065\n"), ("10.0.0.1", "error 10061\n")] {
        let component = CONNECTS.component().display();
        let connects = file(
            &format!("connects {address}.toml"),
            &format!("[[program]]\nname = 'client'\nfile = '{component}'\nargs = ['{address}']\n"),
        );
        assert_eq!(printed(&told(&connects, &[]).1, "client"), expected);
    }
}

#[test]
fn a_policy_holds_in_a_simulation_too() {
    let component = CONNECTS.component().display();
    let policy = file("policy.toml", "outbound.allow = ['tcp://10.0.0.2:9000']\n");
    assert_eq!(policy.parent(), Some(directory()));
    let denied = file(
        "denied.toml",
        &format!(
            "[[program]]\nname = 'client'\nfile = '{component}'\nargs = ['10.0.0.3']\npolicy = 'policy.toml'\n"
        ),
    );
    assert_eq!(printed(&told(&denied, &[]).1, "client"), "error 10013\n");
}

#[test]
fn a_program_that_computes_for_ever_outlives_the_simulated_time() {
    let component = SPINS.component().display();
    let spins = file(
        "spins.toml",
        &format!("time = '200ms'\n[[program]]\nfile = '{component}'\n"),
    );
    let output = simulate(&spins, &[]);
    assert_eq!(output.status.code(), Some(124));
    let said = text(&output.stderr);
    assert!(said.contains("the simulated time was up"), "{said}");
    assert!(
        said.contains("wsp: spins computes, or looks again and again"),
        "{said}"
    );
}

#[test]
fn who_serves_is_ended_with_the_others() {
    let component = ECHO.component().display();
    let serves = file(
        "serves.toml",
        &format!(
            "[[program]]\nname = 'idle'\nfile = '{component}'\nserves = true\n\
             [[program]]\nname = 'server'\nfile = '{component}'\n\
             [[program]]\nname = 'client'\nfile = '{component}'\nargs = ['server']\nbegins = '5ms'\n"
        ),
    );
    let (status, told) = told(&serves, &[]);
    assert_eq!((status, &told["verdict"]), (0, &"passed".into()));
    assert_eq!(told["programs"][0]["status"], serde_json::Value::Null);
}
