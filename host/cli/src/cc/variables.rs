//! Variables of which each thread has its own, in what was linked.
//!
//! The linker lays them out as a segment of memory, and functions reach them by a global. With
//! memory that is not shared it says where the segment is, for the only thread that there may be.
//! As far as clang 19 the linker also writes the segment's place into the functions, which add
//! both; so what the global says has to be made less, or the sum.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, bail};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{ConstExpr, GlobalSection};
use wasmparser::{ExternalKind, Global, Operator, Parser, Payload};
use wsp_c::clang::Clang;

use super::written_anew;

/// A program of one such variable, and what it exports.
const PROBE: &[u8] = b"_Thread_local int variable = 1; int *place(void) { return &variable; }";
const PROBE_FLAGS: [&str; 5] = [
    "-nostdlib",
    "-Wl,--no-entry",
    "-Wl,--export=place",
    "-xc",
    "-",
];

/// What a program with such variables exports.
pub(super) struct Variables {
    /// The global.
    pub(super) global: u32,
    /// Where they are; 0 if there are none.
    pub(super) place: i32,
    /// Functions add the place by themselves.
    pub(super) is_assumed: bool,
}

impl Variables {
    /// Those of what clang linked, if it has any.
    pub(super) fn of(
        module: &[u8],
        clang: &Clang,
        directory: &Path,
    ) -> anyhow::Result<Option<Variables>> {
        let Some((global, place)) = exported(module).context("what clang linked cannot be read")?
        else {
            return Ok(None);
        };
        Ok(Some(Variables {
            global,
            place,
            is_assumed: place != 0 && assumes_the_place(clang, directory)?,
        }))
    }

    /// The program, if it has one thread, with functions that find its variables.
    pub(super) fn of_one_thread(self, module: &[u8]) -> anyhow::Result<Cow<'_, [u8]>> {
        if !self.is_assumed {
            return Ok(Cow::Borrowed(module));
        }
        let at_nothing = AtNothing {
            global: self.global,
            next: 0,
        };
        Ok(Cow::Owned(written_anew(module, at_nothing)?))
    }
}

/// The global, and the number that it begins with.
fn exported(module: &[u8]) -> anyhow::Result<Option<(u32, i32)>> {
    let mut first = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::GlobalSection(globals) => {
                for global in globals {
                    first.push(number(&global?.init_expr)?);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind != ExternalKind::Global
                        || export.name != wsp_c::THREAD_LOCAL_BASE
                    {
                        continue;
                    }
                    let first = first.get(export.index as usize).copied().flatten();
                    let first = first.context("a global begins with no number")?;
                    return Ok(Some((export.index, first)));
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

/// The number that an expression is, if it is one.
pub(super) fn number(expression: &wasmparser::ConstExpr<'_>) -> anyhow::Result<Option<i32>> {
    Ok(match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Some(value),
        _ => None,
    })
}

/// Whether this linker writes the place of the segment into functions, beside the global.
fn assumes_the_place(clang: &Clang, directory: &Path) -> anyhow::Result<bool> {
    let module = directory.join("probe.wasm");
    let mut command = clang.command();
    command
        .args(wsp_c::THREAD_LOCAL_FLAGS)
        .args(PROBE_FLAGS)
        .arg("-o")
        .arg(&module);
    let mut running = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run clang")?;
    let mut input = running.stdin.take().context("clang takes no source")?;
    input.write_all(PROBE).context("clang takes no source")?;
    drop(input);
    let output = running.wait_with_output().context("cannot run clang")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "clang cannot link a variable of which each thread has its own ({})",
            wsp::one_line(said.trim_end())
        );
    }
    let module = std::fs::read(&module).context("clang has linked nothing")?;
    for payload in Parser::new(0).parse_all(&module) {
        let Payload::CodeSectionEntry(body) = payload? else {
            continue;
        };
        for operator in body.get_operators_reader()? {
            // Without optimization the only number is the variable's, which is the first.
            if let Operator::I32Const { value } = operator? {
                return Ok(value != 0);
            }
        }
    }
    bail!("what clang linked has no variable of which each thread has its own")
}

/// Writes the module anew, with the global 0.
struct AtNothing {
    global: u32,
    next: u32,
}

impl Reencode for AtNothing {
    type Error = std::convert::Infallible;

    fn parse_global(
        &mut self,
        globals: &mut GlobalSection,
        global: Global<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        let kind = self.global_type(global.ty)?;
        let first = match self.next == self.global {
            true => ConstExpr::i32_const(0),
            false => self.const_expr(global.init_expr)?,
        };
        self.next += 1;
        globals.global(kind, &first);
        Ok(())
    }
}
