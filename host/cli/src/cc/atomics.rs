//! Atomic instructions as plain ones.
//!
//! Clang gives each thread variables of its own only if atomic instructions may be used, and
//! then uses them. Threads run by turns and are not interrupted, so that plain instructions are
//! as atomic, cost less, and are known to every host.

use std::borrow::Cow;
use std::collections::VecDeque;

use anyhow::Context;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{BlockType, CodeSection, Function, Instruction, MemArg, ValType};
use wasmparser::{BinaryReader, CompositeInnerType, FunctionBody, Operator, Parser, Payload};

use super::written_anew;

/// The byte that atomic instructions begin with.
const PREFIX: u8 = 0xfe;

/// The module without atomic instructions.
pub(super) fn made_plain(module: &[u8]) -> anyhow::Result<Cow<'_, [u8]>> {
    let cannot = "what clang linked cannot be read";
    let plain = Plain::of(module).context(cannot)?;
    if plain.used.iter().all(|used| !used) {
        return Ok(Cow::Borrowed(module));
    }
    Ok(Cow::Owned(written_anew(module, plain)?))
}

/// How much of a number an instruction reads or writes, as they follow each other.
#[derive(Clone, Copy)]
enum Width {
    Whole32,
    Whole64,
    Low8Of32,
    Low16Of32,
    Low8Of64,
    Low16Of64,
    Low32Of64,
}

/// What an instruction does, as they follow each other.
#[derive(Clone, Copy)]
enum Action {
    Notify,
    Wait,
    Fence,
    Load(Width),
    Store(Width),
    Change(Change, Width),
    CompareAndExchange(Width),
}

#[derive(Clone, Copy)]
enum Change {
    Add,
    Subtract,
    And,
    Or,
    Xor,
    Exchange,
}

impl Action {
    fn numbered(number: u32) -> Option<Action> {
        const LOADS: u32 = 0x10;
        const KINDS: usize = 9;
        const CHANGES: [Change; 6] = [
            Change::Add,
            Change::Subtract,
            Change::And,
            Change::Or,
            Change::Xor,
            Change::Exchange,
        ];
        const WIDTHS: [Width; 7] = [
            Width::Whole32,
            Width::Whole64,
            Width::Low8Of32,
            Width::Low16Of32,
            Width::Low8Of64,
            Width::Low16Of64,
            Width::Low32Of64,
        ];
        match number {
            0 => return Some(Action::Notify),
            1 | 2 => return Some(Action::Wait),
            3 => return Some(Action::Fence),
            _ => {}
        }
        let position = number.checked_sub(LOADS)? as usize;
        let width = *WIDTHS.get(position % WIDTHS.len())?;
        let kind = position / WIDTHS.len();
        match kind {
            0 => Some(Action::Load(width)),
            1 => Some(Action::Store(width)),
            KINDS.. => None,
            kind => Some(match CHANGES.get(kind - 2) {
                Some(change) => Action::Change(*change, width),
                None => Action::CompareAndExchange(width),
            }),
        }
    }
}

impl Width {
    fn is_64(self) -> bool {
        !matches!(self, Width::Whole32 | Width::Low8Of32 | Width::Low16Of32)
    }

    fn load(self, place: MemArg) -> Instruction<'static> {
        match self {
            Width::Whole32 => Instruction::I32Load(place),
            Width::Whole64 => Instruction::I64Load(place),
            Width::Low8Of32 => Instruction::I32Load8U(place),
            Width::Low16Of32 => Instruction::I32Load16U(place),
            Width::Low8Of64 => Instruction::I64Load8U(place),
            Width::Low16Of64 => Instruction::I64Load16U(place),
            Width::Low32Of64 => Instruction::I64Load32U(place),
        }
    }

    fn store(self, place: MemArg) -> Instruction<'static> {
        match self {
            Width::Whole32 => Instruction::I32Store(place),
            Width::Whole64 => Instruction::I64Store(place),
            Width::Low8Of32 => Instruction::I32Store8(place),
            Width::Low16Of32 => Instruction::I32Store16(place),
            Width::Low8Of64 => Instruction::I64Store8(place),
            Width::Low16Of64 => Instruction::I64Store16(place),
            Width::Low32Of64 => Instruction::I64Store32(place),
        }
    }

    fn equal(self) -> Instruction<'static> {
        if self.is_64() {
            Instruction::I64Eq
        } else {
            Instruction::I32Eq
        }
    }
}

impl Change {
    /// What makes the new number of the old one and another; nothing if it is the other.
    fn of(self, is_64: bool) -> Option<Instruction<'static>> {
        Some(match (self, is_64) {
            (Change::Add, false) => Instruction::I32Add,
            (Change::Add, true) => Instruction::I64Add,
            (Change::Subtract, false) => Instruction::I32Sub,
            (Change::Subtract, true) => Instruction::I64Sub,
            (Change::And, false) => Instruction::I32And,
            (Change::And, true) => Instruction::I64And,
            (Change::Or, false) => Instruction::I32Or,
            (Change::Or, true) => Instruction::I64Or,
            (Change::Xor, false) => Instruction::I32Xor,
            (Change::Xor, true) => Instruction::I64Xor,
            (Change::Exchange, _) => return None,
        })
    }
}

/// The atomic instruction that bytes begin with, if it is one, and its place in memory.
fn atomic(code: &[u8]) -> Result<Option<(Action, MemArg)>, wasmparser::Error> {
    if code.first() != Some(&PREFIX) {
        return Ok(None);
    }
    let mut reader = BinaryReader::new(code, 0);
    reader.read_u8()?;
    let Some(action) = Action::numbered(reader.read_var_u32()?) else {
        return Ok(None);
    };
    let mut place = MemArg {
        offset: 0,
        align: 0,
        memory_index: 0,
    };
    if !matches!(action, Action::Fence) {
        place.align = reader.read_var_u32()?;
        place.offset = reader.read_var_u64()?;
    }
    Ok(Some((action, place)))
}

/// Writes the module anew.
#[derive(Default)]
struct Plain {
    /// Of each function that comes: how many parameters it has, and whether it has any of these
    /// instructions.
    parameters: VecDeque<u32>,
    used: VecDeque<bool>,
}

impl Plain {
    fn of(module: &[u8]) -> anyhow::Result<Plain> {
        let mut plain = Plain::default();
        let mut types = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for declared in group?.into_types() {
                            types.push(match declared.composite_type.inner {
                                CompositeInnerType::Func(function) => function.params().len(),
                                _ => 0,
                            });
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    for kind in functions {
                        let count = types.get(kind? as usize).context("a type is missing")?;
                        plain.parameters.push_back(u32::try_from(*count)?);
                    }
                }
                Payload::CodeSectionEntry(body) => plain.used.push_back(uses_any(&body)?),
                _ => {}
            }
        }
        Ok(plain)
    }
}

fn uses_any(body: &FunctionBody<'_>) -> Result<bool, wasmparser::Error> {
    // Rare enough to be told from others by their first byte, before they are read.
    if !body.as_bytes().contains(&PREFIX) {
        return Ok(false);
    }
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let code = rest(&operators);
        operators.read()?;
        if atomic(code)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is still to be read.
fn rest<'a>(operators: &wasmparser::OperatorsReader<'a>) -> &'a [u8] {
    let mut reader = operators.get_binary_reader();
    let length = reader.bytes_remaining();
    reader.read_bytes(length).unwrap_or_default()
}

impl Reencode for Plain {
    type Error = std::convert::Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        let parameters = self.parameters.pop_front().unwrap_or_default();
        if self.used.pop_front() != Some(true) {
            return reencode::utils::parse_function_body(self, code, body);
        }
        let mut locals = Vec::new();
        let mut count = parameters;
        for group in body.get_locals_reader()? {
            let (more, kind) = group?;
            count += more;
            locals.push((more, self.val_type(kind)?));
        }
        let scratch = Scratch { first: count };
        locals.extend(Scratch::LOCALS);
        let mut function = Function::new(locals);
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let bytes = rest(&operators);
            let operator: Operator<'_> = operators.read()?;
            match atomic(bytes)? {
                Some((action, place)) => write(&mut function, scratch, action, place),
                None => {
                    function.instruction(&self.instruction(operator)?);
                }
            }
        }
        code.function(&function);
        Ok(())
    }
}

/// Where a function keeps what an instruction was given.
#[derive(Clone, Copy)]
struct Scratch {
    first: u32,
}

impl Scratch {
    const LOCALS: [(u32, ValType); 2] = [(4, ValType::I32), (3, ValType::I64)];

    fn address(self) -> u32 {
        self.first
    }

    /// One of three numbers.
    fn number(self, position: u32, is_64: bool) -> u32 {
        self.first + 1 + position + if is_64 { 3 } else { 0 }
    }
}

fn write(function: &mut Function, scratch: Scratch, action: Action, place: MemArg) {
    match action {
        Action::Fence => {}
        // Nobody waits: that would be for ever.
        Action::Notify => {
            let mut code = function.instructions();
            code.drop().drop().i32_const(0);
        }
        Action::Wait => {
            function.instructions().unreachable();
        }
        Action::Load(width) => {
            function.instruction(&width.load(place));
        }
        Action::Store(width) => {
            function.instruction(&width.store(place));
        }
        Action::Change(change, width) => {
            let address = scratch.address();
            let [old, other] = [0, 1].map(|number| scratch.number(number, width.is_64()));
            let mut code = function.instructions();
            code.local_set(other).local_tee(address);
            function.instruction(&width.load(place));
            let mut code = function.instructions();
            code.local_set(old).local_get(address);
            match change.of(width.is_64()) {
                Some(operation) => {
                    code.local_get(old).local_get(other);
                    function.instruction(&operation);
                }
                None => {
                    code.local_get(other);
                }
            }
            function.instruction(&width.store(place));
            function.instructions().local_get(old);
        }
        Action::CompareAndExchange(width) => {
            let address = scratch.address();
            let [old, expected, other] =
                [0, 1, 2].map(|number| scratch.number(number, width.is_64()));
            let mut code = function.instructions();
            code.local_set(other).local_set(expected).local_tee(address);
            function.instruction(&width.load(place));
            let mut code = function.instructions();
            code.local_tee(old).local_get(expected);
            function.instruction(&width.equal());
            let mut code = function.instructions();
            code.if_(BlockType::Empty)
                .local_get(address)
                .local_get(other);
            function.instruction(&width.store(place));
            function.instructions().end().local_get(old);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn instructions_are_known_by_their_numbers() {
        assert!(matches!(
            Action::numbered(0x16),
            Some(Action::Load(Width::Low32Of64))
        ));
        assert!(matches!(
            Action::numbered(0x17),
            Some(Action::Store(Width::Whole32))
        ));
        assert!(matches!(
            Action::numbered(0x42),
            Some(Action::Change(Change::Exchange, Width::Whole64))
        ));
        assert!(matches!(
            Action::numbered(0x4e),
            Some(Action::CompareAndExchange(Width::Low32Of64))
        ));
        assert!(Action::numbered(0x4f).is_none() && Action::numbered(0x05).is_none());
    }

    #[test]
    fn a_module_without_them_stays_as_it_is() {
        let mut module = wasm_encoder::Module::new();
        module.section(&wasm_encoder::TypeSection::new());
        let module = module.finish();
        assert!(matches!(made_plain(&module).unwrap(), Cow::Borrowed(_)));
    }
}
