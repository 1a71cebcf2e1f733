//! Functions that a program asks for and that are not there: in place of a linker's
//! line, a sentence that says why, by the subject that docs/c-library.md has it under.

use wsp_c::clang::DEBIAN_CXX_PACKAGES;

/// What a group of functions needs.
struct Subject {
    /// As docs/c-library.md names it.
    name: &'static str,
    why: &'static str,
    /// The functions, or what their names begin with if a star follows.
    functions: &'static [&'static str],
}

const OTHER_THREADS: &str = "thread pools and other threads";

const SUBJECTS: &[Subject] = &[
    Subject {
        name: OTHER_THREADS,
        why: "a program has the threads that CreateThread and _beginthreadex make, and no others",
        functions: &[
            "CreateRemoteThread*",
            "OpenThread",
            "SetThread*",
            "GetThread*",
            "OpenMutex*",
            "OpenSemaphore*",
            "OpenEvent*",
            "OpenWaitableTimer*",
            "CreateTimerQueue*",
            "CreateFiber*",
            "ConvertThreadToFiber*",
            "QueueUserWorkItem",
            "BindIoCompletionCallback",
            "RegisterWaitForSingleObject*",
            "UnregisterWait*",
            "CreateThreadpool*",
            "SubmitThreadpoolWork",
            "pthread_*",
            "thrd_*",
            "mtx_*",
        ],
    },
    Subject {
        name: "windows and messages",
        why: "a program has no windows, and gets no messages",
        functions: &[
            "WSAAsync*",
            "WSACancelAsyncRequest",
            "CreateWindow*",
            "DestroyWindow",
            "ShowWindow",
            "UpdateWindow",
            "RegisterClass*",
            "UnregisterClass*",
            "DefWindowProc*",
            "GetMessage*",
            "PeekMessage*",
            "TranslateMessage",
            "DispatchMessage*",
            "SendMessage*",
            "PostMessage*",
            "PostQuitMessage",
            "MessageBox*",
            "DialogBox*",
            "EndDialog",
            "LoadIcon*",
            "LoadCursor*",
            "SetTimer",
            "KillTimer",
            "WinMain",
            "wWinMain",
        ],
    },
    Subject {
        name: "processes",
        why: "a program starts no other one, and has no pipes",
        functions: &[
            "CreateProcess*",
            "OpenProcess",
            "GetExitCodeProcess",
            "ShellExecute*",
            "WinExec",
            "_spawn*",
            "_exec*",
            "_popen",
            "_pclose",
            "popen",
            "pclose",
            "fork",
            "execv*",
            "waitpid",
            "CreatePipe",
            "CreateNamedPipe*",
            "ConnectNamedPipe",
            "_pipe",
            "CreateFileMapping*",
            "MapViewOfFile*",
            "GenerateConsoleCtrlEvent",
            "CreateToolhelp32Snapshot",
            "DuplicateHandle",
            "WSADuplicateSocket*",
        ],
    },
    Subject {
        name: "registry and services",
        why: "there is no registry, and no manager of services",
        functions: &[
            "RegOpenKey*",
            "RegCreateKey*",
            "RegCloseKey",
            "RegQueryValue*",
            "RegSetValue*",
            "RegDelete*",
            "RegEnum*",
            "StartServiceCtrlDispatcher*",
            "RegisterServiceCtrlHandler*",
            "SetServiceStatus",
            "OpenSCManager*",
            "OpenService*",
            "CreateService*",
            "CloseServiceHandle",
        ],
    },
    Subject {
        name: "name spaces and providers",
        why: "there is one provider, and names are resolved by getaddrinfo alone",
        functions: &[
            "WSALookupService*",
            "WSASetService*",
            "WSAInstallServiceClass*",
            "WSAGetServiceClass*",
            "WSAEnumNameSpaceProviders*",
            "WSCInstall*",
            "WSCEnum*",
            "WSCDeinstall*",
        ],
    },
    Subject {
        name: "raw sockets",
        why: "a program sends no packets of its own making",
        functions: &["Icmp*", "Icmp6*"],
    },
    Subject {
        name: "exceptions",
        why: "no exception can be caught",
        functions: &[
            "RaiseException",
            "SetUnhandledExceptionFilter",
            "__cxa_*",
            "_Unwind_*",
        ],
    },
];

/// What the standard library of C++ has for threads.
const OF_THREADS: [&str; 8] = [
    "thread",
    "jthread",
    "this_thread",
    "mutex",
    "recursive_mutex",
    "lock_guard",
    "unique_lock",
    "condition_variable",
];

impl Subject {
    fn has(&self, function: &str) -> bool {
        self.functions
            .iter()
            .any(|name| match name.strip_suffix('*') {
                Some(start) => function.starts_with(start),
                None => function == *name,
            })
    }
}

/// What can be said of what clang and its linker print.
#[derive(Default)]
pub(crate) struct Absent {
    names: Vec<String>,
    linking: bool,
    /// A header of C++'s standard library, which is not there.
    header: Option<String>,
}

impl Absent {
    /// Reads a line, and tells whether it is to be shown: what a sentence says is not.
    pub(crate) fn shows(&mut self, line: &str) -> bool {
        if let Some((_, name)) = line.split_once("undefined symbol: ") {
            self.linking = true;
            self.add(function_of(name));
            return false;
        }
        if self.linking && line.contains("linker command failed") {
            return false;
        }
        if let Some((_, rest)) = line.split_once("fatal error: '")
            && let Some((header, "file not found")) = rest.split_once("' ")
            && is_of_cxx(header)
        {
            self.header = Some(header.to_owned());
        }
        if let Some((before, _)) = line.split_once("' in namespace 'std'")
            && let Some((_, name)) = before.split_once("no member named '")
            && OF_THREADS.contains(&name)
        {
            self.add(&format!("std::{name}"));
        }
        for before in [
            "use of undeclared identifier '",
            "call to undeclared function '",
        ] {
            if let Some((_, rest)) = line.split_once(before)
                && let Some((name, _)) = rest.split_once('\'')
                && line.contains("error: ")
                && subject(name).is_some()
            {
                self.add(name);
            }
        }
        true
    }

    fn add(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// A sentence for each function that is not there.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = String> + '_ {
        let header = self.header.iter().map(|header| {
            format!(
                "<{header}> is of the standard library of C++, and there is none for WebAssembly: on Debian, `apt-get install {DEBIAN_CXX_PACKAGES}`"
            )
        });
        header.chain(self.names.iter().map(|name| sentence(name)))
    }
}

/// Whether a header has a name as those of C++'s standard library have.
fn is_of_cxx(header: &str) -> bool {
    !header.is_empty() && header.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn subject(function: &str) -> Option<&'static Subject> {
    if let Some(member) = function.strip_prefix("std::")
        && OF_THREADS.contains(&member)
    {
        return SUBJECTS
            .iter()
            .find(|subject| subject.name == OTHER_THREADS);
    }
    SUBJECTS.iter().find(|subject| subject.has(function))
}

/// The name of a function without the parameters that C++ adds, and what the headers call it.
fn function_of(symbol: &str) -> &str {
    let symbol = symbol.trim();
    let name = symbol.split_once('(').map_or(symbol, |(name, _)| name);
    name.strip_prefix("winsock_").unwrap_or(name)
}

fn sentence(name: &str) -> String {
    if name == "main" {
        return "the program has no main, wmain or _tmain to begin with".to_owned();
    }
    let of_cxx = ["std::", "operator ", "__cxxabi"];
    if subject(name).is_none() && of_cxx.iter().any(|start| name.starts_with(start)) {
        return format!("{name} is of the standard library of C++, which was not linked");
    }
    match subject(name) {
        Some(Subject {
            name: subject, why, ..
        }) => format!("there is no {name}: {why} (see \"{subject}\" in docs/c-library.md)"),
        None => format!(
            "there is no {name}: it is in none of the sources and libraries that were given, and docs/c-library.md does not have it"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &[&str]) -> (usize, Vec<String>) {
        let mut absent = Absent::default();
        let shown = lines.iter().filter(|line| absent.shows(line)).count();
        (shown, absent.sentences().collect())
    }

    #[test]
    fn a_linkers_line_becomes_one_sentence_for_each_function() {
        let (shown, sentences) = said(&[
            "wasm-ld: error: /tmp/a.o: undefined symbol: CreateFiber",
            "wasm-ld: error: /tmp/b.o: undefined symbol: CreateFiber",
            "wasm-ld: error: /tmp/b.o: undefined symbol: helper(int, char*)",
            "clang: error: linker command failed with exit code 1 (use -v to see invocation)",
        ]);
        assert_eq!(shown, 0);
        assert_eq!(
            sentences,
            [
                "there is no CreateFiber: a program has the threads that CreateThread and _beginthreadex make, and no others (see \"thread pools and other threads\" in docs/c-library.md)",
                "there is no helper: it is in none of the sources and libraries that were given, and docs/c-library.md does not have it"
            ]
        );
    }

    #[test]
    fn a_compilers_line_stays_and_is_explained_if_windows_has_the_function() {
        let (shown, sentences) = said(&[
            "p.cpp:1:1: error: use of undeclared identifier 'CreateFiber'",
            "p.cpp:2:1: error: use of undeclared identifier 'typo'",
            "p.c:3:1: warning: call to undeclared function 'OpenMutex'",
        ]);
        assert_eq!(shown, 3);
        assert_eq!(sentences.len(), 1, "{sentences:?}");
    }

    #[test]
    fn without_a_standard_library_of_cxx_its_packages_are_named() {
        let (_, sentences) = said(&["p.cpp:1:10: fatal error: 'iostream' file not found"]);
        assert_eq!(sentences.len(), 1);
        assert!(
            sentences
                .iter()
                .all(|sentence| sentence.contains(DEBIAN_CXX_PACKAGES))
        );
        let (_, sentences) = said(&["p.c:1:10: fatal error: 'netdb.h' file not found"]);
        assert_eq!(sentences, Vec::<String>::new());
    }

    #[test]
    fn every_subject_is_in_the_document() {
        let document = include_str!("../../../../docs/c-library.md");
        for Subject { name, .. } in SUBJECTS {
            assert!(document.contains(&format!("| {name} |")), "{name}");
        }
    }
}
