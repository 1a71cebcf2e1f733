//! What a command component has around its main function: arguments, output,
//! and the exported function that the host runs.

use std::{
    fmt::{Arguments, Display},
    io::Write,
    str::FromStr,
};

/// The command's arguments, without the program's name.
#[must_use]
pub fn arguments() -> Vec<String> {
    let mut arguments = wasi::cli::environment::get_arguments();
    if !arguments.is_empty() {
        arguments.remove(0);
    }
    arguments
}

/// The argument at `index`, which counts from 0; `name` is what errors call it.
///
/// # Errors
///
/// A sentence that says that it is missing or not such a value.
pub fn argument<T: FromStr>(index: usize, name: &str) -> Result<T, String> {
    match arguments().get(index) {
        None => Err(format!("the argument {name} is missing")),
        Some(text) => text
            .parse()
            .map_err(|_| format!("the argument {name} cannot be `{text}`")),
    }
}

/// Standard output, unbuffered.
#[must_use]
pub fn stdout() -> impl Write {
    wasi::cli::stdout::get_stdout()
}

/// Standard error, unbuffered.
#[must_use]
pub fn stderr() -> impl Write {
    wasi::cli::stderr::get_stderr()
}

/// Prints a line to standard output, as `std::println!` does, which prints
/// nothing on this target. A line that cannot be written is dropped.
#[macro_export]
macro_rules! println {
    ($($arguments:tt)*) => {
        $crate::private::print_line(&mut $crate::stdout(), ::core::format_args!($($arguments)*))
    };
}

/// Prints a line to standard error, as [`println!`] does to standard output.
#[macro_export]
macro_rules! eprintln {
    ($($arguments:tt)*) => {
        $crate::private::print_line(&mut $crate::stderr(), ::core::format_args!($($arguments)*))
    };
}

/// Exports `main`, a `fn() -> Result<(), impl Display>`, as `wasi:cli/run`. An
/// error is printed to standard error and gives exit status 1; a panic is
/// printed too, and traps.
#[macro_export]
macro_rules! command {
    ($main:path) => {
        const _: () = {
            struct Command;

            impl $crate::private::wasi::exports::cli::run::Guest for Command {
                fn run() -> ::core::result::Result<(), ()> {
                    $crate::private::install_panic_hook();
                    $crate::private::finish($main())
                }
            }

            $crate::private::wasi::cli::command::export!(Command);
        };
    };
}

/// As [`command!`], with an `async fn() -> Result<(), impl Display>` exported as
/// the asynchronous `wasi:cli/run` of WASI 0.3.
#[cfg(feature = "async")]
#[macro_export]
macro_rules! async_command {
    ($main:path) => {
        const _: () = {
            struct Command;

            impl $crate::private::async_command::exports::wasi::cli::run::Guest for Command {
                async fn run() -> ::core::result::Result<(), ()> {
                    $crate::private::install_panic_hook();
                    $crate::private::finish($main().await)
                }
            }

            $crate::private::async_command::export!(Command);
        };
    };
}

/// Writes one line at once. If that fails, there is nowhere left to report it.
pub fn print_line(stream: &mut impl Write, line: Arguments<'_>) {
    let line = format!("{line}\n");
    let _ = stream.write_all(line.as_bytes());
    let _ = stream.flush();
}

/// Makes panics print to standard error.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        print_line(&mut stderr(), format_args!("{panic}"));
    }));
}

/// Prints the error of a main function, if it ended with one.
#[allow(clippy::result_unit_err, reason = "what `wasi:cli/run` returns")]
pub fn finish<E: Display>(outcome: Result<(), E>) -> Result<(), ()> {
    outcome.map_err(|error| print_line(&mut stderr(), format_args!("error: {error}")))
}
