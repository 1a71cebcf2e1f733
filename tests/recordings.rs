//! Recordings that somebody has damaged or forged: whatever is in one, a sentence or an end.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io::Cursor;
use std::time::Duration;

use tokio::net::TcpListener;
use wsp::Settings;
use wsp::policy::{Policy, Protocol};
use wsp::run::{Outcome, Program, Runner};
use wsp::tape::{Recorder, Replayer};
use wsp_tests::directory_of_programs;

/// A program that sends, and the recording of one run.
async fn recorded() -> (Program, Vec<u8>, Vec<u8>) {
    let file = directory_of_programs(env!("CARGO_TARGET_TMPDIR")).join("burst_of_sends.wasm");
    let bytes = fs::read(file).unwrap();
    let program = Runner::new().compile_here(&bytes).unwrap();
    let peer = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = peer.local_addr().unwrap();
    let tape = tempfile::NamedTempFile::new().unwrap();
    let arguments = ["burst_of_sends".to_owned(), address.to_string()];
    let no_variables: [(&str, &str); 0] = [];
    let recorder = Recorder::new(tape.reopen().unwrap(), &bytes, &arguments, &no_variables);
    let recorder = recorder.unwrap();
    let wasi = recorder
        .wasi(tokio::io::empty(), tokio::io::empty())
        .build();
    let settings = Settings::new(Policy::naming(Protocol::Tcp, &[address]));
    let running = program.record(wasi, settings, &recorder).unwrap().run();
    let reading = async {
        let (mut stream, _) = peer.accept().await.unwrap();
        tokio::io::copy(&mut stream, &mut tokio::io::sink())
            .await
            .unwrap()
    };
    let (ended, received) = tokio::join!(running, reading);
    assert!(ended.unwrap().is_success());
    assert_eq!(received, 480);
    (program, bytes, fs::read(tape.path()).unwrap())
}

/// How a replay of `tape` ended; none if it could not begin, or was not to end.
async fn replay(program: &Program, bytes: &[u8], tape: Vec<u8>) -> Option<Outcome> {
    let replayer = Replayer::new(Cursor::new(tape), bytes).ok()?;
    let wasi = replayer.wasi(tokio::io::empty()).build();
    let prepared = program.replay(wasi, &replayer).ok()?;
    let ended = tokio::time::timeout(Duration::from_secs(10), prepared.run()).await;
    ended.ok()?.ok()
}

#[tokio::test]
async fn the_recording_itself_is_replayed() {
    let (program, bytes, tape) = recorded().await;
    let ended = replay(&program, &bytes, tape).await.unwrap();
    assert!(ended.is_success(), "{ended:?}");
}

#[tokio::test]
async fn a_recording_that_is_cut_anywhere_is_never_taken_for_the_whole() {
    let (program, bytes, tape) = recorded().await;
    for length in (0..tape.len()).step_by(37) {
        let ended = replay(&program, &bytes, tape[..length].to_vec()).await;
        let cut_off = match &ended {
            None => true,
            Some(Outcome::Diverged(_)) => true,
            Some(_) => false,
        };
        assert!(cut_off, "cut to {length} bytes: {ended:?}");
    }
}

#[tokio::test]
async fn a_recording_with_any_byte_changed_makes_nothing_panic() {
    let (program, bytes, tape) = recorded().await;
    for at in (0..tape.len()).step_by(13) {
        for change in [0x01, 0x80, 0xff] {
            let mut forged = tape.clone();
            forged[at] ^= change;
            // Whatever it is, it is an end: a panic would end the test.
            let _ = replay(&program, &bytes, forged).await;
        }
    }
}

#[tokio::test]
async fn an_entry_as_long_as_it_likes_is_refused_before_it_is_read() {
    let (program, bytes, tape) = recorded().await;
    let header = u32::from_le_bytes(tape[12..16].try_into().unwrap()) as usize;
    let mut forged = tape[..16 + header].to_vec();
    forged.extend(u32::MAX.to_le_bytes());
    match replay(&program, &bytes, forged).await {
        Some(Outcome::Diverged(divergence)) => {
            let sentence = divergence.to_string();
            assert!(
                sentence.contains("longer than any that is written"),
                "{sentence}"
            );
        }
        ended => panic!("{ended:?}"),
    }
}
