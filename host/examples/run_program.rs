//! Runs a program with a policy, a quota and a cache, and reports what it held and was refused.
//!
//! `cargo run -p wsp-host --features run --example run_program -- PROGRAM.wasm [RULE...]`

use std::error::Error;
use std::fs::File;
use std::time::Duration;

use wsp::isolate::{self, Compiler, Source};
use wsp::policy::Policy;
use wsp::run::{self, Outcome, Runner};
use wsp::{Limits, Settings};

fn main() -> Result<(), Box<dyn Error>> {
    // This program is the compiler too, in a child process of bounded time and memory.
    isolate::run_if_child(run::configure);
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().ok_or("name a program")?;
    let rules: Vec<String> = arguments.collect();
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(run_program(&program, &rules))?;
    println!("{outcome}");
    Ok(())
}

async fn run_program(program: &str, rules: &[String]) -> Result<String, Box<dyn Error>> {
    let mut policy = Policy::deny_all();
    for rule in rules {
        policy = policy.allow_outbound(rule.parse()?)?;
    }
    let mut limits = Limits::default();
    limits.memory_bytes = Some(64 << 20);
    limits.timeout = Some(Duration::from_secs(30));

    let runner = Runner::new();
    let compiled = runner
        .compile(&Compiler::new()?, Source::File(File::open(program)?))
        .await?;
    let wasi = run::wasi().inherit_stdout().args(&[program]).build();
    let settings = Settings::new(policy).with_limits(limits);
    Ok(match compiled.run(wasi, settings).await? {
        Outcome::Exited(status) => format!("it ended with {status}"),
        Outcome::Trapped(trap) => format!("it trapped: {trap}"),
        Outcome::TimedOut(ended) => format!("{ended} after {:?}, and was ended", ended.limit()),
        Outcome::Revoked => "it was ended by a change of its policy".to_owned(),
        _ => "it has ended".to_owned(),
    })
}
