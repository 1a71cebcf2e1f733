//! Headers whose names may be written in any case, as on Windows: a file that makes
//! clang look them up without regard to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The headers in a directory, and in those inside of it that many levels deep. Of
/// names that differ only in their case there is none: the exact one is found anyway.
pub(crate) fn headers(directory: &Path, depth: u32) -> Vec<PathBuf> {
    const ENDINGS: [&str; 8] = ["h", "hh", "hpp", "hxx", "inl", "inc", "c", "cpp"];
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut by_name: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() {
            if depth > 0 {
                found.extend(headers(&path, depth - 1));
            }
        } else if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && ENDINGS.contains(&ending.unwrap_or_default().to_ascii_lowercase().as_str())
        {
            let same = by_name.entry(name.to_ascii_lowercase()).or_default();
            same.push(path);
        }
    }
    let alone = by_name.into_values().filter(|same| same.len() == 1);
    found.extend(alone.flatten());
    found
}

/// A file that clang reads.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    /// What it reads in its place.
    pub(crate) contents: Option<PathBuf>,
}

impl From<PathBuf> for File {
    fn from(path: PathBuf) -> File {
        File {
            path,
            contents: None,
        }
    }
}

/// The name and the text of the file for these headers. The name tells the text, since
/// the same library may be used with several C libraries.
pub(crate) fn file(headers: impl Iterator<Item = File>) -> anyhow::Result<(String, String)> {
    let mut roots = Vec::new();
    let utf8 = |path: &PathBuf| {
        let text = path.to_str().map(str::to_owned);
        text.with_context(|| format!("{} is no path that clang can read", path.display()))
    };
    for header in headers {
        let path = utf8(&header.path)?;
        // Whatever is read in its place, messages are about the file itself.
        let name_of_contents = header.contents.is_none();
        let contents = utf8(header.contents.as_ref().unwrap_or(&header.path))?;
        // Windows overlooks a full stop at the end of a name.
        for name in [path.clone(), format!("{path}.")] {
            roots.push(json!({
                "name": name,
                "type": "file",
                "external-contents": contents,
                "use-external-name": name_of_contents,
            }));
        }
    }
    let overlay = json!({"version": 0, "case-sensitive": "false", "roots": roots});
    let text = overlay.to_string();
    let digest = crate::output::hex(&Sha256::digest(&text));
    let short = digest.get(..16).unwrap_or(&digest);
    Ok((format!("headers-{short}.json"), text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn headers_are_found_unless_their_names_differ_only_in_case() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("inner")).unwrap();
        for name in ["One.h", "one.h", "Two.H", "inner/three.hpp", "four.txt"] {
            fs::write(directory.path().join(name), "").unwrap();
        }
        let found = headers(directory.path(), 1);
        let found: Vec<_> = found
            .iter()
            .map(|path| {
                path.strip_prefix(directory.path())
                    .unwrap()
                    .to_str()
                    .unwrap()
            })
            .collect();
        assert_eq!(found, ["inner/three.hpp", "Two.H"]);
        assert_eq!(headers(directory.path(), 0).len(), 1);
    }

    #[test]
    fn other_headers_are_in_another_file() {
        let of = |name: &str| file([PathBuf::from(name).into()].into_iter()).unwrap();
        let (one, text) = of("/include/winsock2.h");
        assert_ne!(of("/include/windows.h").0, one);
        assert!(text.contains(r#""name":"/include/winsock2.h""#), "{text}");
    }
}
