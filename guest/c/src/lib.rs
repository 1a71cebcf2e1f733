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

macro_rules! headers {
    ($($name:literal),* $(,)?) => {
        /// The headers: name and text of each.
        pub const HEADERS: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../include/", $name))),)*
        ];
    };
}

headers! {
    "mstcpip.h",
    "mswsock.h",
    "windef.h",
    "windows.h",
    "winsock.h",
    "winsock2.h",
    "ws2spi.h",
    "ws2tcpip.h",
}

/// Other spellings of the headers' names, for sources that were written where
/// they do not matter. Each is a header that includes the one beside it.
pub const SPELLINGS: &[(&str, &str)] = &[
    ("MSWSock.h", "mswsock.h"),
    ("Mswsock.h", "mswsock.h"),
    ("WS2spi.h", "ws2spi.h"),
    ("WS2tcpip.h", "ws2tcpip.h"),
    ("WinDef.h", "windef.h"),
    ("WinSock.h", "winsock.h"),
    ("WinSock2.h", "winsock2.h"),
    ("Windows.h", "windows.h"),
    ("Winsock2.h", "winsock2.h"),
    ("Ws2spi.h", "ws2spi.h"),
    ("Ws2tcpip.h", "ws2tcpip.h"),
];

/// The import libraries that Windows programs are linked with, as in
/// `-lws2_32`: everything is in [`OBJECT`], so that these are empty archives.
pub const IMPORT_LIBRARIES: &[&str] = &["libmswsock.a", "libws2_32.a", "libwsock32.a"];

/// An archive of nothing.
pub const EMPTY_ARCHIVE: &[u8] = b"!<arch>\n";

/// What every program is linked with: a stack as large as on Windows, placed so
/// that an overflow traps.
pub const LINK_FLAGS: &[&str] = &["-Wl,-z,stack-size=1048576", "-Wl,--stack-first"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::{fs, path::Path};

    #[test]
    fn every_header_is_carried() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
        let mut files: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let carried: Vec<&str> = super::HEADERS.iter().map(|(name, _)| *name).collect();
        assert_eq!(files, carried);
    }
}
