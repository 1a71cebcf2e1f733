//! What the library cannot do in C: to look after the stack of every function, and to know the
//! types of functions.
//!
//! Each time a function takes its part of the stack, it compares that with the end of its
//! thread's stack. And the library's `wsp_signature` gets a body that tells what is behind a
//! function pointer, so that threads start with functions of other types than CreateThread's.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{BlockType, CodeSection, Function, Instruction, MemArg};
use wasmparser::{
    CompositeInnerType, ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody, Operator,
    Parser, Payload, TypeRef, ValType,
};

/// The linker's global for the stack, which comes first.
const STACK_POINTER: u32 = 0;

/// What the library exports for this.
const LIMIT: &str = "wsp_stack_limit";
const OVERFLOW: &str = "wsp_stack_overflow";
const SIGNATURE: &str = "wsp_signature";

/// Types of functions, as the library numbers them: what CreateThread wants, without a
/// result, without a parameter, and without either.
const WANTED: i32 = 0;
const RETURNS_NOTHING: i32 = 1;
const TAKES_NOTHING: i32 = 2;
const NEITHER: i32 = 3;

/// The module with both.
pub(super) fn instrument(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let read = Read::of(module).context("what clang linked cannot be read")?;
    let mut writer = Writer {
        next: read.imported,
        limit: read.limit()?,
        overflow: read.export(OVERFLOW)?,
        signature: read.export(SIGNATURE)?,
        types: read.pointers(),
    };
    let mut written = wasm_encoder::Module::new();
    writer
        .parse_core_module(&mut written, Parser::new(0), module)
        .context("what clang linked cannot be written anew")?;
    Ok(written.finish())
}

/// What is to be known of a module.
#[derive(Default)]
struct Read<'a> {
    types: Vec<FuncType>,
    /// The type of each function, and how many are imported.
    functions: Vec<u32>,
    imported: u32,
    exports: BTreeMap<&'a str, u32>,
    /// What is at each place of the table.
    table: Vec<(u32, u32)>,
    bodies: Vec<FunctionBody<'a>>,
}

impl<'a> Read<'a> {
    fn of(module: &'a [u8]) -> anyhow::Result<Read<'a>> {
        let mut read = Read::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(types) => {
                    for group in types {
                        for declared in group?.into_types() {
                            let CompositeInnerType::Func(function) = declared.composite_type.inner
                            else {
                                anyhow::bail!("a type is none of a function");
                            };
                            read.types.push(function);
                        }
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if let TypeRef::Func(kind) = import?.ty {
                            read.functions.push(kind);
                            read.imported += 1;
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    for kind in functions {
                        read.functions.push(kind?);
                    }
                }
                Payload::GlobalSection(globals) => {
                    let first = globals.into_iter().next().context("it has no globals")??;
                    ensure!(
                        first.ty.mutable && first.ty.content_type == ValType::I32,
                        "its first global is no stack pointer"
                    );
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            read.exports.insert(export.name, export.index);
                        }
                    }
                }
                Payload::ElementSection(elements) => {
                    for element in elements {
                        read.element(&element?)?;
                    }
                }
                Payload::CodeSectionEntry(body) => read.bodies.push(body),
                _ => {}
            }
        }
        Ok(read)
    }

    /// Functions that the linker has put into the table.
    fn element(&mut self, element: &wasmparser::Element<'a>) -> anyhow::Result<()> {
        let ElementKind::Active { offset_expr, .. } = &element.kind else {
            return Ok(());
        };
        let mut offset = offset_expr.get_operators_reader();
        let Operator::I32Const { value } = offset.read()? else {
            return Ok(());
        };
        let ElementItems::Functions(functions) = &element.items else {
            return Ok(());
        };
        for (place, function) in (value.cast_unsigned()..).zip(functions.clone()) {
            self.table.push((place, function?));
        }
        Ok(())
    }

    fn export(&self, name: &str) -> anyhow::Result<u32> {
        let found = self.exports.get(name).copied();
        found.with_context(|| format!("the program lacks the library's {name}"))
    }

    /// Where the library keeps the end of the stack: a function of its own returns it.
    fn limit(&self) -> anyhow::Result<i32> {
        let position = self.export(LIMIT)?.checked_sub(self.imported);
        let body = position.and_then(|position| self.bodies.get(position as usize));
        let mut operators = body
            .context("a function has no body")?
            .get_operators_reader()?;
        match operators.read()? {
            Operator::I32Const { value } => Ok(value),
            other => anyhow::bail!("{LIMIT} begins with {other:?}"),
        }
    }

    /// The places of the table with functions of another type than CreateThread wants, and
    /// which that is.
    fn pointers(&self) -> Vec<(u32, i32)> {
        let kind = |function: u32| {
            let kind = self.functions.get(function as usize)?;
            let kind = self.types.get(*kind as usize)?;
            match (kind.params(), kind.results()) {
                ([ValType::I32], []) => Some(RETURNS_NOTHING),
                ([], [ValType::I32]) => Some(TAKES_NOTHING),
                ([], []) => Some(NEITHER),
                _ => None,
            }
        };
        let places = self.table.iter();
        places
            .filter_map(|(place, function)| Some((*place, kind(*function)?)))
            .collect()
    }
}

/// Writes the module anew.
struct Writer {
    /// The function whose body comes next.
    next: u32,
    limit: i32,
    overflow: u32,
    signature: u32,
    types: Vec<(u32, i32)>,
}

impl Reencode for Writer {
    type Error = std::convert::Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        let index = self.next;
        self.next += 1;
        if index == self.signature {
            code.function(&self.tell_type());
            return Ok(());
        }
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            let takes_stack = matches!(
                operator,
                Operator::GlobalSet {
                    global_index: STACK_POINTER
                }
            );
            function.instruction(&self.instruction(operator)?);
            if takes_stack && index != self.overflow {
                self.compare(&mut function);
            }
        }
        code.function(&function);
        Ok(())
    }
}

impl Writer {
    /// Ends the program if the stack reaches beyond its end.
    fn compare(&self, function: &mut Function) {
        function
            .instructions()
            .global_get(STACK_POINTER)
            .i32_const(self.limit)
            .i32_load(MemArg {
                offset: 0,
                align: 2,
                memory_index: 0,
            })
            .i32_lt_u()
            .if_(BlockType::Empty)
            .call(self.overflow)
            .unreachable()
            .end();
    }

    /// The body of the library's function that tells the type of another one.
    fn tell_type(&self) -> Function {
        let mut function = Function::new([]);
        for (place, kind) in &self.types {
            function
                .instructions()
                .local_get(0)
                .i32_const(place.cast_signed())
                .i32_eq()
                .if_(BlockType::Empty)
                .i32_const(*kind)
                .return_()
                .end();
        }
        function.instruction(&Instruction::I32Const(WANTED));
        function.instruction(&Instruction::End);
        function
    }
}
