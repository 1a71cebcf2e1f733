//! What the library cannot do in C: to look after the stack of every function, to know the
//! types of functions, and to make the variables that each thread has of its own.
//!
//! Each time a function takes its part of the stack, it compares that with the end of its
//! thread's stack. And the library's `wsp_signature` gets a body that tells what is behind a
//! function pointer, so that threads start with functions of other types than CreateThread's.
//!
//! Variables of a thread's own are the linker's segment `.tdata`, which functions reach from a
//! global. That becomes one that can be set, the library's `wsp_variables` tells where the segment
//! is, and its `wsp_new_variables` writes it anew, from a copy that stays as it was.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, DataCountSection, DataSection, Function, GlobalSection, Instruction,
    MemArg, SectionId,
};
use wasmparser::{
    CompositeInnerType, DataKind, DataSectionReader, ElementItems, ElementKind, ExternalKind,
    FuncType, FunctionBody, Global, Operator, Parser, Payload, TypeRef, ValType,
};

use crate::cc::variables::{Variables, number};
use crate::cc::written_anew;

/// The linker's global for the stack, which comes first.
const STACK_POINTER: u32 = 0;

/// What the library exports for this.
const LIMIT: &str = "wsp_stack_limit";
const OVERFLOW: &str = "wsp_stack_overflow";
const SIGNATURE: &str = "wsp_signature";
const VARIABLES: &str = "wsp_variables";
const NEW_VARIABLES: &str = "wsp_new_variables";

/// Types of functions, as the library numbers them: what CreateThread wants, without a
/// result, without a parameter, and without either.
const WANTED: i32 = 0;
const RETURNS_NOTHING: i32 = 1;
const TAKES_NOTHING: i32 = 2;
const NEITHER: i32 = 3;

/// The module with all of it.
pub(super) fn instrument(module: &[u8], variables: Option<&Variables>) -> anyhow::Result<Vec<u8>> {
    let read = Read::of(module).context("what clang linked cannot be read")?;
    let writer = Writer {
        next: read.imported,
        limit: read.limit()?,
        overflow: read.export(OVERFLOW)?,
        signature: read.export(SIGNATURE)?,
        types: read.pointers(),
        variables: read.export(VARIABLES)?,
        new_variables: read.export(NEW_VARIABLES)?,
        own: read.variables(variables)?,
        segments: u32::try_from(read.segments.len())?,
        globals: 0,
    };
    written_anew(module, writer)
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
    /// Where each segment of memory is, and what is in it.
    segments: Vec<(Option<i32>, &'a [u8])>,
}

/// The variables that each thread has of its own.
#[derive(Default)]
struct Own<'a> {
    /// The global that tells where they are.
    global: Option<u32>,
    /// Where they are linked, which functions take for granted beside the global if it is not 0.
    place: i32,
    assumed: i32,
    /// What they are when a thread starts.
    initial: &'a [u8],
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
                Payload::DataSection(segments) => {
                    for segment in segments {
                        let segment = segment?;
                        let place = match &segment.kind {
                            DataKind::Active { offset_expr, .. } => number(offset_expr)?,
                            DataKind::Passive => None,
                        };
                        read.segments.push((place, segment.data));
                    }
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
        let Some(value) = number(offset_expr)? else {
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

    fn body(&self, name: &str) -> anyhow::Result<&FunctionBody<'a>> {
        let position = self.export(name)?.checked_sub(self.imported);
        let body = position.and_then(|position| self.bodies.get(position as usize));
        body.context("a function has no body")
    }

    /// The variables of each thread, if there are any.
    fn variables(&self, variables: Option<&Variables>) -> anyhow::Result<Own<'a>> {
        let Some(variables) = variables else {
            return Ok(Own::default());
        };
        let mut segments = self.segments.iter();
        let found = segments.find(|(begin, _)| *begin == Some(variables.place));
        // The linker puts no segment at the very beginning.
        ensure!(
            variables.place == 0 || found.is_some(),
            "the variables of each thread are no segment"
        );
        Ok(Own {
            global: Some(variables.global),
            place: variables.place,
            assumed: if variables.is_assumed {
                variables.place
            } else {
                0
            },
            initial: found.map_or(&[][..], |(_, initial)| *initial),
        })
    }

    /// Where the library keeps the end of the stack: a function of its own returns it.
    fn limit(&self) -> anyhow::Result<i32> {
        match self.body(LIMIT)?.get_operators_reader()?.read()? {
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
struct Writer<'a> {
    /// The function whose body comes next.
    next: u32,
    limit: i32,
    overflow: u32,
    signature: u32,
    types: Vec<(u32, i32)>,
    variables: u32,
    new_variables: u32,
    own: Own<'a>,
    /// How many segments of memory the module has, and globals so far.
    segments: u32,
    globals: u32,
}

impl Reencode for Writer<'_> {
    type Error = std::convert::Infallible;

    fn parse_global(
        &mut self,
        globals: &mut GlobalSection,
        global: Global<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        let mut kind = self.global_type(global.ty)?;
        kind.mutable |= Some(self.globals) == self.own.global;
        self.globals += 1;
        globals.global(kind, &self.const_expr(global.init_expr)?);
        Ok(())
    }

    /// The linker does not count segments, which it need not for its own instructions.
    fn intersperse_section_hook(
        &mut self,
        module: &mut wasm_encoder::Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        if before == Some(SectionId::Code) && !self.own.initial.is_empty() {
            let count = self.segments + 1;
            module.section(&DataCountSection { count });
        }
        Ok(())
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: DataSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        reencode::utils::parse_data_section(self, data, section)?;
        if !self.own.initial.is_empty() {
            data.passive(self.own.initial.iter().copied());
        }
        Ok(())
    }

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
        if index == self.variables {
            code.function(&self.tell_place());
            return Ok(());
        }
        if index == self.new_variables {
            code.function(&self.write_variables());
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
            let finds_variables = match operator {
                Operator::GlobalGet { global_index } => Some(global_index) == self.own.global,
                _ => false,
            };
            function.instruction(&self.instruction(operator)?);
            if finds_variables && self.own.assumed != 0 {
                function
                    .instructions()
                    .i32_const(self.own.assumed)
                    .i32_sub();
            }
            if takes_stack && index != self.overflow {
                self.compare(&mut function);
            }
        }
        code.function(&function);
        Ok(())
    }
}

impl Writer<'_> {
    /// The body of the library's function that tells where the variables of main are.
    fn tell_place(&self) -> Function {
        let mut function = Function::new([]);
        function.instructions().i32_const(self.own.place).end();
        function
    }

    /// The body of the library's function that writes the variables of a thread, if it is told
    /// where to, and tells their size.
    fn write_variables(&self) -> Function {
        let mut function = Function::new([]);
        let mut code = function.instructions();
        // A segment of a module has less than 4 GiB.
        let size = u32::try_from(self.own.initial.len()).unwrap_or(u32::MAX);
        if size > 0 {
            code.local_get(0)
                .if_(BlockType::Empty)
                .local_get(0)
                .i32_const(0)
                .i32_const(size.cast_signed())
                .memory_init(0, self.segments)
                .end();
        }
        code.i32_const(size.cast_signed()).end();
        function
    }

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
