//! Runs random sequences of operations on the provider and on the model.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::env;
use std::str::FromStr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use proptest::test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestRng, TestRunner};
use wsp_model::{
    check::{check, check_both_forms},
    operation::{Sequence, sequences},
};

/// How many sequences run where `WSP_MODEL_SEQUENCES` does not say.
const SEQUENCES: u32 = 2_000;

/// Where sequences are kept that once failed; they run first.
const REGRESSIONS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/proptest-regressions/sequences.txt"
);

/// The same for those that differed between the forms of a send.
const REGRESSIONS_OF_FORMS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/proptest-regressions/forms.txt"
);

fn number<N: FromStr>(name: &str) -> Option<N> {
    let text = env::var(name).ok()?;
    let number = text.parse().ok();
    Some(number.unwrap_or_else(|| panic!("{name} is `{text}`, which is no such number")))
}

#[test]
fn the_provider_answers_every_sequence_of_calls_as_the_model_does() {
    let wanted = number("WSP_MODEL_SEQUENCES").unwrap_or(SEQUENCES);
    run(wanted, REGRESSIONS, check);
}

#[test]
fn a_send_in_three_calls_answers_as_one_in_a_single_call_does() {
    // Each runs twice.
    let wanted = number("WSP_MODEL_SEQUENCES").unwrap_or(SEQUENCES) / 8;
    run(wanted.max(1), REGRESSIONS_OF_FORMS, check_both_forms);
}

fn run(sequences_wanted: u32, regressions: &'static str, check: fn(&Sequence)) {
    let seed: u64 = number("WSP_MODEL_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(now.as_nanos() & u128::from(u64::MAX)).unwrap()
    });
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: sequences_wanted,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
        source_file: Some(file!()),
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let began = Instant::now();
    let outcome = TestRunner::new_with_rng(config, rng).run(&sequences(), |sequence| {
        check(&sequence);
        Ok(())
    });
    println!(
        "seed {seed}, {sequences_wanted} sequences, {:.1} s",
        began.elapsed().as_secs_f64()
    );
    if let Err(error) = outcome {
        panic!("seed {seed}: {error}");
    }
}
