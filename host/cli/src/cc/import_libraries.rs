//! Import libraries of Windows among the arguments, by any of their names: what they
//! stand for is in the C library.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The arguments with those libraries as the linker finds them, and without files of
/// theirs that are not there, such as `ws2_32.lib`.
pub(crate) fn by_their_names(arguments: Vec<OsString>) -> Vec<OsString> {
    let named = arguments.into_iter().filter_map(|argument| {
        if let Some(name) = argument.to_str().and_then(|text| text.strip_prefix("-l"))
            && let Some(known) = known(name)
        {
            return Some(format!("-l{known}").into());
        }
        (!stands_for_one(&argument)).then_some(argument)
    });
    named.collect()
}

/// Whether it is the name of a file of such a library, and of no file that is there.
fn stands_for_one(argument: &OsStr) -> bool {
    let path = Path::new(argument);
    let is_library = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("lib"));
    let name = path.file_stem().and_then(OsStr::to_str);
    is_library && name.and_then(known).is_some() && !path.exists()
}

/// The name of an import library that is written in any case.
fn known(name: &str) -> Option<&'static str> {
    let names = wsp_c::IMPORT_LIBRARIES.iter();
    let mut names = names.filter_map(|file| file.strip_prefix("lib")?.strip_suffix(".a"));
    names.find(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_libraries_are_known_in_any_case_and_as_files() {
        let arguments = [
            "p.c",
            "-lWs2_32",
            "-lm",
            "WS2_32.LIB",
            "mswsock.lib",
            "other.lib",
        ];
        let named = by_their_names(arguments.map(OsString::from).to_vec());
        assert_eq!(named, ["p.c", "-lws2_32", "-lm", "other.lib"]);
    }
}
