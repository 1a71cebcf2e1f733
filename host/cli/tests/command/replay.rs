//! `wsp run --record` and `wsp replay`.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;

use tempfile::TempDir;

use crate::support::{program, text, tracing, wsp};

/// A program of C that sends a text to its peer, and prints a line.
const SENDS: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>

#ifndef SENT
#define SENT "hello"
#endif

int main(int argc, char **argv) {
    WSADATA data;
    struct sockaddr_in peer = {0};
    char line[32] = "nothing";
    SOCKET s;
    if (argc < 2 || WSAStartup(MAKEWORD(2, 2), &data))
        return 2;
    peer.sin_family = AF_INET;
    peer.sin_port = htons((unsigned short)atoi(argv[1]));
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&peer, sizeof peer))
        return 3;
    if (send(s, SENT, (int)strlen(SENT), 0) != (int)strlen(SENT))
        return 4;
    if (fgets(line, sizeof line, stdin))
        line[strcspn(line, "\n")] = 0;
    printf("sent %s, read %s, level %s\n", SENT, line, getenv("LEVEL"));
    closesocket(s);
    return 0;
}
"#;

/// A program, and a recording of it.
struct Recorded {
    directory: TempDir,
}

impl Recorded {
    fn new() -> Recorded {
        let recorded = Recorded {
            directory: tempfile::tempdir().unwrap(),
        };
        fs::write(recorded.path("program.c"), SENDS).unwrap();
        recorded.build("program.wasm", &[]);
        recorded.record();
        recorded
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn build(&self, program: &str, flags: &[&str]) {
        let (source, program) = (self.name("program.c"), self.name(program));
        let arguments = ["cc", &source, "-o", &program];
        wsp(&[&arguments, flags].concat()).assert().success();
    }

    fn record(&self) {
        let peer = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = peer.local_addr().unwrap().port();
        let reading = thread::spawn(move || {
            let mut received = String::new();
            peer.accept()
                .unwrap()
                .0
                .read_to_string(&mut received)
                .unwrap();
            received
        });
        let rule = format!("--allow-outbound=tcp://127.0.0.1:{port}");
        let record = format!("--record={}", self.name("run.tape"));
        let program = self.name("program.wasm");
        wsp(&[
            "run",
            &rule,
            &record,
            "--env=LEVEL=3",
            &program,
            &port.to_string(),
        ])
        .write_stdin("a line\n")
        .assert()
        .code(0)
        .stdout("sent hello, read a line, level 3\n");
        assert_eq!(reading.join().unwrap(), "hello");
    }
}

#[test]
fn a_program_is_replayed_without_a_network() {
    let recorded = Recorded::new();
    let replayed = tracing("%network")
        .args(["replay", &recorded.name("run.tape")])
        .arg(recorded.name("program.wasm"))
        .output()
        .unwrap();
    let calls = text(&replayed.stderr);
    assert_eq!(replayed.status.code(), Some(0), "{calls}");
    assert_eq!(text(&replayed.stdout), "sent hello, read a line, level 3\n");
    // The runtime's own pair for signals, and nothing that has an address.
    let told: Vec<_> = calls
        .lines()
        .filter(|line| {
            line.contains("AF_INET") || line.contains("connect(") || line.contains("sendmsg(")
        })
        .collect();
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn the_first_send_that_differs_ends_a_changed_program_and_is_told() {
    let recorded = Recorded::new();
    recorded.build("changed.wasm", &["-DSENT=\"jello\""]);
    let (tape, changed) = (recorded.name("run.tape"), recorded.name("changed.wasm"));
    let refused = wsp(&["replay", &tape, &changed]).assert().code(1);
    let sentence = text(&refused.get_output().stderr);
    assert!(sentence.contains("it is of another program"), "{sentence}");

    let ended = wsp(&["replay", "--changed", &tape, &changed])
        .assert()
        .code(123);
    let output = ended.get_output();
    let sentence = text(&output.stderr);
    assert_eq!(text(&output.stdout), "");
    assert!(
        sentence.contains("changed.wasm differs from its recording at call "),
        "{sentence}"
    );
    let (now, was) = sentence.split_once(", but gather.send").unwrap();
    assert!(now.contains("it called gather.send"), "{sentence}");
    assert!(
        now.contains("5 bytes ") && was.contains("5 bytes "),
        "{sentence}"
    );
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
}

#[test]
fn a_program_that_prints_more_is_replayed_if_it_may_have_changed() {
    let recorded = Recorded::new();
    let source = SENDS.replace("return 0;", "puts(\"more\");\n    return 0;");
    fs::write(recorded.path("program.c"), source).unwrap();
    recorded.build("more.wasm", &[]);
    let (tape, more) = (recorded.name("run.tape"), recorded.name("more.wasm"));
    wsp(&["replay", "--changed", &tape, &more])
        .assert()
        .code(0)
        .stdout("sent hello, read a line, level 3\nmore\n");
}

#[test]
fn a_recording_that_was_cut_off_is_replayed_up_to_there() {
    let recorded = Recorded::new();
    let tape = fs::read(recorded.path("run.tape")).unwrap();
    let cut = recorded.name("cut.tape");
    fs::write(&cut, &tape[..tape.len() * 3 / 4]).unwrap();
    let ended = wsp(&["replay", &cut, &recorded.name("program.wasm")])
        .assert()
        .code(123);
    let sentence = text(&ended.get_output().stderr);
    assert!(
        sentence.contains("did all that was recorded of it; the recording was cut off after byte "),
        "{sentence}"
    );
}

#[test]
fn what_is_no_recording_of_the_program_is_refused_with_a_sentence() {
    let recorded = Recorded::new();
    let tape = fs::read(recorded.path("run.tape")).unwrap();
    let (other, own) = (program("exit_status"), recorded.name("program.wasm"));
    let mut newer = tape.clone();
    newer[8] = 9;
    let mut forged = tape.clone();
    let end = forged.len() - 40;
    forged[end..].fill(0xff);
    for (bytes, program, sentence) in [
        (&tape[..], &other, "it is of another program"),
        (&tape[..5], &own, "it is no recording"),
        (b"a text of some length", &own, "it is no recording"),
        (&newer[..], &own, "it has version 9 of the format"),
        (&forged[..], &own, "it is damaged at byte "),
    ] {
        let file = recorded.name("other.tape");
        fs::write(&file, bytes).unwrap();
        let refused = wsp(&["replay", &file, program]).assert().code(1);
        let said = text(&refused.get_output().stderr);
        assert!(said.contains(sentence), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_recording_is_its_owners_and_replaces_nothing_else() {
    let recorded = Recorded::new();
    let mode = |name| {
        fs::metadata(recorded.path(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("run.tape"), 0o600);
    let permissions = fs::Permissions::from_mode(0o644);
    fs::set_permissions(recorded.path("run.tape"), permissions).unwrap();
    recorded.record();
    assert_eq!(mode("run.tape"), 0o600);

    let program = recorded.name("program.wasm");
    let record = format!("--record={}", recorded.name("program.c"));
    let refused = wsp(&["run", &record, &program]).assert().code(1);
    let sentence = text(&refused.get_output().stderr);
    assert!(
        sentence.contains("it is there already, and is no recording"),
        "{sentence}"
    );
    let kept = fs::read_to_string(Path::new(&recorded.path("program.c"))).unwrap();
    assert_eq!(kept, SENDS);
}
