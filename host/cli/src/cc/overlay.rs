//! Headers whose names may be written in any case, as on Windows: a file that makes
//! clang look them up without regard to it.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The name and the text of the file for these headers. The name tells the text, since
/// the same library may be used with several C libraries.
pub(crate) fn file(headers: impl Iterator<Item = PathBuf>) -> anyhow::Result<(String, String)> {
    let mut roots = Vec::new();
    for header in headers {
        let path = header
            .to_str()
            .with_context(|| format!("{} is no path that clang can read", header.display()))?;
        roots.push(json!({"name": path, "type": "file", "external-contents": path}));
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
    fn other_headers_are_in_another_file() {
        let of = |name: &str| file([PathBuf::from(name)].into_iter()).unwrap();
        let (one, text) = of("/include/winsock2.h");
        assert_ne!(of("/include/windows.h").0, one);
        assert!(text.contains(r#""name":"/include/winsock2.h""#), "{text}");
    }
}
