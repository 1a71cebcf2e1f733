//! Lists the programs and the conformance cases, so that one without a test
//! fails the build.

use std::{env, error::Error, ffi::OsStr, fmt::Write, fs, path::Path};

use serde::Deserialize;

const PROGRAMS: &str = "programs/src/bin";
/// No program: what others run behind.
const INTERPOSER: &str = "interposer";
const CASES: &str = "conformance/cases.toml";

/// `cases.toml`.
#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

/// What names the test of a case.
#[derive(Deserialize)]
struct Case {
    id: String,
    name: String,
    /// Why it is run through the C library alone.
    c_only: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROGRAMS}");
    println!("cargo::rerun-if-changed={CASES}");
    write("foreach_program", "programs.rs", &programs()?)?;
    write("foreach_case", "cases.rs", &cases()?)?;
    Ok(())
}

fn programs() -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for file in fs::read_dir(PROGRAMS)? {
        let path = file?.path();
        if path.extension() == Some(OsStr::new("rs"))
            && let Some(name) = path.file_stem().and_then(OsStr::to_str)
            // The hostile guests have their tests in `hostile/`.
            && !name.starts_with("hostile")
            // Those without Winsock have theirs beside `wsp run`.
            && !name.starts_with("wasi_")
            && name != INTERPOSER
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn cases() -> Result<Vec<String>, Box<dyn Error>> {
    let cases: Cases = toml::from_str(&fs::read_to_string(CASES)?)?;
    let run_here = cases.case.iter().filter(|case| case.c_only.is_none());
    Ok(run_here
        .map(|case| format!("{}_{}", case.id.to_lowercase(), case.name))
        .collect())
}

/// Writes a macro that calls another with each of the names.
fn write(name: &str, file: &str, names: &[String]) -> Result<(), Box<dyn Error>> {
    let mut calls = String::new();
    for name in names {
        writeln!(calls, "        $each!({name});")?;
    }
    let code = format!(
        "/// Calls a macro with each name.\nmacro_rules! {name} {{\n    ($each:ident) => {{\n{calls}    }};\n}}\n"
    );
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join(file), code)?;
    Ok(())
}
