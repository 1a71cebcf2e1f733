//! `wsp cc` with sources that were written for Windows and its compiler.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{text, wsp};

/// Sources in a directory of their own, and what is made of them.
pub struct Sources(TempDir);

impl Sources {
    pub fn new(files: &[(&str, &str)]) -> Sources {
        let directory = tempfile::tempdir().unwrap();
        for (name, contents) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, contents).unwrap();
        }
        Sources(directory)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// `wsp cc` in the directory: whether it succeeded, and what it said.
    pub fn cc(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = wsp(&["cc"]);
        let output = command
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        (output.status.success(), text(&output.stderr))
    }

    pub fn build(&self, arguments: &[&str]) {
        let (built, said) = self.cc(arguments);
        assert!(built, "{said}");
        assert_eq!(said, "");
    }

    /// What the program prints, which ends with status 0.
    pub fn run(&self, arguments: &[&str]) -> String {
        let program = self.path("a.wasm");
        let mut command = wsp(&["run", &program]);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }
}

/// What one source prints as a program.
fn printed(name: &str, source: &str) -> String {
    let sources = Sources::new(&[(name, source)]);
    sources.build(&[name]);
    sources.run(&[])
}

#[test]
fn a_main_that_returns_nothing_ends_with_success() {
    let source = "#include <stdio.h>\nvoid main(void) { printf(\"ran\\n\"); }";
    for name in ["p.c", "p.C", "p.cpp", "p.Cpp", "p.CXX"] {
        assert_eq!(printed(name, source), "ran\n", "{name}");
    }
}

#[test]
fn main_may_take_arguments_and_the_environment_and_return_nothing() {
    let source = "#include <stdio.h>\n#include <string.h>
        void __cdecl main(int argc, char *argv[]) { printf(\"%d %s\\n\", argc, argv[1]); }";
    for name in ["p.c", "p.cpp"] {
        let sources = Sources::new(&[(name, source)]);
        sources.build(&[name]);
        assert_eq!(sources.run(&["word"]), "2 word\n");
    }
    let source = "#include <stdio.h>\nint main(int argc, char **argv, char **envp)
        { printf(\"%d\\n\", argc + (argv == 0) + (envp == 0)); return 0; }";
    assert_eq!(printed("p.c", source), "1\n");
}

#[test]
fn a_wide_main_has_wide_arguments() {
    let source = "#define UNICODE\n#define _UNICODE\n#include <windows.h>\n#include <tchar.h>
        int _tmain(int argc, _TCHAR *argv[]) { return argc == 2 && lstrlen(argv[1]) == 4 ? 0 : 1; }";
    let sources = Sources::new(&[("p.c", source)]);
    sources.build(&["p.c"]);
    assert_eq!(sources.run(&["gr\u{fc}n"]), "");
}

#[test]
fn a_wide_main_may_be_of_every_kind_that_main_may_be() {
    let ends = "{ puts(\"ran\"); }";
    let returns = "{ puts(\"ran\"); return 0; }";
    for (declared, body) in [
        ("int wmain()", returns),
        ("int __cdecl wmain(void)", returns),
        ("void wmain(void)", ends),
        ("void wmain(int argc, wchar_t *argv[])", ends),
        ("int wmain(int argc, const wchar_t *argv[])", returns),
        (
            "int wmain(int argc, wchar_t *argv[], wchar_t *envp[])",
            returns,
        ),
        (
            "int main(int argc, const char *argv[], const char *envp[])",
            returns,
        ),
    ] {
        let source = format!("#include <stdio.h>\n#include <wchar.h>\n{declared} {body}");
        for name in ["p.c", "p.cpp"] {
            assert_eq!(printed(name, &source), "ran\n", "{name}: {declared}");
        }
    }
    let source = "#include <stdio.h>\n#include <wchar.h>
        int wmain(int argc, wchar_t **argv, wchar_t **envp) { wprintf(L\"%s\\n\", *envp); return 0; }";
    assert_eq!(printed("p.c", source), "(null)\n");
}

#[test]
fn objects_that_were_compiled_apart_begin_as_their_sources_say() {
    let sources = Sources::new(&[
        ("p.c", "void told(void);\nvoid main() { told(); }"),
        (
            "q.c",
            "#include <stdio.h>\nvoid told(void) { puts(\"told\"); }",
        ),
    ]);
    sources.build(&["-c", "p.c", "-o", "p.o"]);
    sources.build(&["p.o", "q.c"]);
    assert_eq!(sources.run(&[]), "told\n");
    sources.build(&["p.c", "q.c"]);
    assert_eq!(sources.run(&[]), "told\n");
}

#[test]
fn names_of_headers_are_found_in_any_case() {
    let sources = Sources::new(&[
        (
            "src/p.c",
            "#include <WinSock2.H>\n#include <WINDOWS.h>\n#include \"Ws2TcpIp.h\"
             #include <STDIO.H>\n#include \"Windows.h.\"\n#include \"OWN.h\"\n#include <Other.H>
             int main(void) { return OWN + OTHER; }",
        ),
        ("src/Own.h", "#define OWN 0\n"),
        ("include/other.h", "#define OTHER 0\n"),
    ]);
    sources.build(&["-I", "include", "src/p.c"]);
    assert_eq!(sources.run(&[]), "");
}

#[test]
fn backslashes_in_names_of_headers_and_sizes_of_bare_types_are_taken() {
    let sources = Sources::new(&[
        (
            "p.c",
            "#include <sys\\stat.h>\n#include \"inner\\Own.h\"\nint main(void) { return sizeof OWN != 4; }",
        ),
        ("inner/own.h", "typedef int OWN;\n"),
    ]);
    sources.build(&["p.c"]);
    assert_eq!(sources.run(&[]), "");
    let wrong = Sources::new(&[("p.c", "int n = sizeof int;\nint m = nothing;")]);
    let (_, said) = wrong.cc(&["-c", "p.c"]);
    assert!(said.starts_with("p.c:2:9: error"), "{said}");
}

#[test]
fn no_header_of_the_machine_itself_is_taken() {
    for header in ["netdb.h", "zlib.h", "linux/types.h"] {
        let sources = Sources::new(&[("p.c", &format!("#include <{header}>\nint main() {{}}"))]);
        for flags in [&["p.c"][..], &["--posix", "p.c"]] {
            let (built, said) = sources.cc(flags);
            assert!(!built);
            assert!(
                said.contains(&format!("'{header}' file not found")),
                "{said}"
            );
        }
    }
}

#[test]
fn c_of_before_1999_is_taken() {
    let source = "f(number) int number; { return number + 1; }\nmain() { return f(-1); }";
    let sources = Sources::new(&[("p.c", source)]);
    let (built, said) = sources.cc(&["p.c"]);
    assert!(built, "{said}");
    assert_eq!(sources.run(&[]), "");
    let (built, _) = sources.cc(&["--posix", "p.c"]);
    assert!(!built);
}

#[test]
fn a_function_of_the_program_wins_over_the_librarys() {
    let source = r#"
        #define _WIN32_WINNT 0x0501
        #include <winsock2.h>
        #include <ws2tcpip.h>
        #include <stdio.h>
        #include <string.h>
        #include <time.h>
        typedef int ssize_t;
        struct timezone { int tz_minuteswest; int tz_dsttime; };
        struct pollfd { SOCKET fd; short events; short revents; };
        static int gettimeofday(struct timeval *to, struct timezone *zone) { (void)zone; to->tv_sec = 7; return 0; }
        static size_t strlcpy(char *to, const char *from, size_t room) { (void)room; return strlen(strcpy(to, from)); }
        const char *inet_ntop(int family, const void *from, char *to, socklen_t room) { (void)family; (void)from; (void)room; return strcpy(to, "own"); }
        int WSAPoll(struct pollfd *sockets, unsigned long count, int timeout) { (void)sockets; (void)count; return timeout; }
        /* Names of the library's own inside. */
        int fail(void) { return 1; }
        int settle(void) { return 2; }
        int accepted(void) { return 3; }
        char *_strlwr(char *text) { return strcpy(text, "mine"); }
        int main(void)
        {
            char text[32];
            struct timeval now;
            WSADATA data;
            ssize_t length = (ssize_t)strlcpy(text, "copied", sizeof text);
            gettimeofday(&now, NULL);
            printf("%d %ld %s", (int)length, now.tv_sec, text);
            printf(" %s", inet_ntop(AF_INET, NULL, text, sizeof text));
            printf(" %d %d", WSAPoll(NULL, 0, 5), fail() + settle() + accepted());
            printf(" %s", _strlwr(text));
            printf(" %d\n", WSAStartup(MAKEWORD(2, 2), &data));
            return 0;
        }"#;
    assert_eq!(printed("p.c", source), "6 7 copied own 5 6 mine 0\n");
}

#[test]
fn any_definition_of_ssize_t_is_taken_and_none_is_needed() {
    for definition in [
        "typedef int ssize_t;",
        "typedef long ssize_t;",
        "typedef SSIZE_T ssize_t;",
        "typedef __int64 ssize_t;",
        "",
    ] {
        let source = format!(
            "#include <winsock2.h>\n#include <stdio.h>\n{definition}\n
             static ssize_t f(ssize_t *count) {{ return *count; }}
             int main(void) {{ ssize_t n = -3; printf(\"%d\\n\", (int)f(&n)); return 0; }}"
        );
        assert_eq!(printed("p.c", &source), "-3\n", "{definition}");
    }
}

#[test]
fn leaving_a_guarded_block_runs_what_finally_says() {
    let source = r#"
        #include <windows.h>
        #include <stdio.h>
        static int f(int leave)
        {
            int at = 0;
            __try {
                at = 1;
                if (leave) __leave;
                __try { at = 2; __leave; } __finally { at += 10; }
                at++;
            } __finally {
                at += 100;
            }
            return at;
        }
        int main(void)
        {
            __try { printf("%d %d\n", f(0), f(1)); }
            __except (EXCEPTION_EXECUTE_HANDLER) { puts("never"); }
            return 0;
        }"#;
    assert_eq!(printed("p.c", source), "113 101\n");
    assert_eq!(printed("p.cpp", source), "113 101\n");
}

#[test]
fn a_function_that_is_absent_is_named_in_a_sentence_with_its_subject() {
    let sources = Sources::new(&[(
        "p.c",
        "#include <winsock2.h>\nint main(void) { CreateFiber(0); CreateFiber(1); own(); return 0; }",
    )]);
    let (built, said) = sources.cc(&["-w", "p.c"]);
    assert!(!built);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "wsp: there is no CreateFiber: a program has the threads that CreateThread and _beginthreadex make, and no others (see \"thread pools and other threads\" in docs/c-library.md)",
            "wsp: there is no own: it is in none of the sources and libraries that were given, and docs/c-library.md does not have it",
        ]
    );
}

#[test]
fn a_program_without_a_beginning_is_told_so() {
    let sources = Sources::new(&[("p.c", "int f(void) { return 0; }")]);
    let (built, said) = sources.cc(&["p.c"]);
    assert!(!built);
    assert_eq!(
        said,
        "wsp: the program has no main, wmain or _tmain to begin with\n"
    );
}

#[test]
fn posix_is_compiled_without_what_makes_it_windows() {
    let source = "#include <stdio.h>\n#include <winsock2.h>\n#include <unistd.h>\n#include <sys/time.h>
        #ifdef _WIN32
        #error Windows
        #endif
        int main(void) { char text[8]; snprintf(text, sizeof text, \"%d\", (int)sizeof(ssize_t)); puts(text); return 0; }";
    let sources = Sources::new(&[("p.c", source)]);
    for flags in [["--posix", "-O1", "p.c"], ["-O1", "--posix", "p.c"]] {
        sources.build(&flags);
        assert_eq!(sources.run(&[]), "4\n");
    }
    let (built, said) = sources.cc(&["p.c"]);
    assert!(!built);
    assert!(said.contains("#error Windows"), "{said}");
    let flags = |arguments: &[&str]| text(&wsp(arguments).output().unwrap().stdout);
    assert!(flags(&["cc", "--print-flags"]).contains("-D_WIN32"));
    assert!(!flags(&["cc", "--posix", "--print-flags"]).contains("-D_WIN32"));
    assert!(flags(&["cc", "--posix", "--print-toolchain"]).contains("cc --posix <OBJECTS>"));
}

#[test]
fn the_console_is_the_standard_streams() {
    let source = r#"
        #include <windows.h>
        #include <stdio.h>
        static BOOL WINAPI handle(DWORD event) { (void)event; return TRUE; }
        int main(void)
        {
            HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
            DWORD written = 0, mode;
            COORD corner = {0, 0};
            printf("first, ");
            printf("%d%d", SetConsoleTextAttribute(output, FOREGROUND_RED), SetConsoleCursorPosition(output, corner));
            WriteConsole(output, " then\n", 6, &written, NULL);
            WriteConsoleW(output, L"gr\u00fcn\n", 5, &written, NULL);
            printf("%lu %d", written, GetConsoleMode(output, &mode));
            printf(" %lu", GetLastError());
            printf(" %d%d%d", SetConsoleCtrlHandler(handle, TRUE), SetConsoleCtrlHandler(handle, FALSE), SetConsoleCtrlHandler(handle, FALSE));
            printf(" %d\n", output == GetStdHandle(STD_OUTPUT_HANDLE));
            OutputDebugString("");
            return 0;
        }"#;
    assert_eq!(
        printed("p.c", source),
        "first, 11 then\ngr\u{fc}n\n5 0 6 110 1\n"
    );
}

#[test]
fn a_sandbox_without_directories_has_no_files() {
    let source = "#include <stdio.h>\n#include <windows.h>
        int main(void) { printf(\"%d\", fopen(\"a\", \"w\") != NULL);
        printf(\" %d\\n\", CreateFile(\"a\", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL) != INVALID_HANDLE_VALUE); return 0; }";
    assert_eq!(printed("p.c", source), "0 0\n");
}

#[test]
fn cxx_without_its_standard_library_has_minima_and_microsofts_templates() {
    let source = r#"
        extern "C" {
        #include <windows.h>
        #include <stdio.h>
        }
        static int max(int a, int b, int c) { return max(a, max(b, c)); }
        int main()
        {
            char text[8];
            DWORD small = 3;
            sprintf_s(text, "%d %lu", min(7, 5L) == 5, min(small, 9ul));
            puts(text);
            return max(1, 2, 3) - 3;
        }"#;
    assert_eq!(printed("p.cpp", source), "1 3\n");
}

const CXX: &str = r#"
    #include <winsock2.h>
    #include <windows.h>
    #include <algorithm>
    #include <iostream>
    #include <map>
    #include <sstream>
    #include <string>
    #include <vector>
    int main()
    {
        char text[16];
        std::vector<int> numbers = {3, 1, 2};
        std::map<std::string, int> named;
        std::sort(numbers.begin(), numbers.end());
        named["one"] = numbers[0];
        strcpy_s(text, "room");
        sprintf_s(text, "%s %d", "a", 1);
        std::ostringstream all;
        all << text << ' ' << named["one"] << ' ' << std::max(2, 3);
        try { std::cout << all.str() << std::endl; } catch (const std::string &) { return 1; }
        return 0;
    }"#;

#[test]
fn cxx_is_built_with_its_standard_library_or_told_what_to_install() {
    let sources = Sources::new(&[("p.cpp", CXX)]);
    for flags in [&["p.cpp"][..], &["-std=c++11", "p.cpp"]] {
        sources.build(flags);
        assert_eq!(sources.run(&[]), "a 1 1 3\n");
    }
    // And a C library beside which there is none of C++.
    let root = sources.0.path().join("root");
    let clang = wsp_c::clang::Clang::find().unwrap();
    let without = |folder: &str, from: &Path| {
        let to = root.join(folder).join("wasm32-wasi");
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            if !entry.file_name().to_str().unwrap().contains("c++") {
                symlink(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    };
    let headers = clang.headers();
    without("include", &headers);
    let library = headers.join("../../lib/wasm32-wasi");
    without("lib", &library);
    let output = wsp(&["cc", &sources.path("p.cpp"), "-o", &sources.path("q.wasm")])
        .env("WASI_SYSROOT", &root)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("`apt-get install libc++-19-dev-wasm32"),
        "{said}"
    );

    let plain = Sources::new(&[("p.cpp", "#include <winsock2.h>\nint main() { return 0; }")]);
    let output = wsp(&["cc", &plain.path("p.cpp"), "-o", &plain.path("a.wasm")])
        .env("WASI_SYSROOT", &root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(plain.run(&[]), "");
}

#[test]
fn an_exception_ends_the_program_with_a_sentence() {
    let source = "int main() { try { throw 1; } catch (int) { } return 0; }";
    let sources = Sources::new(&[("p.cpp", source)]);
    sources.build(&["p.cpp"]);
    let output = wsp(&["run", &sources.path("a.wasm")]).output().unwrap();
    assert_eq!(output.status.code(), Some(134));
    let said = text(&output.stderr);
    assert!(said.contains("none can be caught here"), "{said}");
}

#[test]
fn guids_are_written_and_the_forms_of_unicode_agree_in_both_languages() {
    let source = "#define UNICODE\n#include <winsock2.h>\n#include <ws2tcpip.h>\n#include <objbase.h>
        #include <mswsock.h>\n#include <stdio.h>
        int main(void) {
            GUID id = WSAID_ACCEPTEX; wchar_t text[39]; PADDRINFOEX found = NULL;
            int length = StringFromGUID2(REF id, text, 39), short_of = StringFromGUID2(REF id, text, 38);
            FreeAddrInfoEx(found);
            printf(\"%d %d %ls\\n\", length, short_of, text);
            return 0;
        }";
    let expected = "39 0 {B5367DF1-CBAC-11CF-95CA-00805F48A192}\n";
    assert_eq!(printed("p.c", &source.replace("REF", "&")), expected);
    assert_eq!(printed("p.cpp", &source.replace("REF", "")), expected);
}

#[test]
fn bind_is_winsocks_also_beside_the_standard_library_of_cxx() {
    let source = "#include <winsock2.h>\n#include <functional>\n#include <stdio.h>
        using namespace std;
        static int sum(int a, int b) { return a + b; }
        int main() {
            SOCKADDR_IN any = {AF_INET}; SOCKET s = INVALID_SOCKET; ULONG length = sizeof any;
            int result = bind(s, (SOCKADDR *)&any, sizeof(any));
            result += bind(s, (const SOCKADDR *)&any, length);
            printf(\"%d %d\\n\", result, std::bind(sum, 1, placeholders::_1)(2));
            return 0;
        }";
    assert_eq!(printed("p.cpp", source), "-2 3\n");
}

#[test]
fn functions_are_found_by_name_in_the_libraries_that_are_there() {
    let source = "#include <winsock2.h>\n#include <ws2tcpip.h>\n#include <windows.h>\n#include <stdio.h>
        typedef INT(WSAAPI *LPFN_PTON)(INT, PCSTR, PVOID);
        int main(void) {
            HMODULE module = LoadLibraryA(\"C:\\\\Windows\\\\system32\\\\WS2_32.DLL\");
            LPFN_PTON pton = (LPFN_PTON)GetProcAddress(module, \"inet_pton\");
            struct in_addr in = {0};
            printf(\"%d %d\\n\", GetModuleHandleA(\"ws2_32\") == module, pton != NULL);
            printf(\"%d %lx\\n\", pton(AF_INET, \"127.0.0.1\", &in), (unsigned long)in.s_addr);
            printf(\"%d %d\\n\", GetProcAddress(module, \"WSANoSuch\") == NULL, (int)GetLastError());
            printf(\"%d %d\\n\", LoadLibraryA(\"user32\") == NULL, (int)GetLastError());
            return !FreeLibrary(module);
        }";
    assert_eq!(printed("p.c", source), "1 1\n1 100007f\n1 127\n1 126\n");
}

#[test]
fn sources_have_an_opendir_of_their_own_or_the_librarys() {
    let own = "#include <io.h>\n#include <direct.h>\n#include <stdio.h>\n#include <errno.h>
        typedef struct { int at; } DIR;
        DIR *opendir(const char *name) { static DIR own = {7}; (void)name; return &own; }
        int main(void) { FILE *f = fopen(\"none\", \"r\"); _mkdir(\"none/at/all\");
            printf(\"%d %d\\n\", opendir(\".\")->at, f == NULL); return 0; }";
    assert_eq!(printed("p.c", own), "7 1\n");
    let librarys = "#include <dirent.h>\n#include <stdio.h>
        int main(void) { printf(\"%d\\n\", opendir(\"none\") == NULL); return 0; }";
    assert_eq!(printed("p.c", librarys), "1\n");
}

#[test]
fn errno_and_the_errors_of_winsock_come_with_the_headers_that_bring_them_on_windows() {
    let source = "#include <string.h>\n#include <windows.h>\n#include <stdio.h>
        int main(void) { errno = 0; boolean set = WSAEINTR == 10004;
            printf(\"%d %d %d\\n\", errno, set, IPPORT_ECHO); return 0; }";
    assert_eq!(printed("p.c", source), "0 1 7\n");
}

#[test]
fn a_prompt_is_seen_on_a_terminal_before_it_is_answered() {
    let source = "#include <stdio.h>
        int main(void) { char name[16]; printf(\"Name: \"); if (!fgets(name, 16, stdin)) return 1;
            printf(\"Hello %s\", name); return 0; }";
    let sources = Sources::new(&[("p.c", source)]);
    sources.build(&["p.c"]);
    // Of util-linux: runs a command on a terminal of its own.
    let run = format!(
        "{} run {}",
        env!("CARGO_BIN_EXE_wsp"),
        sources.path("a.wasm")
    );
    let mut terminal = std::process::Command::new("script")
        .args(["-qec", &run, "/dev/null"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("script runs; install it with `apt-get install bsdutils`");
    let mut output = terminal.stdout.take().unwrap();
    let mut prompt = [0; 6];
    output.read_exact(&mut prompt).unwrap();
    assert_eq!(&prompt, b"Name: ");
    terminal.stdin.take().unwrap().write_all(b"Ada\n").unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("Hello Ada"), "{rest}");
    terminal.wait().unwrap();
}
