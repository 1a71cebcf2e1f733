//! Every limit that is set holds, without another call.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use super::*;
use crate::quota::{Limits, QuotaKind};
use crate::{Monitor, Settings};

/// A component that exports `wasi:cli/run`, whose function `run` is this code, in a module
/// with these fields; the code leaves 0 or 1 on the stack.
fn command(fields: &str, code: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (core module $m {fields} (func (export "run") (result i32) {code}))
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (component $wrap
                (import "run" (func $r (result (result)))) (export "run" (func $r)))
            (instance $w (instantiate $wrap (with "run" (func $run))))
            (export "wasi:cli/run@0.2.0" (instance $w)))"#
    );
    wat::parse_str(text).unwrap()
}

async fn run(program: &[u8], limits: Limits) -> (Result<Outcome, RunError>, Monitor) {
    let program = Runner::new().compile_here(program).unwrap();
    let settings = Settings::default().with_limits(limits);
    let prepared = program.prepare(wasi().build(), settings).unwrap();
    let monitor = prepared.monitor();
    (prepared.run().await, monitor)
}

fn timed(timeout: Duration) -> Limits {
    let mut limits = Limits::default();
    limits.timeout = Some(timeout);
    limits
}

#[tokio::test]
async fn a_program_ends_with_its_exit_status() {
    for (code, status) in [("i32.const 0", 0), ("i32.const 1", 1)] {
        let (ended, _) = run(&command("", code), Limits::default()).await;
        assert_eq!(ended.unwrap().exit_status(), status);
    }
    let (ended, _) = run(&command("", "unreachable"), Limits::default()).await;
    let Outcome::Trapped(trap) = ended.unwrap() else {
        panic!("it traps");
    };
    assert!(trap.to_string().contains("unreachable"), "{trap}");
}

#[tokio::test]
async fn memory_is_given_up_to_the_limit_and_the_refusal_is_in_the_report() {
    // Whether it got 64 MiB.
    let grows = command(
        "(memory 1)",
        "(i32.eq (memory.grow (i32.const 1024)) (i32.const -1))",
    );
    for (limit, status) in [(32 << 20, 1), (128 << 20, 0)] {
        let mut limits = Limits::default();
        limits.memory_bytes = Some(limit);
        let (ended, monitor) = run(&grows, limits).await;
        assert_eq!(ended.unwrap().exit_status(), status);
        let refusals = monitor.report().refusals;
        let memory = QuotaKind::MemoryBytes.as_str();
        let refused = refusals.iter().any(|refusal| refusal.quota == memory);
        assert_eq!(refused, status == 1);
    }
}

#[tokio::test]
async fn a_program_that_only_computes_is_ended_when_its_time_is_up() {
    let limit = Duration::from_millis(50);
    let (ended, _) = run(&command("", "(loop br 0) i32.const 0"), timed(limit)).await;
    let ended = ended.unwrap();
    assert!(matches!(&ended, Outcome::TimedOut(ended) if ended.limit() == limit));
    assert_eq!(ended.exit_status(), Outcome::TIMED_OUT);
    let Outcome::TimedOut(late) = ended else {
        panic!("its time is up");
    };
    assert!(
        late.computing()
            .is_some_and(|computing| computing.thread().is_none())
    );
    // While it is instantiated, too.
    let start = "(func $start (loop br 0)) (start $start)";
    let (ended, _) = run(&command(start, "i32.const 0"), timed(limit)).await;
    assert!(matches!(ended, Ok(Outcome::TimedOut(_))), "{ended:?}");
}

#[tokio::test]
async fn what_a_program_computed_when_its_time_was_up_has_the_names_of_its_functions() {
    let functions = r#"
        (func $inner (loop br 0))
        (func $"a\nb" call $inner)
        (func $outer call $"a\nb")"#;
    let (ended, _) = run(
        &command(functions, "call $outer i32.const 0"),
        timed(Duration::from_millis(50)),
    )
    .await;
    let Ok(Outcome::TimedOut(late)) = ended else {
        panic!("its time is up");
    };
    assert_eq!(
        late.to_string(),
        r"it computed in inner, called by a b, called by outer"
    );
}

#[tokio::test]
async fn programs_take_turns_on_one_thread() {
    let endless = command("", "(loop br 0) i32.const 0");
    let endless = tokio::spawn(async move { run(&endless, Limits::default()).await });
    // It has begun, on the only thread.
    tokio::task::yield_now().await;
    let other = run(&command("", "i32.const 0"), Limits::default()).await;
    assert!(other.0.unwrap().is_success());
    endless.abort();
    assert!(endless.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_time_that_nothing_would_keep_is_refused() {
    let program = command("", "i32.const 0");
    let program = Runner::without_epochs().compile_here(&program).unwrap();
    let settings = Settings::default().with_limits(timed(Duration::from_secs(1)));
    let refused = program.prepare(wasi().build(), settings).unwrap_err();
    assert!(matches!(refused, RunError::Untimed), "{refused}");
    let ended = program.run(wasi().build(), Settings::default()).await;
    assert!(ended.unwrap().is_success());
}

#[tokio::test]
async fn what_instances_take_counts_for_the_memory() {
    let many = command(&"(global i64 (i64.const 0))".repeat(10_000), "i32.const 0");
    let program = Runner::new().compile_here(&many).unwrap();
    let taken = program.interfaces().instance_bytes();
    let prepare = |memory: u64| {
        let mut limits = Limits::default();
        limits.memory_bytes = usize::try_from(memory).ok();
        let settings = Settings::default().with_limits(limits);
        program.prepare(wasi().build(), settings).map(drop)
    };
    assert!(matches!(prepare(taken - 1), Err(RunError::TooLarge(_))));
    assert!(prepare(taken).is_ok());
}

#[tokio::test]
async fn what_is_no_command_is_said_with_what_it_has() {
    for (text, sentence) in [
        (
            "(component)",
            "it exports nothing, but a program must export wasi:cli/run@0.2 or wasi:cli/run@0.3",
        ),
        (
            r#"(component (import "other:package/interface" (instance)))"#,
            "it imports other:package/interface, which nothing here provides: a program may import from winsock:spi, ",
        ),
    ] {
        let program = wat::parse_str(text).unwrap();
        let program = Runner::new().compile_here(&program).unwrap();
        let ended = program.run(wasi().build(), Settings::default()).await;
        let refused = ended.unwrap_err().to_string();
        assert!(refused.starts_with(sentence), "{refused}");
    }
}

#[test]
fn without_a_runtime_it_says_what_is_missing() {
    let program = command("", "i32.const 0");
    let program = Runner::new().compile_here(&program).unwrap();
    let refused = program.prepare(wasi().build(), Settings::default());
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("tokio runtime"), "{refused}");
}
