//! The C library: Winsock for C programs.
//!
//! This crate carries the headers ([`HEADERS`]) and the prebuilt object that C
//! programs link ([`OBJECT`]), so that building with clang and wasi-libc needs
//! nothing else; and it finds those ([`clang`]). The sources of the object are in
//! `shim/`; `cargo xtask guest` builds it.

#![forbid(unsafe_code)]

pub mod clang;

/// The object that C programs link: the shim, its bindings, and the type of the
/// component that a program becomes. A relocatable WebAssembly module.
pub const OBJECT: &[u8] = include_bytes!("../winsock.o");

/// The object that programs with threads link in its place.
pub const OBJECT_FOR_THREADS: &[u8] = include_bytes!("../winsock-threads.o");

/// The functions that make a thread.
pub const THREAD_MAKERS: &[&str] = &["CreateThread", "_beginthread", "_beginthreadex"];

/// The functions that [`OBJECT_FOR_THREADS`] has and [`OBJECT`] has not, besides
/// [`THREAD_MAKERS`]: a program that asks for one is linked with the former.
pub const THREAD_FUNCTIONS: &[&str] = &[
    "AcquireSRWLockExclusive",
    "AcquireSRWLockShared",
    "CancelWaitableTimer",
    "CreateMutexA",
    "CreateMutexExA",
    "CreateMutexExW",
    "CreateMutexW",
    "CreateSemaphoreA",
    "CreateSemaphoreW",
    "CreateWaitableTimerA",
    "CreateWaitableTimerW",
    "ExitThread",
    "GetExitCodeThread",
    "GetThreadId",
    "GetThreadPriority",
    "InitOnceBeginInitialize",
    "InitOnceComplete",
    "InitOnceExecuteOnce",
    "InitOnceInitialize",
    "InitializeConditionVariable",
    "InitializeSRWLock",
    "ReleaseMutex",
    "ReleaseSRWLockExclusive",
    "ReleaseSRWLockShared",
    "ReleaseSemaphore",
    "ResumeThread",
    "SetThreadPriority",
    "SetWaitableTimer",
    "SignalObjectAndWait",
    "SleepConditionVariableCS",
    "SleepConditionVariableSRW",
    "SuspendThread",
    "TerminateThread",
    "TryAcquireSRWLockExclusive",
    "TryAcquireSRWLockShared",
    "WaitOnAddress",
    "WakeAllConditionVariable",
    "WakeByAddressAll",
    "WakeByAddressSingle",
    "WakeConditionVariable",
    "__cxa_thread_atexit",
    "_endthread",
    "_endthreadex",
];

/// What sources are compiled with, so that a variable that is declared to be each thread's own
/// is one: without these, clang makes it one for all.
pub const THREAD_LOCAL_FLAGS: &[&str] = &["-matomics", "-mbulk-memory"];

/// The global that tells where the variables of a thread are, which a program that has some
/// exports.
pub const THREAD_LOCAL_BASE: &str = "__tls_base";

/// What programs that make threads are linked with besides: the library begins below `main`,
/// and lets others run while a thread waits for standard input.
pub const THREAD_LINK_FLAGS: &[&str] = &["-Wl,--wrap=__original_main", "-Wl,--wrap=__wasi_fd_read"];

macro_rules! headers {
    ($($name:literal),* $(,)?) => {
        /// The headers: path and text of each. Those below [`CRT`] come before the
        /// C library's, and are for sources of Windows only.
        pub const HEADERS: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../include/", $name))),)*
        ];
    };
}

headers! {
    "basetsd.h",
    "consoleapi.h",
    "consoleapi2.h",
    "crt/__struct_iovec.h",
    "crt/__struct_timeval.h",
    "crt/__typedef_ssize_t.h",
    "crt/conio.h",
    "crt/crtdbg.h",
    "crt/crtdefs.h",
    "crt/ctype.h",
    "crt/direct.h",
    "crt/dirent.h",
    "crt/errno.h",
    "crt/fcntl.h",
    "crt/features.h",
    "crt/intrin.h",
    "crt/io.h",
    "crt/malloc.h",
    "crt/math.h",
    "crt/memory.h",
    "crt/process.h",
    "crt/share.h",
    "crt/signal.h",
    "crt/stdio.h",
    "crt/stdlib.h",
    "crt/string.h",
    "crt/sys/select.h",
    "crt/sys/stat.h",
    "crt/sys/time.h",
    "crt/sys/timeb.h",
    "crt/tchar.h",
    "crt/time.h",
    "crt/wchar.h",
    "cxx/__config",
    "cxx/__cxxabi_config.h",
    "cxx/cxxabi.h",
    "debugapi.h",
    "errhandlingapi.h",
    "excpt.h",
    "fileapi.h",
    "guiddef.h",
    "handleapi.h",
    "heapapi.h",
    "in6addr.h",
    "inaddr.h",
    "initguid.h",
    "ioapiset.h",
    "iphlpapi.h",
    "iptypes.h",
    "libloaderapi.h",
    "memoryapi.h",
    "minwinbase.h",
    "minwindef.h",
    "mmsystem.h",
    "mstcpip.h",
    "mswsock.h",
    "objbase.h",
    "poppack.h",
    "processenv.h",
    "processthreadsapi.h",
    "profileapi.h",
    "pshpack1.h",
    "pshpack2.h",
    "pshpack4.h",
    "pshpack8.h",
    "sdkddkver.h",
    "stringapiset.h",
    "strsafe.h",
    "synchapi.h",
    "sysinfoapi.h",
    "timeapi.h",
    "timezoneapi.h",
    "winbase.h",
    "wincon.h",
    "windef.h",
    "windows.h",
    "winerror.h",
    "winnls.h",
    "winnt.h",
    "winsock.h",
    "winsock2.h",
    "winuser.h",
    "ws2def.h",
    "ws2ipdef.h",
    "ws2spi.h",
    "ws2tcpip.h",
    "wsipx.h",
    "wsnwlink.h",
    "wsp/begin.h",
    "wsp/interlocked.h",
    "wsp/predefined.h",
    "wspiapi.h",
}

/// The folder of the headers that Microsoft's C library has more in than ISO C.
pub const CRT: &str = "crt";

/// The folder of the headers that keep C++'s standard library from taking itself for that
/// of Windows. They come before its own.
pub const CXX: &str = "cxx";

/// The libraries of C++'s standard library.
pub const CXX_LIBRARIES: &[&str] = &["c++", "c++abi"];

/// The header whose macros are there before the first line of a source of Windows.
pub const PREDEFINED: &str = "wsp/predefined.h";

/// What sources of Windows are compiled with, so that clang takes what Microsoft's
/// compiler takes: its extensions, and the C of before 1999.
pub const WINDOWS_FLAGS: &[&str] = &[
    "-D_WIN32",
    "-DWIN32",
    "-fms-extensions",
    "-Wno-address-of-temporary",
    "-D_WASI_EMULATED_GETPID",
    "-D_WASI_EMULATED_PROCESS_CLOCKS",
    "-D_WASI_EMULATED_SIGNAL",
    "-Wno-unknown-warning-option",
    "-Wno-format",
    "-Wno-ignored-attributes",
    "-Wno-missing-declarations",
    "-Wno-nonportable-include-path",
    "-Wno-error=implicit-function-declaration",
    "-Wno-error=implicit-int",
    "-Wno-error=incompatible-function-pointer-types",
    "-Wno-error=incompatible-pointer-types",
    "-Wno-error=int-conversion",
    "-Wno-error=return-mismatch",
    "-Wno-error=return-type",
    "-Wno-error=c++11-narrowing",
    "-Wno-error=dynamic-exception-spec",
    "-Wno-error=register",
];

/// What the C library emulates for [`WINDOWS_FLAGS`], as libraries of their own.
pub const EMULATIONS: &[&str] = &[
    "wasi-emulated-getpid",
    "wasi-emulated-process-clocks",
    "wasi-emulated-signal",
];

/// What programs of Windows are linked with besides.
pub const WINDOWS_LINK_FLAGS: &[&str] = &[
    "-Wl,--wrap=vfprintf",
    "-Wl,--wrap=vfscanf",
    "-Wl,--wrap=vfwprintf",
    "-Wl,--wrap=vfwscanf",
    "-Wl,--wrap=__wasilibc_find_relpath_alloc",
];

/// The import libraries that Windows programs are linked with, as in
/// `-lws2_32`: what there is of them is in [`OBJECT`], so that these are empty archives.
pub const IMPORT_LIBRARIES: &[&str] = &[
    "libadvapi32.a",
    "libbcrypt.a",
    "libcomctl32.a",
    "libcrypt32.a",
    "libgdi32.a",
    "libiphlpapi.a",
    "libkernel32.a",
    "libmsvcrt.a",
    "libmswsock.a",
    "libntdll.a",
    "libole32.a",
    "libpsapi.a",
    "librpcrt4.a",
    "libsecur32.a",
    "libshell32.a",
    "libshlwapi.a",
    "libuser32.a",
    "libuserenv.a",
    "libuuid.a",
    "libwinmm.a",
    "libws2_32.a",
    "libwsock32.a",
];

/// An archive of nothing.
pub const EMPTY_ARCHIVE: &[u8] = b"!<arch>\n";

/// What every program is linked with: a stack as large as on Windows, placed so
/// that an overflow traps; and everything that is missing is told.
pub const LINK_FLAGS: &[&str] = &[
    "-Wl,--export-if-defined=__tls_base",
    "-Wl,-z,stack-size=1048576",
    "-Wl,--stack-first",
    "-Wl,--error-limit=0",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::{fs, path::Path};

    fn collect(directory: &Path, prefix: &str, files: &mut Vec<String>) {
        for file in fs::read_dir(directory).unwrap() {
            let file = file.unwrap();
            let name = format!("{prefix}{}", file.file_name().into_string().unwrap());
            if file.file_type().unwrap().is_dir() {
                collect(&file.path(), &format!("{name}/"), files);
            } else {
                files.push(name);
            }
        }
    }

    #[test]
    fn every_header_is_carried() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
        let mut files = Vec::new();
        collect(&directory, "", &mut files);
        files.sort();
        let carried: Vec<&str> = super::HEADERS.iter().map(|(name, _)| *name).collect();
        assert_eq!(files, carried);
    }
}
