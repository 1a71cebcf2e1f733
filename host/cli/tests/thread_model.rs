//! Random programs of two to eight threads over the C library's objects and locks, against a
//! model of what these do.
//!
//! `WSP_THREAD_SEQUENCES` says how many, `WSP_THREAD_SEED` which.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking, and its modules are its own"
)]

#[path = "thread_model/model.rs"]
mod model;

use std::env;
use std::path::Path;
use std::time::Duration;

use model::{Model, OBJECTS, Step};

/// Without a wish for another number.
const SEQUENCES: usize = 5_000;

/// Programs of one run.
const BATCH: usize = 500;

/// No run takes longer, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(300);

/// Numbers that are the same from run to run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
}

type Program = Vec<Vec<Step>>;

/// Steps, more of those that let others go on.
const LETTERS: &[u8] = b"wwwpoaasssssssrcctlllvnnNxhffffyyyqqzjummme";

fn program(random: &mut Random) -> Program {
    let threads = 2 + random.below(7);
    // Of a few objects only, so that threads meet.
    let objects: Vec<usize> = (0..1 + random.below(3))
        .map(|_| random.below(OBJECTS))
        .collect();
    (0..threads)
        .map(|_| {
            let steps = 3 + random.below(14);
            let steps = (0..steps).map(|_| {
                let letter = LETTERS[random.below(LETTERS.len())];
                let object = |random: &mut Random| objects[random.below(objects.len())];
                let number = match letter {
                    b'q' | b'j' | b'u' | b'm' => random.below(threads),
                    _ => object(random),
                };
                let mut other = object(random);
                // Handles of a wait for all must differ.
                if matches!(letter, b'a' | b'o') && other == number {
                    other = (number + 1) % OBJECTS;
                }
                Step {
                    letter,
                    number,
                    other,
                }
            });
            steps.flat_map(with_its_section).collect()
        })
        .collect()
}

/// A wait for the variable is one inside of the section.
fn with_its_section(step: Step) -> Vec<Step> {
    let inside = |letter| Step { letter, ..step };
    match step.letter {
        b'v' => vec![inside(b'c'), step, inside(b'l')],
        _ => vec![step],
    }
}

fn line(program: &Program) -> String {
    let mut line = String::new();
    for steps in program {
        for step in steps {
            line.push(char::from(step.letter));
            line.push_str(&format!("{}{}", step.number, step.other));
        }
        line.push(';');
    }
    line.push('\n');
    line
}

/// Follows what was printed of a program.
fn follow(program: &Program, printed: &str) -> Result<(), String> {
    let mut model = Model::new(program.len());
    let mut next = vec![0; program.len()];
    for event in printed.split_whitespace() {
        let thread = usize::from(event.as_bytes()[0] - b'0');
        let steps = program.get(thread).ok_or("there is no such thread")?;
        if event.as_bytes()[1] == b'<' {
            let step = steps.get(next[thread]).ok_or("there is no such step")?;
            next[thread] += 1;
            let written = format!("{}{}{}", char::from(step.letter), step.number, step.other);
            if event.get(2..) != Some(&written) {
                return Err(format!("thread {thread} begins {event}, and not {written}"));
            }
            model.begins(thread, *step)?;
        } else {
            let result = event.get(2..).and_then(|result| result.parse().ok());
            let result = result.ok_or_else(|| format!("what is {event}"))?;
            model.ends(thread, result)?;
            if next[thread] == steps.len() {
                model.is_through(thread);
            }
        }
    }
    model.is_quiet()
}

fn build() -> std::path::PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let component = directory.join("thread_model.wasm");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/thread_model/interpreter.c");
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp"));
    let output = command
        .args(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .args([&component, &source])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    component
}

fn number(variable: &str, otherwise: usize) -> usize {
    env::var(variable).map_or(otherwise, |value| value.parse().unwrap())
}

#[test]
fn threads_do_what_the_model_says() {
    let component = build();
    let mut random = Random(number("WSP_THREAD_SEED", 20_260_517) as u64 | 1);
    let mut left = number("WSP_THREAD_SEQUENCES", SEQUENCES);
    while left > 0 {
        let count = left.min(BATCH);
        left -= count;
        let programs: Vec<Program> = (0..count).map(|_| program(&mut random)).collect();
        let lines: String = programs.iter().map(line).collect();
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp"));
        let output = command
            .arg("run")
            .arg(&component)
            .write_stdin(lines)
            .timeout(LIMIT)
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        for (program, printed) in programs.iter().zip(printed.lines()) {
            if let Err(wrong) = follow(program, printed) {
                panic!("{wrong}\nof {}{printed}\n{said}", line(program));
            }
        }
        assert_eq!(printed.lines().count(), count, "{said}");
        assert!(output.status.success(), "{said}");
    }
}
