//! Mistakes that only some sequences of events show, each found by looking for a seed.

use serde_json::Value;

use crate::{Build, simulate, text, told};

static SHORT_SEND: Build = Build::new("short_send");
static CONSUMED_TWICE: Build = Build::new("consumed_twice");
static BOTH_SEND_FIRST: Build = Build::new("both_send_first");
static ECHO: Build = Build::new("echo");

/// Looks for a failure of two of these programs, and runs it again as the command says that was
/// found; some seed before it gives a run in which nothing goes wrong. Returns the exit status
/// and what is told of the run.
fn found(program: &Build) -> (i32, Value) {
    let file = program.two(&format!("{}.toml", program.name), "");
    let looked = simulate(&file, &["--sequences=300"]);
    let said = text(&looked.stderr);
    let command = said.lines().last().unwrap().trim().to_owned();
    let words: Vec<&str> = command.split(' ').collect();
    let [
        "wsp",
        "run",
        "--simulate",
        named,
        "--seed",
        seed,
        without @ ..,
    ] = &words[..]
    else {
        panic!("{said}");
    };
    assert_eq!(*named, file.to_str().unwrap());
    let arguments: Vec<&str> = ["--seed", seed].iter().chain(without).copied().collect();
    let (status, again) = told(&file, &arguments);
    assert_eq!(looked.status.code(), Some(status), "{said}");
    let digest = again["digest"].as_str().unwrap();
    assert!(said.contains(&format!("digest {digest}")), "{said}");
    assert_eq!(told(&file, &arguments), (status, again.clone()));
    // What it fails without is left out.
    assert!(command.contains("--without"), "{command}");
    let passes = |seed: u64| told(&file, &["--seed", &seed.to_string()]).0 == 0;
    assert!(
        (0..20).any(passes),
        "it would be found without a simulation"
    );
    (status, again)
}

#[test]
fn a_short_send_that_is_not_continued_is_found() {
    let (status, told) = found(&SHORT_SEND);
    assert_eq!((status, &told["verdict"]), (1, &"failed".into()));
    let server = &told["programs"][0];
    assert_eq!(server["ended"], "ended with exit status 1");
}

#[test]
fn a_completion_that_is_consumed_twice_is_found() {
    let (status, told) = found(&CONSUMED_TWICE);
    assert_eq!((status, &told["verdict"]), (134, &"failed".into()));
    let ended = told["programs"][1]["ended"].as_str().unwrap();
    assert!(ended.starts_with("trapped: "), "{ended}");
}

#[test]
fn a_deadlock_of_two_programs_that_send_before_they_receive_is_found() {
    let (status, told) = found(&BOTH_SEND_FIRST);
    assert_eq!((status, &told["verdict"]), (125, &"deadlocked".into()));
    for (program, peer) in [(0, "client"), (1, "server")] {
        let waits = told["programs"][program]["waits"].to_string();
        assert!(
            waits.contains(&format!("bytes are not sent to {peer}:")),
            "{waits}"
        );
        assert!(waits.contains("whose receive buffer of"), "{waits}");
    }
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let echo = ECHO.two("right.toml", "");
    let output = simulate(&echo, &["--sequences=50", "--seed=1000"]);
    assert!(output.status.success());
    assert_eq!(
        text(&output.stderr),
        "wsp: nothing went wrong with the seeds from 1000 to 1049\n"
    );
}
