//! `wsp cc` and `wsp run` with programs that have threads.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use wsp_tests::dns::DnsServer;

use crate::support::{Running, text, wsp};
use crate::windows_sources::Sources;

const BEGINNING: &str =
    "#include <winsock2.h>\n#include <windows.h>\n#include <process.h>\n#include <stdio.h>\n";

fn sources(source: &str) -> Sources {
    Sources::new(&[("p.c", &format!("{BEGINNING}{source}"))])
}

/// What a program prints that is built of this, and runs well.
fn printed(source: &str, flags: &[&str]) -> String {
    let sources = sources(source);
    sources.build(&[flags, &["p.c"]].concat());
    sources.run(&[])
}

/// What `wsp run` says of a program that is ended.
fn trapped(source: &str) -> (String, String) {
    let sources = sources(source);
    sources.build(&["p.c"]);
    let output = wsp(&["run", &sources.path("a.wasm")]).output().unwrap();
    assert!(!output.status.success());
    (text(&output.stdout), text(&output.stderr))
}

/// How a program may be compiled.
const HOWEVER: [&[&str]; 5] = [
    &["-O0", "-g"],
    &["-O3"],
    &["-Oz"],
    &["-O2", "-flto"],
    &["-O1", "-s"],
];

const ONE_THREAD: &str = "
    static DWORD WINAPI other(LPVOID p) { Sleep(1); return 6 * (DWORD)(ULONG_PTR)p; }
    int main(void) {
        HANDLE thread = CreateThread(NULL, 0, other, (LPVOID)7, 0, NULL);
        DWORD code = 0;
        WaitForSingleObject(thread, INFINITE);
        GetExitCodeThread(thread, &code);
        printf(\"%lu\\n\", code);
        return 0;
    }";

#[test]
fn threads_run_however_the_program_is_compiled() {
    for flags in HOWEVER {
        assert_eq!(printed(ONE_THREAD, flags), "42\n", "{flags:?}");
    }
}

/// The second of three threads spins after the others have had their turns, if it is told to.
const SPINNING: &str = "
    static volatile LONG flag;
    static void __attribute__((noinline)) spin(void) { while (!flag) ; }
    static DWORD WINAPI worker(LPVOID p) { Sleep(1); if (p != NULL) spin(); return 0; }
    int main(int argc, char **argv) {
        HANDLE threads[2];
        threads[0] = CreateThread(NULL, 0, worker, (LPVOID)(ULONG_PTR)(argc - 1), 0, NULL);
        threads[1] = CreateThread(NULL, 0, worker, NULL, 0, NULL);
        printf(\"%lu\\n\", GetThreadId(threads[0]));
        fflush(stdout);
        flag = 2 - (LONG)WaitForMultipleObjects(2, threads, TRUE, INFINITE);
        return 0;
    }";

#[test]
fn a_thread_that_spins_is_named_when_the_time_is_up() {
    let sources = sources(SPINNING);
    sources.build(&["-O1", "p.c"]);
    let run = |timeout: &str, told: &[&str]| {
        let program = sources.path("a.wasm");
        let mut command = wsp(&["run", timeout, &program]);
        command.args(told).output().unwrap()
    };
    // The time to compile it counts, so it is compiled before.
    assert!(run("--timeout=10m", &[]).status.success());
    let output = run("--timeout=2s", &["spin"]);
    let (thread, said) = (text(&output.stdout), text(&output.stderr));
    let where_it_was = "while it computed in spin, called by worker, called by ";
    assert_eq!(output.status.code(), Some(124), "{said}");
    assert!(said.contains(where_it_was), "{said}");
    assert!(
        said.contains(&format!(", in thread {};", thread.trim())),
        "{thread}{said}"
    );
}

#[test]
fn without_wasm_opt_a_sentence_says_what_to_install() {
    let sources = sources(ONE_THREAD);
    let built = |source: &str, variable: &str, value: &str| {
        let mut command = wsp(&["cc", source, "-o", "a.wasm"]);
        let output = command.current_dir(sources.path("")).env(variable, value);
        let output = output.output().unwrap();
        (output.status.success(), text(&output.stderr))
    };
    assert_eq!(
        built("p.c", "WSP_WASM_OPT", "/nowhere/wasm-opt"),
        (
            false,
            "wsp: the program makes threads, and WSP_WASM_OPT names /nowhere/wasm-opt, which is no file: name the wasm-opt of Binaryen, of version 108 or later\n".to_owned()
        )
    );
    fs::write(
        sources.path("failing"),
        "#!/bin/sh\necho unknown instruction >&2\nexit 1\n",
    )
    .unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(sources.path("failing"), mode).unwrap();
    let (ok, said) = built("p.c", "WSP_WASM_OPT", &sources.path("failing"));
    assert!(!ok);
    assert!(
        said.contains("(unknown instruction): a newer wasm-opt may"),
        "{said}"
    );

    // Whoever makes no threads does not need it, whatever else of them is used.
    let other = format!(
        "{BEGINNING}int main(void) {{ HANDLE m = CreateMutex(NULL, TRUE, NULL); Sleep(0); return !ReleaseMutex(m); }}"
    );
    fs::write(sources.path("other.c"), other).unwrap();
    assert_eq!(
        built("other.c", "WSP_WASM_OPT", "/nowhere/wasm-opt"),
        (true, String::new())
    );
    assert_eq!(sources.run(&[]), "");
}

/// The other object, and the pass, are nothing to a program without threads: neither is inside,
/// and what is does not depend on whether there is a `wasm-opt`, of which clang knows by itself.
#[test]
fn a_program_without_threads_has_nothing_of_them() {
    let sources = sources(
        "int main(void) { CRITICAL_SECTION s; InitializeCriticalSection(&s); EnterCriticalSection(&s);
            printf(\"%d\\n\", (int)GetCurrentThreadId()); Sleep(0); return WSAGetLastError(); }",
    );
    let wasm_opt = sources.path("tools/wasm-opt");
    fs::create_dir(sources.path("tools")).unwrap();
    fs::write(&wasm_opt, "#!/bin/sh\nexit 1\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&wasm_opt, mode).unwrap();
    let path = std::env::var("PATH").unwrap();
    let failing = format!("{}:{path}", sources.path("tools"));

    for level in ["-O0", "-O2"] {
        sources.build(&[level, "p.c"]);
        let component = fs::read(sources.path("a.wasm")).unwrap();
        for name in [
            "asyncify",
            "winsock:spi/threads",
            "__tls_base",
            "wsp_stack_limit",
            "wsp_signature",
            "wsp_variables",
            "report_deadlock",
            "give_away",
            "put_away",
        ] {
            let found = component
                .windows(name.len())
                .any(|bytes| bytes == name.as_bytes());
            assert!(!found, "{name}");
        }
        let again = sources.path("again.wasm");
        let mut command = wsp(&["cc", level, "p.c", "-o", &again]);
        let built = command
            .current_dir(sources.path(""))
            .env("PATH", &failing)
            .env("WSP_WASM_OPT", "/nowhere");
        assert!(built.output().unwrap().status.success());
        assert_eq!(fs::read(again).unwrap(), component);
    }
}

#[test]
fn a_deadlock_is_a_trap_with_a_line_for_each_thread() {
    let (_, said) = trapped(
        "static CRITICAL_SECTION a, b;
         static DWORD WINAPI other(LPVOID p) { EnterCriticalSection(&b); SetEvent(p); EnterCriticalSection(&a); return 0; }
         int main(void) {
             HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);
             InitializeCriticalSection(&a);
             InitializeCriticalSection(&b);
             EnterCriticalSection(&a);
             CreateThread(NULL, 0, other, event, 0, NULL);
             WaitForSingleObject(event, INFINITE);
             EnterCriticalSection(&b);
             return 0;
         }",
    );
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines[0],
        "wsp: deadlock: every thread waits, and nothing is under way that could end it:"
    );
    assert!(lines[1].starts_with("wsp:   thread 1 (main) waits in EnterCriticalSection at 0x"));
    assert!(lines[1].ends_with(", which thread 2 has"));
    assert!(lines[2].starts_with("wsp:   thread 2 waits in EnterCriticalSection at 0x"));
    assert!(lines[2].ends_with(", which thread 1 (main) has"));
}

#[test]
fn a_deadlock_names_handles_and_their_owners() {
    let (_, said) = trapped(
        "static DWORD WINAPI other(LPVOID p) { WaitForSingleObject(p, INFINITE); return 0; }
         int main(void) {
             HANDLE mutex = CreateMutex(NULL, TRUE, NULL);
             HANDLE thread = CreateThread(NULL, 0, other, mutex, 0, NULL);
             CreateThread(NULL, 0, other, NULL, CREATE_SUSPENDED, NULL);
             WaitForSingleObject(thread, INFINITE);
             return 0;
         }",
    );
    assert!(
        said.contains("thread 1 (main) waits in WaitForSingleObject for handle 8\n"),
        "{said}"
    );
    assert!(
        said.contains(
            "thread 2 waits in WaitForSingleObject for handle 4, which thread 1 (main) has\n"
        ),
        "{said}"
    );
    assert!(said.contains("thread 3 is suspended\n"), "{said}");
}

#[test]
fn the_stack_of_a_thread_has_an_end_that_is_told() {
    const DEEP: &str = "
        static int deep(int n) { volatile char some[2000]; some[n % 2000] = (char)n; return n == 0 ? 0 : deep(n - 1) + some[n % 2000]; }
        static DWORD WINAPI other(LPVOID p) { return (DWORD)deep((int)(ULONG_PTR)p); }
        static void run(SIZE_T stack, int depth) {
            HANDLE thread = CreateThread(NULL, stack, other, (LPVOID)(ULONG_PTR)depth, 0, NULL);
            WaitForSingleObject(thread, INFINITE);
            puts(\"fine\");
            fflush(stdout);
        }";
    let (printed, said) = trapped(&format!(
        "{DEEP}int main(void) {{ run(0, 100); run(4 << 20, 1500); run(0, 200); return 0; }}"
    ));
    assert_eq!(printed, "fine\nfine\n");
    assert!(
        said.starts_with("wsp: stack overflow: thread 4 needs more than its 262144 bytes"),
        "{said}"
    );
}

/// By a cast, as many programs do; what a function does not return is 0.
#[test]
fn threads_start_with_functions_of_other_types() {
    let source = "
        static int done;
        static void nothing(void *p) { done += *(int *)p; }
        static DWORD none(void) { Sleep(0); done += 10; return 3; }
        static void neither(void) { Sleep(0); done += 100; }
        static DWORD code(HANDLE thread) { DWORD code = 9; WaitForSingleObject(thread, INFINITE); GetExitCodeThread(thread, &code); return code; }
        int main(void) {
            int one = 1;
            DWORD first = code(CreateThread(NULL, 0, (LPTHREAD_START_ROUTINE)nothing, &one, 0, NULL));
            DWORD second = code(CreateThread(NULL, 0, (LPTHREAD_START_ROUTINE)none, NULL, 0, NULL));
            DWORD third = code((HANDLE)_beginthreadex(NULL, 0, (void *)neither, NULL, 0, NULL));
            printf(\"%d %lu %lu %lu\\n\", done, first, second, third);
            return 0;
        }";
    assert_eq!(printed(source, &["-w"]), "111 0 3 0\n");
}

#[test]
fn the_program_ends_in_order_from_whichever_thread() {
    let from_a_thread = "
        static void last(void) { Sleep(1); puts(\"at exit\"); }
        static DWORD WINAPI other(LPVOID p) { puts(\"other\"); exit(0); }
        int main(void) { atexit(last); CreateThread(NULL, 0, other, NULL, 0, NULL); Sleep(INFINITE); return 1; }";
    assert_eq!(printed(from_a_thread, &[]), "other\nat exit\n");
    // As on Windows: the threads that are left end with it.
    let from_main = "
        static DWORD WINAPI other(LPVOID p) { for (;;) Sleep(1); }
        int main(void) { CreateThread(NULL, 0, other, NULL, 0, NULL); Sleep(5); puts(\"main\"); return 0; }";
    assert_eq!(printed(from_main, &[]), "main\n");
    let main_ends_first = "
        static DWORD WINAPI other(LPVOID p) { Sleep(5); puts(\"other\"); return 0; }
        int main(void) { CreateThread(NULL, 0, other, NULL, 0, NULL); ExitThread(0); }";
    assert_eq!(printed(main_ends_first, &[]), "other\n");
}

#[test]
fn a_port_lets_as_many_threads_run_as_it_was_made_for() {
    let source = "
        static HANDLE port;
        static int running, most;
        static DWORD WINAPI work(LPVOID p) {
            DWORD bytes; ULONG_PTR key; OVERLAPPED *overlapped; int turn;
            while (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE) && key != 0) {
                running++;
                if (running > most) most = running;
                for (turn = 0; turn < 5; turn++) SwitchToThread();
                running--;
                if (key == 2) Sleep(1);
            }
            return 0;
        }
        static void run(DWORD concurrent, ULONG_PTR key) {
            HANDLE threads[6]; int n;
            port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrent);
            most = 0;
            for (n = 0; n < 6; n++) threads[n] = CreateThread(NULL, 0, work, NULL, 0, NULL);
            Sleep(1);
            for (n = 0; n < 20; n++) PostQueuedCompletionStatus(port, 0, key, NULL);
            for (n = 0; n < 6; n++) PostQueuedCompletionStatus(port, 0, 0, NULL);
            WaitForMultipleObjects(6, threads, TRUE, INFINITE);
            printf(\"%d\\n\", most);
        }
        int main(void) { run(1, 1); run(3, 1); run(100, 1); return 0; }";
    assert_eq!(printed(source, &[]), "1\n3\n6\n");
}

#[test]
fn threads_that_are_terminated_end_and_abandon_what_they_hold() {
    let source = "
        static HANDLE mutex;
        static DWORD WINAPI other(LPVOID p) { WaitForSingleObject(mutex, INFINITE); SetEvent(p); Sleep(INFINITE); return 0; }
        int main(void) {
            HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL), thread;
            DWORD code = 0;
            mutex = CreateMutex(NULL, FALSE, NULL);
            thread = CreateThread(NULL, 0, other, event, 0, NULL);
            WaitForSingleObject(event, INFINITE);
            printf(\"%d \", TerminateThread(thread, 17));
            printf(\"%lu \", WaitForSingleObject(thread, 0));
            GetExitCodeThread(thread, &code);
            printf(\"%lu %lu\\n\", code, WaitForSingleObject(mutex, 0));
            CloseHandle(thread);
            return 0;
        }";
    assert_eq!(printed(source, &[]), "1 0 17 128\n");
}

/// A line of standard input is waited for by one thread only.
#[test]
fn while_a_thread_waits_for_a_line_the_others_go_on() {
    let sources = sources(
        "static DWORD WINAPI other(LPVOID p) { int n; for (n = 0; n < 3; n++) { Sleep(1); printf(\"tick %d\\n\", n); fflush(stdout); } return 0; }
         int main(void) {
             char line[16];
             CreateThread(NULL, 0, other, NULL, 0, NULL);
             printf(\"read %s\", fgets(line, sizeof line, stdin));
             fflush(stdout);
             printf(\"%d\\n\", fgets(line, sizeof line, stdin) == NULL);
             return 0;
         }",
    );
    sources.build(&["p.c"]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wsp"));
    command.args(["run", &sources.path("a.wasm")]);
    let running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut running = Running(running.unwrap());
    let mut input = running.0.stdin.take().unwrap();
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    for tick in ["tick 0", "tick 1", "tick 2"] {
        assert_eq!(lines.next().unwrap().unwrap(), tick);
    }
    input.write_all(b"a line\n").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "read a line");
    drop(input);
    assert_eq!(lines.next().unwrap().unwrap(), "1");
    assert!(running.0.wait().unwrap().success());
}

/// What the threads of this program print of a variable that each has of its own.
const OWN_VARIABLES: &str = "
    #include \"own.h\"
    static _Thread_local char more[2000];
    static _Alignas(256) __thread char aligned = 1;
    __declspec(noinline) int next(void) { own++; return more[own]++; }
    static DWORD WINAPI other(LPVOID p) {
        int n, first = *(int *)p;
        for (n = 0; n < 3; n++) { next(); Sleep(0); }
        *(int *)p = -1;
        return own * 1000 + first + ((ULONG_PTR)&aligned % 256) + aligned - 1;
    }
    WHATEVER main(void) {
        HANDLE threads[2]; DWORD code; int n;
        own = 7;
        for (n = 0; n < 2; n++) { threads[n] = CreateThread(NULL, 0, other, &own, 0, NULL); Sleep(0); }
        for (n = 0; n < 2; n++) {
            WaitForSingleObject(threads[n], INFINITE);
            GetExitCodeThread(threads[n], &code);
            printf(\"%lu \", code);
        }
        printf(\"%d\\n\", own);
    }";

fn of_own_variables(main: &str) -> Sources {
    let program = OWN_VARIABLES.replace("WHATEVER", main);
    Sources::new(&[
        ("p.c", &format!("{BEGINNING}{program}")),
        ("own.h", "extern __declspec(thread) int own;"),
        (
            "own.c",
            "#include \"own.h\"\n__declspec(thread) int own = 42;",
        ),
    ])
}

#[test]
fn each_thread_has_its_own_variables_however_the_program_is_compiled() {
    for flags in HOWEVER {
        let sources = of_own_variables("int");
        sources.build(&[flags, &["p.c", "own.c"]].concat());
        assert_eq!(sources.run(&[]), "45007 45007 -1\n", "{flags:?}");
    }
    // A source that is compiled by itself for its `main`, and objects.
    let sources = of_own_variables("void");
    sources.build(&["p.c", "own.c"]);
    assert_eq!(sources.run(&[]), "45007 45007 -1\n");
    for source in ["p.c", "own.c"] {
        let (compiled, said) = sources.cc(&["-c", source]);
        assert!(compiled, "{said}");
    }
    sources.build(&["p.o", "own.o"]);
    assert_eq!(sources.run(&[]), "45007 45007 -1\n");
}

/// They cost a program of one thread nothing, and it may be made of the same objects.
#[test]
fn a_program_of_one_thread_has_such_variables_too() {
    let source = "
        static __declspec(thread) int x = 3;
        static LONG counter; static LONG64 large; static SHORT small;
        int main(void) {
            SHORT before; x++; InterlockedIncrement(&counter); InterlockedExchangeAdd64(&large, 1LL << 40);
            before = InterlockedCompareExchange16(&small, -5, 0);
            before += InterlockedCompareExchange16(&small, 9, 0);
            InterlockedOr(&counter, 6); InterlockedXor(&counter, 3); InterlockedAnd(&counter, 5);
            counter += InterlockedExchange(&counter, 100);
            printf(\"%d %ld %lld %d %d\\n\", x, counter, large, small, before);
            return 0;
        }";
    let sources = sources(source);
    sources.build(&["-O1", "p.c"]);
    let expected = "4 104 1099511627776 -5 -5\n";
    assert_eq!(sources.run(&[]), expected);
    let (compiled, said) = sources.cc(&["-O1", "-c", "p.c"]);
    assert!(compiled, "{said}");
    sources.build(&["p.o"]);
    assert_eq!(sources.run(&[]), expected);
}

/// Each thread makes what it uses, and destroys it when it ends, in the opposite order.
#[test]
fn variables_of_cxx_are_made_and_destroyed_by_each_thread() {
    const SOURCE: &str = "
        struct Told {
            int number;
            Told(int first) : number(first + (int)GetCurrentThreadId()) {}
            ~Told() { Sleep(0); printf(\"-%d%s\", number, GetCurrentThreadId() == (DWORD)number % 10 ? \" \" : \"? \"); }
        };
        thread_local Told told(10);
        static int use() { thread_local Told inside(20); return told.number += inside.number / 20 * 100; }
        static DWORD WINAPI other(LPVOID) { use(); use(); return 0; }
        static DWORD WINAPI uses_nothing(LPVOID) { return 0; }
        static DWORD WINAPI ends(LPVOID) { use(); ExitThread(0); }";
    let threads = "
        int main() {
            LPTHREAD_START_ROUTINE all[] = {other, uses_nothing, ends};
            for (LPTHREAD_START_ROUTINE start : all) {
                WaitForSingleObject(CreateThread(NULL, 0, start, NULL, 0, NULL), INFINITE);
                printf(\"| \");
            }
            return use() != 111;
        }";
    let one = "int main() { return use() != 111; }";
    for (main, expected) in [
        (threads, "-212 -22 | | -114 -24 | -111 -21 "),
        (one, "-111 -21 "),
    ] {
        let source = format!("{BEGINNING}{SOURCE}{main}");
        let sources = Sources::new(&[("p.cpp", &source)]);
        sources.build(&["p.cpp"]);
        assert_eq!(sources.run(&[]), expected);
    }
}

/// As servers do that hand a thread the address of what the next accept writes, while others wait
/// to be accepted.
#[test]
fn a_thread_begins_before_the_next_call_returns_though_that_does_not_wait() {
    let source = "
        static int seen[8], count;
        static DWORD WINAPI serve(LPVOID p) { SOCKET s = *(SOCKET *)p; char b; recv(s, &b, 1, 0); seen[count++] = b; closesocket(s); return 0; }
        int main(void) {
            WSADATA data; struct sockaddr_in name = {.sin_family = AF_INET}; int size = sizeof name, n;
            SOCKET listening, clients[8], accepted; HANDLE threads[8];
            WSAStartup(MAKEWORD(2, 2), &data);
            listening = socket(AF_INET, SOCK_STREAM, 0);
            name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            bind(listening, (void *)&name, size);
            listen(listening, 8);
            getsockname(listening, (void *)&name, &size);
            for (n = 0; n < 8; n++) { clients[n] = socket(AF_INET, SOCK_STREAM, 0); connect(clients[n], (void *)&name, size); }
            for (n = 0; n < 8; n++) {
                accepted = accept(listening, NULL, NULL);
                threads[n] = CreateThread(NULL, 0, serve, &accepted, 0, NULL);
            }
            Sleep(0);
            for (n = 0; n < 8; n++) {
                char letter = (char)('a' + n);
                send(clients[n], &letter, 1, 0);
                WaitForSingleObject(threads[n], 10000);
            }
            for (n = 0; n < count; n++) printf(\"%c\", seen[n]);
            printf(\"\\n\");
            return 0;
        }";
    let sources = sources(source);
    sources.build(&["p.c"]);
    let output = wsp(&[
        "run",
        "--allow-inbound=tcp://127.0.0.1:0",
        "--allow-outbound=tcp://127.0.0.1:*",
        "--timeout=60s",
        &sources.path("a.wasm"),
    ])
    .output()
    .unwrap();
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        ("abcdefgh\n".to_owned(), String::new())
    );
}

/// A worker that waits for its port does not count among those that run, also when it is ended.
#[test]
fn a_port_goes_on_without_a_worker_that_was_terminated() {
    let source = "
        static HANDLE port;
        static DWORD WINAPI work(LPVOID p) {
            DWORD bytes, sum = 0; ULONG_PTR key; OVERLAPPED *overlapped;
            while (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE) && key != 0) { sum += bytes; Sleep(1); }
            return sum;
        }
        int main(void) {
            HANDLE first, second; DWORD code = 0; int n;
            port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
            first = CreateThread(NULL, 0, work, NULL, 0, NULL);
            PostQueuedCompletionStatus(port, 1, 1, NULL);
            Sleep(20);
            TerminateThread(first, 0);
            second = CreateThread(NULL, 0, work, NULL, 0, NULL);
            for (n = 0; n < 4; n++) PostQueuedCompletionStatus(port, 1, n < 3, NULL);
            printf(\"%lu \", WaitForSingleObject(second, 10000));
            GetExitCodeThread(second, &code);
            printf(\"%lu\\n\", code);
            return 0;
        }";
    assert_eq!(printed(source, &[]), "0 3\n");
}

#[test]
fn programs_of_cxx_have_threads_too() {
    let sources = Sources::new(&[("p.cpp", &format!("{BEGINNING}{ONE_THREAD}"))]);
    sources.build(&["p.cpp"]);
    assert_eq!(sources.run(&[]), "42\n");
}

/// A name is waited for by one thread only, and a thread that is terminated waits no more.
#[test]
fn while_a_thread_waits_for_a_name_the_others_go_on() {
    let sources = sources(
        "#include <ws2tcpip.h>
         static DWORD WINAPI other(LPVOID p) { int n; for (n = 0; n < 3; n++) { Sleep(1); printf(\"tick %d\\n\", n); fflush(stdout); } return 0; }
         static DWORD WINAPI also(LPVOID p) {
             struct hostent *host = gethostbyname(\"service.example\");
             if (host != NULL) printf(\"%s for %s\\n\", inet_ntoa(*(struct in_addr *)host->h_addr), (char *)p);
             fflush(stdout);
             return 0;
         }
         int main(void) {
             WSADATA data; struct addrinfo *found; HANDLE thread, ended;
             WSAStartup(MAKEWORD(2, 2), &data);
             CreateThread(NULL, 0, other, NULL, 0, NULL);
             ended = CreateThread(NULL, 0, also, \"nobody\", 0, NULL);
             thread = CreateThread(NULL, 0, also, \"the other\", 0, NULL);
             Sleep(0);
             TerminateThread(ended, 0);
             if (getaddrinfo(\"service.example\", NULL, NULL, &found) != 0) return 1;
             printf(\"%s\\n\", inet_ntoa(((struct sockaddr_in *)found->ai_addr)->sin_addr));
             fflush(stdout);
             WaitForSingleObject(thread, INFINITE);
             return getaddrinfo(\"other.example\", NULL, NULL, &found) != WSAEACCES;
         }",
    );
    sources.build(&["p.c"]);
    let dns = DnsServer::answering(&["192.0.2.1"], 60);
    dns.holds();
    let server = format!("--dns={}", dns.address());
    let mut running = Running::wsp(&[
        "run",
        &server,
        "--allow-resolve=service.example",
        "--timeout=60s",
        &sources.path("a.wasm"),
    ]);
    let mut lines = running.lines();
    for tick in ["tick 0", "tick 1", "tick 2"] {
        assert_eq!(lines.next().unwrap(), tick);
    }
    dns.goes_on();
    let mut found = [lines.next().unwrap(), lines.next().unwrap()];
    found.sort();
    assert_eq!(found, ["192.0.2.1", "192.0.2.1 for the other"]);
    assert!(running.0.wait().unwrap().success());
}
