//! `wsp cc`: from C sources to programs that run.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use tempfile::TempDir;

use crate::support::{text, wsp};

const PACKAGES: &str = "apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32";

/// A directory with one source.
struct Source {
    directory: TempDir,
}

impl Source {
    fn new(contents: &str) -> Source {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("program.c"), contents).unwrap();
        Source { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }
}

/// The first block of C in the tutorial on porting.
fn program_of_the_tutorial() -> String {
    let tutorial = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tutorials/porting.md");
    let tutorial = fs::read_to_string(tutorial).unwrap();
    let (_, rest) = tutorial.split_once("```c\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn a_library_that_was_changed_is_written_again_and_one_of_others_is_not_used() {
    let cache = tempfile::tempdir().unwrap();
    let flags = || {
        Command::new(env!("CARGO_BIN_EXE_wsp"))
            .args(["cc", "--print-flags"])
            .env("XDG_CACHE_HOME", cache.path())
            .output()
            .unwrap()
    };
    let printed = text(&flags().stdout);
    let mut words = printed.split_whitespace();
    let is_ours = |word: &&str| Path::new(word).join("winsock2.h").is_file();
    let include = words.find(is_ours).unwrap().to_owned();
    let header = Path::new(&include).join("winsock2.h");
    let written = fs::read(&header).unwrap();
    fs::write(&header, "#error damaged").unwrap();
    assert!(flags().status.success());
    assert_eq!(fs::read(&header).unwrap(), written);

    let mode = |mode| fs::set_permissions(&include, PermissionsExt::from_mode(mode)).unwrap();
    mode(0o777);
    let refused = flags();
    assert_eq!(refused.status.code(), Some(1));
    let sentence = text(&refused.stderr);
    assert!(
        sentence.contains("somebody else may write there"),
        "{sentence}"
    );
}

#[test]
fn the_program_of_the_tutorial_is_built_and_sends() {
    let source = Source::new(&program_of_the_tutorial());
    let (program, output) = (source.name("program.c"), source.name("hello.wasm"));
    let built = wsp(&["cc", "-Wall", &program, "-o", &output])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", text(&built.stderr));
    assert_eq!(text(&built.stderr), "");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    let reader = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        std::io::read_to_string(&mut peer).unwrap()
    });
    let rule = format!("--allow-outbound=tcp://{target}");
    let port = target.port().to_string();
    let run = wsp(&["run", &rule, &output, "127.0.0.1", &port])
        .output()
        .unwrap();
    assert_eq!(text(&run.stdout), "14 bytes sent\n");
    assert!(run.status.success());
    assert_eq!(reader.join().unwrap(), "hello, winsock");
}

#[test]
fn a_program_that_is_denied_reads_the_code() {
    let source = Source::new(&program_of_the_tutorial());
    let output = source.name("hello.wasm");
    wsp(&["cc", &source.name("program.c"), "-o", &output])
        .assert()
        .success();
    let run = wsp(&["run", &output, "127.0.0.1", "9"]).output().unwrap();
    // No socket is created, so that there is nothing to connect: WSAENOTSOCK.
    assert_eq!(text(&run.stdout), "error 10038\n");
}

#[test]
fn the_status_of_main_reaches_the_shell_as_success_or_failure() {
    let source = Source::new("int main(int argc, char **argv) { return argc > 1 ? 7 : 0; }");
    let output = source.name("status.wasm");
    wsp(&["cc", &source.name("program.c"), "-o", &output])
        .assert()
        .success();
    wsp(&["run", &output]).assert().code(0);
    wsp(&["run", &output, "more"]).assert().code(1);
}

#[test]
fn what_is_printed_first_is_not_lost_and_constructors_run_once() {
    let source = Source::new(
        r#"
        #include <stdio.h>
        static int constructed;
        __attribute__((constructor)) static void construct(void) { constructed++; }
        int main(void) { printf("%d\n", 12345); printf("%d\n", constructed); return 0; }
        "#,
    );
    let output = source.name("prints.wasm");
    wsp(&["cc", &source.name("program.c"), "-o", &output])
        .assert()
        .success();
    wsp(&["run", &output]).assert().stdout("12345\n1\n");
}

#[test]
fn objects_compiled_with_the_printed_flags_are_linked() {
    let source = Source::new(
        "#include <WinSock2.h>\n#include <Windows.h>\n#pragma comment(lib, \"ws2_32.lib\")\nint main(void) { return htons(1) != 256; }",
    );
    let flags = wsp(&["cc", "--print-flags"]).output().unwrap();
    let flags = text(&flags.stdout);
    let compiler = wsp_c::clang::Clang::find().unwrap();
    let compiled = Command::new(compiler.program())
        .args(flags.split_whitespace())
        .args(["-Wall", "-Werror", "-c"])
        .arg(source.path("program.c"))
        .arg("-o")
        .arg(source.path("program.o"))
        .status()
        .unwrap();
    assert!(compiled.success());
    let output = source.name("program.wasm");
    wsp(&["cc", &source.name("program.o"), "-o", &output, "-lws2_32"])
        .assert()
        .success();
    wsp(&["run", &output]).assert().code(0);
}

#[test]
fn the_toolchain_file_names_the_compiler_the_flags_and_the_linker() {
    let printed = wsp(&["cc", "--print-toolchain"]).output().unwrap();
    let printed = text(&printed.stdout);
    assert!(printed.contains("CMAKE_C_COMPILER"), "{printed}");
    assert!(printed.contains("--target=wasm32-wasi"), "{printed}");
    assert!(printed.contains(env!("CARGO_BIN_EXE_wsp")), "{printed}");
    assert!(!printed.contains('@'), "{printed}");
}

#[test]
fn a_source_that_does_not_compile_leaves_clangs_words_and_no_program() {
    let source = Source::new("int main(void) { return nothing; }");
    let output = source.name("program.wasm");
    let failed = wsp(&["cc", &source.name("program.c"), "-o", &output])
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stderr).contains("undeclared identifier 'nothing'"));
    assert!(!source.path("program.wasm").exists());
}

#[test]
fn without_a_home_the_variables_are_named() {
    let source = Source::new("int main(void) { return 0; }");
    let failed = wsp(&["cc", &source.name("program.c")])
        .env_remove("HOME")
        .env_remove("XDG_CACHE_HOME")
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stderr).contains("set HOME or XDG_CACHE_HOME"));
}

#[test]
fn without_clang_the_packages_are_named() {
    let source = Source::new("int main(void) { return 0; }");
    let empty = tempfile::tempdir().unwrap();
    let failed = wsp(&["cc", &source.name("program.c")])
        .env("PATH", empty.path())
        .env_remove("WSP_CLANG")
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(1));
    let message = text(&failed.stderr);
    assert!(message.contains("no clang is on the PATH"), "{message}");
    assert!(message.contains(PACKAGES), "{message}");
}

#[test]
fn without_wasi_libc_the_packages_are_named() {
    let source = Source::new("int main(void) { return 0; }");
    let empty = tempfile::tempdir().unwrap();
    let failed = wsp(&["cc", &source.name("program.c")])
        .env("WASI_SYSROOT", empty.path())
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(1));
    let message = text(&failed.stderr);
    assert!(message.contains("wasi-libc is missing"), "{message}");
    assert!(message.contains(PACKAGES), "{message}");
}

#[test]
fn a_portable_program_is_built_in_one_step() {
    let source = Source::new(&program_of_the_tutorial());
    let program = source.name("program.wasm");
    wsp(&[
        "cc",
        "--portable",
        &source.name("program.c"),
        "-o",
        &program,
    ])
    .assert()
    .success();
    let component = fs::read(source.path("program.wasm")).unwrap();
    for import in xtask::component::imports(&component).unwrap() {
        assert!(import.starts_with("wasi:"), "{import}");
    }
    // Among clang's own arguments it is found as well.
    wsp(&[
        "cc",
        &source.name("program.c"),
        "-o",
        &program,
        "--portable",
    ])
    .assert()
    .success();
    assert_eq!(fs::read(source.path("program.wasm")).unwrap(), component);
}
