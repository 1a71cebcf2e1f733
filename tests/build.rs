//! Lists the programs, so that one without a test fails the build.

use std::{env, error::Error, ffi::OsStr, fmt::Write, fs, path::Path};

const PROGRAMS: &str = "programs/src/bin";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROGRAMS}");
    let mut names = Vec::new();
    for file in fs::read_dir(PROGRAMS)? {
        let path = file?.path();
        if path.extension() == Some(OsStr::new("rs"))
            && let Some(name) = path.file_stem().and_then(OsStr::to_str)
        {
            names.push(name.to_owned());
        }
    }
    names.sort();

    let mut calls = String::new();
    for name in names {
        writeln!(calls, "        $each!({name});")?;
    }
    let code = format!(
        "/// Calls a macro with the name of every program.\nmacro_rules! foreach_program {{\n    ($each:ident) => {{\n{calls}    }};\n}}\n"
    );
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join("programs.rs"), code)?;
    Ok(())
}
