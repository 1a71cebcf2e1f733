//! What people expect of every command: completions, pages, colours, silence, variables.

use std::fs;

use serde_json::Value;

use crate::support::{Running, ended, first_line, program, text, wsp};

#[test]
fn every_shell_gets_completions_that_know_the_subcommands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = wsp(&["completions", shell]).assert().success();
        let script = text(&output.get_output().stdout);
        for word in ["listen", "allow-outbound", "explain"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
}

#[test]
fn there_is_a_manual_page_for_the_command_and_for_each_subcommand() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("man1");
    wsp(&["man", pages.to_str().unwrap()]).assert().success();
    for name in ["wsp", "wsp-send", "wsp-run", "wsp-policy-explain"] {
        let page = fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".SH NAME"), "{name}: {page}");
    }
    let printed = wsp(&["man"]).assert().success();
    let page = fs::read(pages.join("wsp.1")).unwrap();
    assert_eq!(text(&printed.get_output().stdout), text(&page));
}

#[test]
fn colours_are_shown_if_they_are_wanted_and_never_with_no_color() {
    // A denial, which is logged.
    let colours = |variables: &[(&str, &str)]| {
        let denied = wsp(&["run", &program("connect_denied"), "127.0.0.1:9"])
            .envs(variables.iter().copied())
            .assert();
        text(&denied.get_output().stderr).contains('\u{1b}')
    };
    assert!(colours(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colours(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colours(&[]));
}

#[test]
fn a_quiet_command_says_only_what_went_wrong() {
    let mut listener = Running::wsp(&["listen", "-q", "tcp://127.0.0.1:0", "--once", "--json"]);
    let mut output = listener.0.stdout.take().unwrap();
    let address: Value = serde_json::from_str(&first_line(&mut output)).unwrap();
    let target = address["listening"].as_str().unwrap();
    let sent = wsp(&["send", "--quiet", target, "--buffer", "x"]).assert();
    assert_eq!(text(&sent.success().get_output().stderr), "");
    let (status, said) = ended(listener);
    assert_eq!((status, said.as_str()), (Some(0), ""));

    let failed = wsp(&["run", "-q", "missing.wasm"]).assert().code(1);
    assert!(text(&failed.get_output().stderr).contains("cannot read missing.wasm"));
    wsp(&["run", "-q", "-v", "missing.wasm"]).assert().code(2);
}

#[test]
fn options_can_be_given_by_variables_and_the_option_counts_first() {
    let directory = tempfile::tempdir().unwrap();
    let policy = directory.path().join("policy.toml");
    fs::write(&policy, "[outbound]\nallow = [\"tcp://192.0.2.1:443\"]\n").unwrap();
    let explain = |policy: &str, arguments: &[&str]| {
        let mut explained = wsp(&["policy", "explain", "tcp://192.0.2.1:443"]);
        explained.args(arguments).env("WSP_POLICY", policy);
        explained.assert().get_output().status.code()
    };
    let policy = policy.to_str().unwrap();
    assert_eq!(explain(policy, &[]), Some(0));
    assert_eq!(explain("missing.toml", &["--policy", policy]), Some(0));
    assert_eq!(explain("missing.toml", &[]), Some(2));
    let late = wsp(&["run", "missing.wasm"])
        .env("WSP_TIMEOUT", "soon")
        .assert()
        .code(2);
    assert!(text(&late.get_output().stderr).contains("--timeout"));
}
