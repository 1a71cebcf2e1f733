//! What is told of runs.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};
use wsp::printable;
use wsp::simulation::{Report, Simulation, Stream, Verdict};

use super::is_failure;
use crate::output;

/// A command line that can be given again.
pub(super) struct Command(String);

impl Command {
    /// That of a simulation of `file`, with one more program.
    pub(super) fn new(file: &Path, program: &[String], env: &[(String, String)]) -> Command {
        let mut words = vec!["--simulate".to_owned(), file.display().to_string()];
        for (name, value) in env {
            words.extend(["--env".to_owned(), format!("{name}={value}")]);
        }
        let options = words.iter().map(|word| quoted(word));
        let program = program.iter().map(|word| quoted(word));
        let options: Vec<String> = options.collect();
        let program: Vec<String> = program.collect();
        Command(format!("{}\0{}", options.join(" "), program.join(" ")))
    }

    fn written(&self, seed: u64, simulation: &Simulation) -> String {
        let (options, program) = self.0.split_once('\0').unwrap_or((&self.0, ""));
        let mut command = format!("wsp run {options} --seed {seed}");
        let without: Vec<&str> = simulation.without.iter().map(|one| one.as_str()).collect();
        if !without.is_empty() {
            command = format!("{command} --without {}", without.join(","));
        }
        match program {
            "" => command,
            program => format!("{command} {program}"),
        }
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=,@%+-".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Tells how a run ended, and what the programs printed.
pub(super) fn report(
    report: &Report,
    seed: u64,
    simulation: &Simulation,
    json: bool,
) -> anyhow::Result<()> {
    if json {
        return output::json_line(&value(report, seed, simulation));
    }
    print(report)?;
    if report.dropped > 0 {
        output::say(format_args!(
            "wsp: the programs printed {} bytes more, which are not shown",
            report.dropped
        ));
    }
    let (elapsed, events, digest) = (report.elapsed, report.events, report.digest);
    let verdict = match report.verdict {
        Verdict::Passed => "all ended well".to_owned(),
        Verdict::Failed(place) => match report.programs.get(place) {
            Some(played) => format!("{} {played}", played.name),
            None => "a program failed".to_owned(),
        },
        Verdict::Deadlocked => "all programs wait for ever".to_owned(),
        Verdict::TimeUp => {
            "the simulated time was up; give it more with `time` in the file".to_owned()
        }
        _ => "it ended".to_owned(),
    };
    let sentence = format!(
        "wsp: seed {seed}: {verdict} (after {elapsed:?} of simulated time and {events} events; digest {digest:016x})"
    );
    if !is_failure(report) {
        output::tell(format_args!("{sentence}"));
        return Ok(());
    }
    output::say(format_args!("{sentence}"));
    for played in report
        .programs
        .iter()
        .filter(|played| played.outcome.is_none())
    {
        output::say(format_args!("wsp: {} {played}", played.name));
    }
    Ok(())
}

fn value(report: &Report, seed: u64, simulation: &Simulation) -> Value {
    let verdict = match report.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed(_) => "failed",
        Verdict::Deadlocked => "deadlocked",
        Verdict::TimeUp => "time-up",
        _ => "other",
    };
    let programs: Vec<Value> = report
        .programs
        .iter()
        .map(|played| {
            json!({
                "name": played.name,
                "status": played.outcome.as_ref().map(|outcome| outcome.exit_status()),
                "ended": played.to_string(),
                "last_turn_ms": played.last_turn.as_secs_f64() * 1e3,
                "waits": played.waits,
            })
        })
        .collect();
    let printed: Vec<Value> = report
        .printed
        .iter()
        .map(|printed| {
            let name = report
                .programs
                .get(printed.program)
                .map(|played| &played.name);
            json!({
                "program": name,
                "stream": stream(printed.stream),
                "text": String::from_utf8_lossy(&printed.bytes),
            })
        })
        .collect();
    let without: Vec<&str> = simulation.without.iter().map(|one| one.as_str()).collect();
    json!({
        "seed": seed,
        "without": without,
        "verdict": verdict,
        "elapsed_ms": report.elapsed.as_secs_f64() * 1e3,
        "events": report.events,
        "digest": format!("{:016x}", report.digest),
        "programs": programs,
        "printed": printed,
    })
}

fn stream(stream: Stream) -> &'static str {
    match stream {
        Stream::Output => "stdout",
        Stream::Error => "stderr",
    }
}

/// Prints what the programs printed: as it is if there is one, and otherwise line by line with
/// the name of each.
fn print(report: &Report) -> anyhow::Result<()> {
    if report.programs.len() == 1 {
        for printed in &report.printed {
            write(printed.stream, &printed.bytes)?;
        }
        return Ok(());
    }
    let widest = report
        .programs
        .iter()
        .map(|played| played.name.chars().count());
    let width = widest.max().unwrap_or(0);
    let mut begun: BTreeMap<(usize, bool), Vec<u8>> = BTreeMap::new();
    let line = |program: usize, stream: Stream, text: &[u8]| {
        let name = report
            .programs
            .get(program)
            .map_or("", |played| &played.name);
        let text = String::from_utf8_lossy(text);
        let line = format!("{:width$} | {}\n", printable(name), printable(&text));
        write(stream, line.as_bytes())
    };
    for printed in &report.printed {
        let key = (printed.program, printed.stream == Stream::Error);
        let begun = begun.entry(key).or_default();
        for piece in printed.bytes.split_inclusive(|byte| *byte == b'\n') {
            begun.extend(piece);
            if let Some(text) = begun.strip_suffix(b"\n") {
                line(printed.program, printed.stream, text)?;
                begun.clear();
            }
        }
    }
    for ((program, is_error), text) in begun {
        if !text.is_empty() {
            let stream = if is_error {
                Stream::Error
            } else {
                Stream::Output
            };
            line(program, stream, &text)?;
        }
    }
    Ok(())
}

fn write(stream: Stream, bytes: &[u8]) -> anyhow::Result<()> {
    match stream {
        Stream::Output => output::write(bytes),
        Stream::Error => io::stderr()
            .write_all(bytes)
            .context("cannot write to standard error"),
    }
}

/// Tells how to see a run again that was found.
pub(super) fn replay(command: &Command, seed: u64, simulation: &Simulation, runs: u64) {
    let command = command.written(seed, simulation);
    output::say(format_args!(
        "wsp: found in {runs} runs; run it again with\n  {command}"
    ));
}

/// Tells that nothing went wrong.
pub(super) fn nothing_found(seed: u64, count: u64, json: bool) -> anyhow::Result<()> {
    let last = seed.saturating_add(count.saturating_sub(1));
    if json {
        return output::json_line(&json!({
            "verdict": "passed",
            "first_seed": seed,
            "last_seed": last,
        }));
    }
    output::tell(format_args!(
        "wsp: nothing went wrong with the seeds from {seed} to {last}"
    ));
    Ok(())
}
