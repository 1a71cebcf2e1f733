//! Lists the programs and the conformance cases, so that one without a test
//! fails the build.

use std::{env, error::Error, ffi::OsStr, fmt::Write, fs, path::Path};

use toml::Table;

const PROGRAMS: &str = "programs/src/bin";
/// No program: what others run behind.
const INTERPOSER: &str = "interposer";
const CASES: &str = "conformance/cases.toml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROGRAMS}");
    println!("cargo::rerun-if-changed={CASES}");
    write("foreach_program", "programs.rs", &programs()?)?;
    let cases = cases()?;
    write("foreach_case", "cases.rs", &names(&cases, |_| true)?)?;
    // Why a portable program is not like that.
    let portable = names(&cases, |case| !case.contains_key("not_portable"))?;
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

/// Those that are run here, as tables: serde's macro, for build scripts as for the rest, would
/// have wasmtime's macros built a second time.
fn cases() -> Result<Vec<Table>, Box<dyn Error>> {
    let mut file: Table = fs::read_to_string(CASES)?.parse()?;
    let cases = file.remove("case").ok_or("there is no case")?;
    let mut cases: Vec<Table> = cases.try_into()?;
    // Why a case is run through the C library alone.
    cases.retain(|case| !case.contains_key("c_only"));
    Ok(cases)
}

/// The names of the tests of those cases that are `wanted`.
fn names(cases: &[Table], wanted: impl Fn(&Table) -> bool) -> Result<Vec<String>, Box<dyn Error>> {
    let wanted = cases.iter().filter(|case| wanted(case));
    let text = |case: &Table, key: &str| {
        let value = case.get(key).and_then(|value| value.as_str());
        value
            .map(str::to_owned)
            .ok_or(format!("a case has no {key}"))
    };
    wanted
        .map(|case| {
            Ok(format!(
                "{}_{}",
                text(case, "id")?.to_lowercase(),
                text(case, "name")?
            ))
        })
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
