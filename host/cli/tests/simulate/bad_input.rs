//! Files and command lines with mistakes.

use std::path::Path;

use crate::{file, simulate, text};

/// Asserts that a file is refused with its place and a sentence.
fn refused(name: &str, written: &str, place: &str, sentence: &str) {
    let file = file(name, written);
    let output = simulate(&file, &[]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains(&format!("{}{place}", file.display())),
        "{said}"
    );
    assert!(said.contains(sentence), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_mistake_is_told_with_its_place_and_how_to_mend_it() {
    for (name, written, place, sentence) in [
        (
            "1",
            "sed = 5\n",
            ":1:1: ",
            "unknown field `sed`, expected one of",
        ),
        (
            "2",
            "\n[network]\ndelay = 'soon'\n",
            ":3:9: ",
            "as in \"1ms..20ms\"",
        ),
        (
            "3",
            "[network.faults]\nreset = 2.0\n",
            ":2:9: ",
            "from 0, never, to 1, always",
        ),
        (
            "4",
            "[[program]]\nname = 'x'\n",
            ":1:1: ",
            "missing field `file`",
        ),
        ("5", "time = '0s'\n", ":1:8: ", "write a time above 0"),
        ("6", "time = \n", ":1:8: ", ""),
        ("7", "", " names no program", "add a table [[program]]"),
    ] {
        refused(&format!("mistake {name}.toml"), written, place, sentence);
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    let empty = file("empty.toml", "");
    for (arguments, sentence) in [
        (&["--without=rain"][..], "name some of losses, resets"),
        (
            &["--allow-outbound=tcp://10.0.0.1:1"],
            "name it in the file, as `policy`",
        ),
        (&["--dir=."], "cannot be used with '--dir"),
        (&["--seed=-1"], "invalid digit"),
    ] {
        let output = simulate(&empty, arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = simulate(Path::new("/nowhere.toml"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("wsp: cannot read the simulation /nowhere.toml"));
    let names = file("names.toml", "[[program]]\nfile = 'nothing.wasm'\n");
    let said = text(&simulate(&names, &[]).stderr);
    assert!(said.contains("nothing.wasm"), "{said}");
}

#[test]
fn two_hosts_of_one_name_or_address_are_refused() {
    for (second, sentence) in [
        ("name = 'a'", "there is a host \"a\" already"),
        (
            "name = 'b'\naddress = '10.0.0.1'",
            "a host has the address 10.0.0.1 already",
        ),
    ] {
        let program = crate::runs::spins().display();
        let twice = file(
            "twice.toml",
            &format!(
                "[[program]]\nname = 'a'\nfile = '{program}'\n[[program]]\nfile = '{program}'\n{second}\n"
            ),
        );
        let said = text(&simulate(&twice, &[]).stderr);
        assert!(said.contains(sentence), "{said}");
    }
}
