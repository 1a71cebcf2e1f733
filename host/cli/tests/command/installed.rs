//! What `cargo install --path host/cli` builds the command of.

use std::env;
use std::process::Command;

use crate::support::text;

#[test]
fn the_installed_command_has_nothing_in_it_that_is_for_tests_and_measurements() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--package=wsp-cli"])
        .args(["--edges=normal,features", "--prefix=none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let tree = text(&output.stdout);
    let lines: Vec<&str> = tree.lines().collect();
    assert!(lines.contains(&"wsp-host feature \"default\""), "{tree}");
    for unwanted in [
        "wsp-host feature \"laboratory\"",
        "wsp-host feature \"fault-injection\"",
        "core_affinity",
        "plotters",
        "wsp-bench",
    ] {
        let found = lines.iter().find(|line| line.starts_with(unwanted));
        assert_eq!(found, None, "{unwanted}");
    }
}
