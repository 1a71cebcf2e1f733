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
    /// Why a portable program is not like that.
    not_portable: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROGRAMS}");
    println!("cargo::rerun-if-changed={CASES}");
    write("foreach_program", "programs.rs", &programs()?)?;
    let cases = cases()?;
    write("foreach_case", "cases.rs", &names(&cases, |_| true))?;
    let portable = names(&cases, |case| case.not_portable.is_none());
    write("foreach_portable_case", "portable_cases.rs", &portable)?;
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
            // Those that are run portable alone have theirs in `portable.rs`.
            && !name.starts_with("portable")
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

/// Those that are run here.
fn cases() -> Result<Vec<Case>, Box<dyn Error>> {
    let Cases { mut case } = toml::from_str(&fs::read_to_string(CASES)?)?;
    case.retain(|case| case.c_only.is_none());
    Ok(case)
}

fn names(cases: &[Case], wanted: impl Fn(&Case) -> bool) -> Vec<String> {
    let wanted = cases.iter().filter(|case| wanted(case));
    wanted
        .map(|case| format!("{}_{}", case.id.to_lowercase(), case.name))
        .collect()
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
