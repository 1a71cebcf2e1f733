//! `wsp cc`.

mod absent;
mod atomics;
mod component;
mod entry;
mod import_libraries;
mod invocation;
mod library;
mod overlay;
mod rewrite;
mod threads;
mod variables;

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, bail};
use wasm_encoder::reencode::Reencode;
use wasmparser::Parser;
use wsp_c::clang::Clang;

use absent::Absent;
use invocation::{Invocation, Product};
use library::{Dialect, Library, Threads};
use variables::Variables;

/// Build a program from C sources that call Winsock
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print the flags that sources are compiled with, for another build system
    #[arg(long, conflicts_with_all = ["print_toolchain", "clang"])]
    print_flags: bool,

    /// Print a toolchain file for CMake
    #[arg(long, conflicts_with = "clang")]
    print_toolchain: bool,

    /// Take the sources for POSIX's: without _WIN32, and without Microsoft's extensions
    #[arg(long)]
    posix: bool,

    /// Make the program portable, as `wsp compose --portable` does: it imports WASI 0.2 alone
    #[arg(long)]
    portable: bool,

    /// Sources and objects, and whatever else clang takes; -o names the program, a.wasm by default
    #[arg(
        value_name = "CLANG ARGUMENTS",
        num_args = 1..,
        required_unless_present_any = ["print_flags", "print_toolchain"],
        trailing_var_arg = true,
        allow_hyphen_values = true,
    )]
    clang: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  wsp cc client.c -o client.wasm
  wsp cc -O2 -Wall main.c net.c -lm -o server.wasm
  wsp cc -c net.c -o net.o
  wsp cc --portable client.c -o client.wasm
  wsp cc --print-flags
  wsp cc --print-toolchain > wsp.cmake && cmake -DCMAKE_TOOLCHAIN_FILE=wsp.cmake -B build

It needs clang, lld and wasi-libc; on Debian these are the packages clang-19, lld-19,
wasi-libc and libclang-rt-19-dev-wasm32. WSP_CLANG names another clang, and
WASI_SYSROOT the directory of another wasi-libc. For a program that makes threads it needs
wasm-opt too, of Debian's package binaryen, or as WSP_WASM_OPT names it. The headers and the library of
Winsock come with this command. Sources are taken for those of Windows: _WIN32 is
defined, and what Microsoft's compiler and C library add is there; --posix takes them
for what clang does. With -c, -S, -E, -fsyntax-only or -M only clang runs; otherwise the
program is a component that `wsp run` runs, or, with --portable, that every host of WASI 0.2
with sockets does; docs/portable.md says how.";

pub(crate) fn execute(mut arguments: Arguments) -> anyhow::Result<u8> {
    let clang = Clang::find()?;
    let dialect = if arguments.posix || taken_out(&mut arguments.clang, "--posix") {
        Dialect::Posix
    } else {
        Dialect::Windows
    };
    let is_portable = taken_out(&mut arguments.clang, "--portable") || arguments.portable;
    let library = Library::install(&clang, dialect)?;
    if arguments.print_flags {
        crate::output::line(format_args!("{}", library.flags(&clang)))?;
        return Ok(0);
    }
    if arguments.print_toolchain {
        crate::output::line(format_args!("{}", library.toolchain(&clang)?))?;
        return Ok(0);
    }
    let build = Build {
        clang: &clang,
        library: &library,
        dialect,
        is_portable,
    };
    let arguments = import_libraries::by_their_names(arguments.clang);
    build.execute(Invocation::parse(arguments)?)
}

/// Whether `ours` was among clang's own arguments, where it is found as well.
fn taken_out(arguments: &mut Vec<OsString>, ours: &str) -> bool {
    let given = arguments.len();
    arguments.retain(|argument| argument != ours);
    arguments.len() < given
}

/// One build.
struct Build<'a> {
    clang: &'a Clang,
    library: &'a Library,
    dialect: Dialect,
    is_portable: bool,
}

impl Build<'_> {
    fn execute(&self, mut invocation: Invocation) -> anyhow::Result<u8> {
        let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
        let mut by_themselves = Vec::new();
        if self.dialect == Dialect::Windows {
            let overlay = self.own_headers(&invocation, directory.path())?;
            let overlay = [
                "--start-no-unused-arguments".into(),
                "-ivfsoverlay".into(),
                overlay.into(),
                "--end-no-unused-arguments".into(),
            ];
            invocation.arguments.splice(..0, overlay);
            by_themselves = self.begin(&mut invocation, directory.path());
            invocation.arguments = entry::with_languages(invocation.arguments);
        }
        match &invocation.product {
            Product::Clangs => {
                // What it makes may be linked with what makes threads.
                self.run(self.compiler(&invocation.arguments, Threads::Several))
            }
            Product::Program(program) => {
                for arguments in &by_themselves {
                    let status = self.run(self.compiler(arguments, Threads::None))?;
                    if status != 0 {
                        return Ok(status);
                    }
                }
                let module = directory.path().join("module.wasm");
                let tools = without_optimizer(directory.path())?;
                let linker = self.linker(&invocation, (&module, &tools), Threads::None);
                let status = self.run(linker)?;
                if status != 0 {
                    return Ok(status);
                }
                let mut linked = fs::read(&module).context("cannot read what clang linked")?;
                let wanted = threads::wanted(&linked)?;
                if wanted != Threads::None {
                    let mut again = Vec::new();
                    if wanted == Threads::Several {
                        let compilers = by_themselves.iter();
                        again.extend(compilers.map(|arguments| self.compiler(arguments, wanted)));
                    }
                    again.push(self.linker(&invocation, (&module, &tools), wanted));
                    for mut command in again {
                        // What the compiler had to say of the sources, it has said.
                        let output = command.stderr(Stdio::piped()).output();
                        let output = output.context("cannot run clang again")?;
                        if !output.status.success() {
                            let _ = std::io::stderr().write_all(&output.stderr);
                            return exit_status(output.status).context("clang was ended");
                        }
                    }
                    linked = fs::read(&module).context("cannot read what clang linked")?;
                }
                let linked = atomics::made_plain(&linked)?;
                let variables = Variables::of(&linked, self.clang, directory.path())?;
                let linked = match (wanted, variables) {
                    (Threads::Several, variables) => {
                        let switches =
                            threads::able_to_switch(&linked, variables.as_ref(), directory.path());
                        switches?.into()
                    }
                    (_, Some(variables)) => variables.of_one_thread(&linked)?,
                    (_, None) => linked.into_owned().into(),
                };
                self.write_program(&linked, program)?;
                Ok(0)
            }
        }
    }

    /// The compiler as what links the program.
    /// `tools` is what [`without_optimizer`] returned.
    fn linker(
        &self,
        invocation: &Invocation,
        (module, tools): (&Path, &Path),
        threads: Threads,
    ) -> Command {
        let mut linker = self.compiler(&invocation.arguments, threads);
        linker
            .arg("-B")
            .arg(tools)
            .args(self.library.link_flags(self.clang, threads))
            .arg("-o")
            .arg(module);
        linker
    }

    /// Gives each source the beginning that it needs. One that is linked has to be compiled
    /// for it by itself, into `directory`: the compiler's arguments for each such.
    fn begin(&self, invocation: &mut Invocation, directory: &Path) -> Vec<Vec<OsString>> {
        let mut by_themselves = Vec::new();
        let sources: Vec<(usize, OsString)> = invocation
            .arguments
            .iter()
            .enumerate()
            .filter(|(_, argument)| entry::is_source(argument))
            .map(|(position, argument)| (position, argument.clone()))
            .collect();
        for (position, source) in &sources {
            let options = invocation.options();
            let preprocess = || {
                let mut arguments = options.clone();
                arguments.extend(["-w", "-E", "-P"].map(OsString::from));
                arguments.push(source.clone());
                let mut command = self.compiler(&entry::with_languages(arguments), Threads::None);
                let output = command.stderr(Stdio::null()).output().ok()?;
                output.status.success().then_some(output.stdout)
            };
            let Some(beginning) = entry::of_source(Path::new(source), preprocess) else {
                continue;
            };
            let header = self.library.header("begin.h");
            let include = beginning.macros().map(OsString::from).into_iter();
            let include = include.chain(["-include".into(), header.into()]);
            if invocation.product == Product::Clangs {
                if sources.len() == 1 {
                    invocation.arguments.splice(..0, include);
                }
                return by_themselves;
            }
            let object = directory.join(format!("{position}.o"));
            let mut arguments = options.clone();
            arguments.extend(include);
            arguments.extend([
                "-c".into(),
                source.clone(),
                "-o".into(),
                object.clone().into(),
            ]);
            by_themselves.push(entry::with_languages(arguments));
            if let Some(argument) = invocation.arguments.get_mut(*position) {
                *argument = object.into();
            }
        }
        by_themselves
    }

    /// The file by which the program's own sources and headers are found in any case, and
    /// read as Microsoft's compiler does: those beside its sources, and in the directories
    /// that its arguments name.
    fn own_headers(&self, invocation: &Invocation, directory: &Path) -> anyhow::Result<PathBuf> {
        let sources = invocation
            .arguments
            .iter()
            .filter(|argument| entry::is_source(argument));
        let beside = sources.map(|source| {
            let folder = Path::new(source).parent().map(Path::to_owned);
            folder.unwrap_or_default()
        });
        let mut folders: Vec<PathBuf> = beside.chain(invocation.include_directories()).collect();
        for folder in &mut folders {
            *folder = std::path::absolute(Path::new(".").join(&*folder))?;
        }
        folders.sort();
        folders.dedup();
        let mut headers = Vec::new();
        for path in folders
            .iter()
            .flat_map(|folder| overlay::headers(folder, 2))
        {
            let contents = match fs::read(&path) {
                Ok(text) => rewrite::file_for_clang(&text),
                Err(_) => None,
            };
            let contents = match contents {
                Some(text) => {
                    let place = directory.join(format!("{}.rewritten", headers.len()));
                    fs::write(&place, text).context("cannot write a temporary file")?;
                    Some(place)
                }
                None => None,
            };
            headers.push(overlay::File { path, contents });
        }
        let (name, text) = overlay::file(headers.into_iter())?;
        let file = directory.join(name);
        fs::write(&file, text).context("cannot write a temporary file")?;
        Ok(file)
    }

    fn write_program(&self, module: &[u8], program: &Path) -> anyhow::Result<()> {
        let name = program.display();
        let cannot = || format!("cannot make a component of {name}");
        let mut component = component::encode(module).with_context(cannot)?;
        if self.is_portable {
            component = wsp::compose::compose_portable(&component).with_context(cannot)?;
        }
        fs::write(program, component).with_context(|| format!("cannot write {name}"))
    }

    /// The compiler with these arguments, and what it is told of the library. What is made for
    /// several threads has variables of each thread's own.
    fn compiler(&self, arguments: &[OsString], threads: Threads) -> Command {
        let mut command = self.clang.command();
        let own: &[&str] = match threads {
            Threads::Several => wsp_c::THREAD_LOCAL_FLAGS,
            Threads::None | Threads::One => &[],
        };
        command
            .arg("--start-no-unused-arguments")
            .args(self.library.compile_flags(self.clang))
            .args(own)
            .arg("--end-no-unused-arguments")
            .args(arguments);
        command
    }

    /// Runs the compiler, and returns its exit status. What it says is passed on, but
    /// for functions that are not there, of which there is something better to say.
    fn run(&self, mut compiler: Command) -> anyhow::Result<u8> {
        let name = self.clang.program().display();
        if std::io::stderr().is_terminal() {
            // It does not see the terminal.
            compiler.arg("-fcolor-diagnostics");
        }
        let mut running = compiler
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {name}"))?;
        let mut absent = Absent::default();
        let errors = running.stderr.take().context("its errors cannot be read")?;
        for line in BufReader::new(errors).split(b'\n') {
            let mut line = line.with_context(|| format!("cannot read what {name} says"))?;
            if absent.shows(&String::from_utf8_lossy(&line)) {
                line.push(b'\n');
                // Nobody is left to be told.
                let _ = std::io::stderr().write_all(&line);
            }
        }
        let status = running
            .wait()
            .with_context(|| format!("cannot wait for {name}"))?;
        for sentence in absent.sentences() {
            crate::output::say(format_args!("wsp: {sentence}"));
        }
        exit_status(status).with_context(|| format!("{name} was ended"))
    }
}

/// A directory with a `wasm-opt` that does nothing, in `directory`. Clang has the one on the PATH
/// change what it has linked, if sources are optimized: what a program is made of would depend on
/// whether there is one, and the variables of threads would be lost. (Clang 19 has an option
/// against that, with which it does not link.)
fn without_optimizer(directory: &Path) -> anyhow::Result<PathBuf> {
    let cannot = "cannot write a temporary file";
    let tools = directory.join("tools");
    fs::create_dir(&tools).context(cannot)?;
    let nothing = tools.join("wasm-opt");
    fs::write(&nothing, "#!/bin/sh\n").context(cannot)?;
    // Elsewhere a script is no program, and clang does what it does.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mine = fs::Permissions::from_mode(0o700);
        fs::set_permissions(&nothing, mine).context(cannot)?;
    }
    Ok(tools)
}

/// What clang linked, as `writer` writes it.
fn written_anew(
    module: &[u8],
    mut writer: impl Reencode<Error = Infallible>,
) -> anyhow::Result<Vec<u8>> {
    let mut written = wasm_encoder::Module::new();
    writer
        .parse_core_module(&mut written, Parser::new(0), module)
        .context("what clang linked cannot be written anew")?;
    Ok(written.finish())
}

fn exit_status(status: ExitStatus) -> anyhow::Result<u8> {
    match status.code() {
        Some(code) => Ok(u8::try_from(code).unwrap_or(1)),
        // It says by which signal.
        None => bail!("by {status}"),
    }
}
