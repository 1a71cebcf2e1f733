//! The symbols of the object that C programs link.
//!
//! A program may define a function of its own that the library has too, as it may
//! on Windows, and wins. So each of the library's names that programs may call is a
//! weak alias, beside a local symbol that the library itself uses: what a program
//! defines is never called from inside of the library, and neither are the library's
//! internal names, which are hidden, in the way of a program's.

use anyhow::{Context, Result, bail, ensure};
use wasmparser::BinaryReader;

/// How many bytes come before the first section.
const HEADER: usize = 8;

/// The number of custom sections.
const CUSTOM: u8 = 0;

/// The custom section of what a linker has to know.
const LINKING: &str = "linking";

/// The number of the table of symbols among its parts.
const SYMBOL_TABLE: u8 = 8;

/// Kinds of symbols, as the conventions of the tools number them.
const FUNCTION: u8 = 0;
const DATA: u8 = 1;
const GLOBAL: u8 = 2;
const SECTION: u8 = 3;
const TAG: u8 = 4;
const TABLE: u8 = 5;

/// Flags of a symbol.
const WEAK: u32 = 0x01;
const LOCAL: u32 = 0x02;
const HIDDEN: u32 = 0x04;
const UNDEFINED: u32 = 0x10;
const EXPORTED: u32 = 0x20;
const EXPLICIT_NAME: u32 = 0x40;

/// One symbol: what comes before its flags is its kind, and the rest stays as it is.
struct Symbol<'a> {
    kind: u8,
    flags: u32,
    rest: &'a [u8],
}

impl<'a> Symbol<'a> {
    fn read(reader: &mut BinaryReader<'a>, bytes: &'a [u8]) -> Result<Symbol<'a>> {
        let kind = reader.read_u8()?;
        let flags = reader.read_var_u32()?;
        let before = reader.bytes_remaining();
        match kind {
            FUNCTION | GLOBAL | TAG | TABLE => {
                reader.read_var_u32()?;
                if flags & UNDEFINED == 0 || flags & EXPLICIT_NAME != 0 {
                    reader.read_string()?;
                }
            }
            DATA => {
                reader.read_string()?;
                if flags & UNDEFINED == 0 {
                    for _ in 0..3 {
                        reader.read_var_u32()?;
                    }
                }
            }
            SECTION => {
                reader.read_var_u32()?;
            }
            other => bail!("a symbol has the unknown kind {other}"),
        }
        let rest = bytes
            .get(bytes.len() - before..bytes.len() - reader.bytes_remaining())
            .context("a symbol ends beyond its table")?;
        Ok(Symbol { kind, flags, rest })
    }

    /// Whether the library defines it, for everybody or for itself.
    fn is_ours(&self) -> bool {
        matches!(self.kind, FUNCTION | DATA) && self.flags & (UNDEFINED | LOCAL | EXPORTED) == 0
    }

    fn write(&self, flags: u32, into: &mut Vec<u8>) {
        into.push(self.kind);
        write_number(flags, into);
        into.extend(self.rest);
    }
}

/// The object with each symbol that is hidden made local, and each other one an
/// overridable alias of a local one.
///
/// # Errors
///
/// The object is not well-formed.
pub(crate) fn settle(object: &[u8]) -> Result<Vec<u8>> {
    let mut reader = BinaryReader::new(object, 0);
    let mut settled = reader.read_bytes(HEADER)?.to_vec();
    let mut found = false;
    while !reader.eof() {
        let kind = reader.read_u8()?;
        let length = reader.read_var_u32()?;
        let section = reader.read_bytes(length as usize)?;
        let mut contents = section.to_vec();
        if kind == CUSTOM {
            let mut reader = BinaryReader::new(section, 0);
            if reader.read_string()? == LINKING {
                found = true;
                let data = reader.read_bytes(reader.bytes_remaining())?;
                contents.clear();
                write_name(LINKING, &mut contents)?;
                contents.extend(linking(data)?);
            }
        }
        settled.push(kind);
        write_number(u32::try_from(contents.len())?, &mut settled);
        settled.extend(contents);
    }
    ensure!(found, "the object says nothing to a linker");
    Ok(settled)
}

/// The linking section with another table of symbols.
fn linking(data: &[u8]) -> Result<Vec<u8>> {
    let mut reader = BinaryReader::new(data, 0);
    let mut written = Vec::new();
    write_number(reader.read_var_u32()?, &mut written);
    while !reader.eof() {
        let kind = reader.read_u8()?;
        let length = reader.read_var_u32()?;
        let part = reader.read_bytes(length as usize)?;
        let part = if kind == SYMBOL_TABLE {
            symbols(part)?
        } else {
            part.to_vec()
        };
        written.push(kind);
        write_number(u32::try_from(part.len())?, &mut written);
        written.extend(part);
    }
    Ok(written)
}

fn symbols(table: &[u8]) -> Result<Vec<u8>> {
    let mut reader = BinaryReader::new(table, 0);
    let before = reader.read_var_u32()?;
    let mut count = before;
    let (mut kept, mut aliases) = (Vec::new(), Vec::new());
    for _ in 0..before {
        let symbol = Symbol::read(&mut reader, table)?;
        if !symbol.is_ours() {
            symbol.write(symbol.flags, &mut kept);
            continue;
        }
        // Numbers of symbols stay what relocations say: aliases come last.
        symbol.write(symbol.flags & !(HIDDEN | WEAK) | LOCAL, &mut kept);
        if symbol.flags & HIDDEN == 0 {
            symbol.write(symbol.flags | WEAK, &mut aliases);
            count += 1;
        }
    }
    let mut written = Vec::new();
    write_number(count, &mut written);
    written.extend(kept);
    written.extend(aliases);
    Ok(written)
}

fn write_name(name: &str, into: &mut Vec<u8>) -> Result<()> {
    write_number(u32::try_from(name.len())?, into);
    into.extend(name.as_bytes());
    Ok(())
}

/// A number as WebAssembly writes it, seven bits at a time.
fn write_number(mut number: u32, into: &mut Vec<u8>) {
    loop {
        let bits = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            into.push(bits);
            return;
        }
        into.push(bits | 0x80);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeSet;

    use super::*;

    /// The names that programs may call.
    fn names(object: &[u8]) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut reader = BinaryReader::new(object, 0);
        reader.read_bytes(HEADER).unwrap();
        while !reader.eof() {
            let kind = reader.read_u8().unwrap();
            let length = reader.read_var_u32().unwrap();
            let mut section = BinaryReader::new(reader.read_bytes(length as usize).unwrap(), 0);
            if kind != CUSTOM || section.read_string().unwrap() != LINKING {
                continue;
            }
            section.read_var_u32().unwrap();
            while !section.eof() {
                let kind = section.read_u8().unwrap();
                let length = section.read_var_u32().unwrap();
                let part = section.read_bytes(length as usize).unwrap();
                if kind == SYMBOL_TABLE {
                    weak_functions(part, &mut names);
                }
            }
        }
        names
    }

    fn weak_functions(table: &[u8], names: &mut BTreeSet<String>) {
        let mut reader = BinaryReader::new(table, 0);
        for _ in 0..reader.read_var_u32().unwrap() {
            let symbol = Symbol::read(&mut reader, table).unwrap();
            if symbol.kind == FUNCTION && symbol.flags & WEAK != 0 && symbol.flags & UNDEFINED == 0
            {
                let mut rest = BinaryReader::new(symbol.rest, 0);
                rest.read_var_u32().unwrap();
                names.insert(rest.read_string().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn the_object_for_threads_has_what_the_other_one_has_and_what_is_listed() {
        let (one, many) = (names(wsp_c::OBJECT), names(wsp_c::OBJECT_FOR_THREADS));
        let missing: Vec<&String> = one.difference(&many).collect();
        assert_eq!(missing, Vec::<&String>::new());
        let more = many.difference(&one).map(String::as_str);
        // What the linker puts in the place of functions of the C library.
        let more: Vec<&str> = more.filter(|name| !name.starts_with("__wrap_")).collect();
        let mut listed = [wsp_c::THREAD_MAKERS, wsp_c::THREAD_FUNCTIONS].concat();
        listed.sort_unstable();
        assert_eq!(more, listed);
    }
}
