//! What Microsoft's compiler reads and clang does not, in other words: `sizeof` before
//! the bare name of a type, and backslashes in the names of headers.

/// The file as clang reads it, if it has to be another one, whatever its encoding is.
pub(crate) fn file_for_clang(bytes: &[u8]) -> Option<Vec<u8>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => for_clang(text).map(String::into_bytes),
        // Each byte as a character, and back.
        Err(_) => {
            let text: String = bytes.iter().copied().map(char::from).collect();
            let written = for_clang(&text)?;
            written.chars().map(|c| u8::try_from(c).ok()).collect()
        }
    }
}

/// The text as clang reads it, if it has to be another one. Lines stay what they are.
fn for_clang(text: &str) -> Option<String> {
    // The end of a raw string can look like anything.
    if has_raw_string(text) || !(text.contains("sizeof") || text.contains("include")) {
        return None;
    }
    let mut written = String::with_capacity(text.len() + 64);
    let mut rest = text;
    let mut at_start = true;
    while let Some(first) = rest.chars().next() {
        let length = if at_start && first == '#' {
            directive(rest, &mut written)
        } else if let Some(length) = skipped(rest) {
            written.push_str(rest.get(..length)?);
            length
        } else if is_word(first) {
            word(rest, &mut written)
        } else {
            written.push(first);
            first.len_utf8()
        };
        at_start = first == '\n' || (at_start && first.is_whitespace());
        rest = rest.get(length..)?;
    }
    (written != text).then_some(written)
}

fn has_raw_string(text: &str) -> bool {
    text.match_indices("R\"").any(|(position, _)| {
        let before = text.get(..position).unwrap_or_default();
        let prefix = before.trim_end_matches(['u', 'U', 'L', '8']);
        !prefix.ends_with(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The length of a comment, or of a text in marks, that begins here.
fn skipped(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if let Some(inner) = rest.strip_prefix("/*") {
        return Some(inner.find("*/").map_or(rest.len(), |end| end + 4));
    }
    let mark = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut escaped = false;
    for (position, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return Some(position),
            _ if character == mark => return Some(position + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

/// Writes the name of a header with slashes, and returns how much of the line that is.
fn directive(rest: &str, written: &mut String) -> usize {
    let line = rest.lines().next().unwrap_or_default();
    let name = line.get(1..).unwrap_or_default().trim_start();
    let header = name.strip_prefix("include").map(str::trim_start);
    let end = match header.and_then(|header| header.chars().next()) {
        Some('"') => '"',
        Some('<') => '>',
        _ => {
            written.push('#');
            return 1;
        }
    };
    let start = line.find(['"', '<']).map_or(line.len(), |start| start + 1);
    let length = line.get(start..).and_then(|name| name.find(end));
    let stop = length.map_or(line.len(), |length| start + length + 1);
    written.push_str(&line.get(..stop).unwrap_or(line).replace('\\', "/"));
    stop.min(line.len())
}

/// Writes a word, and what `sizeof` is asked of in brackets; returns how much that is.
fn word(rest: &str, written: &mut String) -> usize {
    let end = |text: &str| text.find(|c| !is_word(c)).unwrap_or(text.len());
    let (first, after) = rest.split_at(end(rest));
    let plain = |written: &mut String| {
        written.push_str(first);
        first.len()
    };
    if first != "sizeof" {
        return plain(written);
    }
    let blank = after.len() - after.trim_start_matches([' ', '\t']).len();
    let operand = after.get(blank..).unwrap_or_default();
    let mut length = end(operand);
    let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let named = operand.get(..length).unwrap_or_default();
    if blank == 0 || !starts(operand) || !looks_like_a_type(named) {
        return plain(written);
    }
    // A type of more than one word.
    const OF_MORE: [&str; 8] = [
        "struct", "union", "enum", "class", "unsigned", "signed", "long", "short",
    ];
    while OF_MORE.contains(&last_word(operand.get(..length).unwrap_or_default())) {
        let more = operand.get(length..).unwrap_or_default();
        let blank = more.len() - more.trim_start_matches([' ', '\t']).len();
        let next = more.get(blank..).unwrap_or_default();
        if blank == 0 || !starts(next) {
            break;
        }
        length += blank + end(next);
    }
    let follows = operand.get(length..).unwrap_or_default().trim_start();
    let is_longer = ["(", "[", ".", "->", "::", "<"]
        .iter()
        .any(|mark| follows.starts_with(mark))
        || follows.starts_with(is_word);
    if is_longer {
        return plain(written);
    }
    written.push_str("sizeof(");
    written.push_str(operand.get(..length).unwrap_or_default());
    written.push(')');
    first.len() + blank + length
}

/// Whether a word names a type: one of the language, or in capital letters, as Windows'
/// are. Other operands are read by clang too, and a macro may print them as they are.
fn looks_like_a_type(word: &str) -> bool {
    const OF_THE_LANGUAGE: [&str; 16] = [
        "struct", "union", "enum", "class", "unsigned", "signed", "long", "short", "char", "int",
        "float", "double", "bool", "wchar_t", "size_t", "__int64",
    ];
    let in_capitals = !word.contains(|c: char| c.is_ascii_lowercase());
    in_capitals || OF_THE_LANGUAGE.contains(&word)
}

fn last_word(text: &str) -> &str {
    text.rsplit([' ', '\t']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_type_of_sizeof_and_the_path_of_a_header_are_written_otherwise() {
        for (text, expected) in [
            (
                "x = f(sizeof SOCKADDR_IN6);",
                "x = f(sizeof(SOCKADDR_IN6));",
            ),
            ("n*sizeof struct a;", "n*sizeof(struct a);"),
            ("sizeof unsigned int + 1", "sizeof(unsigned int) + 1"),
            (
                "#include \"a\\b\\c.h\" // a\\b\n",
                "#include \"a/b/c.h\" // a\\b\n",
            ),
            (
                "  #  include <sys\\stat.h>\nint x;",
                "  #  include <sys/stat.h>\nint x;",
            ),
        ] {
            assert_eq!(for_clang(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_file_of_another_encoding_keeps_its_bytes() {
        let written = file_for_clang(b"/* \xfc */ sizeof X; f(ERROR\"\");");
        assert_eq!(
            written.as_deref(),
            Some(&b"/* \xfc */ sizeof(X); f(ERROR\"\");"[..])
        );
        assert_eq!(
            file_for_clang(b"/* \xfc */ x = u8R\"(sizeof X)\"; sizeof X;"),
            None
        );
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in [
            "sizeof(int) + sizeof (x) + sizeof *p + sizeof\"text\"",
            "sizeof X.y + sizeof P->q + sizeof A[1] + sizeof F(x) + sizeof T::x",
            "sizeof address + sizeof(sockaddr)",
            "// sizeof X;\n/* sizeof X; */ char *s = \"sizeof X; \\\" sizeof Y;\"; char c = '\\'';",
            "#include \"a/b.h\"\n#define X \"a\\b\"\nint mysizeof x;",
            "",
        ] {
            assert_eq!(for_clang(text), None, "{text}");
        }
    }
}
