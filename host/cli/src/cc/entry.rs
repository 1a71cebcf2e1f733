//! Where a program begins, if Microsoft's compiler takes it and clang does not: a
//! `main` that returns nothing or takes the environment, and `wmain`.
//!
//! The source of such a one is compiled with the header `wsp/begin.h` before its first line,
//! which has a `main` as clang wants it that calls the source's own by another name.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

/// How a program begins, if clang does not take it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// It is `wmain`.
    wide: bool,
    /// It returns nothing.
    void: bool,
    parameters: usize,
}

impl Beginning {
    /// What the header is told of it.
    pub(crate) fn macros(self) -> [String; 3] {
        [
            format!("-DWSP_BEGIN_WIDE={}", u8::from(self.wide)),
            format!("-DWSP_BEGIN_VOID={}", u8::from(self.void)),
            format!("-DWSP_BEGIN_PARAMETERS={}", self.parameters),
        ]
    }
}

/// How a source begins, if it needs the header.
///
/// `preprocess` gives the source as the compiler sees it, without comments and what
/// conditions leave out. It is asked only if the text looks as if it mattered.
pub(crate) fn of_source(
    source: &Path,
    preprocess: impl FnOnce() -> Option<Vec<u8>>,
) -> Option<Beginning> {
    let text = fs::read(source).ok()?;
    if !may_matter(&text) {
        return None;
    }
    beginning(&preprocess()?)
}

/// Whether an argument of the compiler's is a source.
pub(crate) fn is_source(argument: &OsStr) -> bool {
    const ENDINGS: [&str; 8] = ["c", "cc", "cp", "cpp", "cxx", "c++", "i", "ii"];
    let Some(ending) = Path::new(argument).extension().and_then(OsStr::to_str) else {
        return false;
    };
    ENDINGS.contains(&ending.to_ascii_lowercase().as_str())
}

/// The arguments of a compiler with every source of C++ named as one: clang does not
/// know all the endings that Windows does not tell apart.
pub(crate) fn with_languages(arguments: Vec<OsString>) -> Vec<OsString> {
    const KNOWN: [&str; 8] = ["c", "C", "cc", "cp", "cpp", "cxx", "c++", "CPP"];
    let mut named = Vec::new();
    for argument in arguments {
        let ending = Path::new(&argument)
            .extension()
            .and_then(OsStr::to_str)
            .unwrap_or_default();
        let lower = ending.to_ascii_lowercase();
        let plain = !is_source(&argument) || KNOWN.contains(&ending) || lower.starts_with('i');
        // `file.C` is C++ to clang, and C to a compiler of Windows.
        let language = match lower.as_str() {
            "c" if ending == "C" => "c",
            _ if plain => {
                named.push(argument);
                continue;
            }
            _ => "c++",
        };
        // Clang warns if no other input follows.
        named.extend(["-Wno-unused-command-line-argument", "-x", language].map(OsString::from));
        named.push(argument);
        named.extend(["-x", "none"].map(OsString::from));
    }
    named
}

/// A token, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Mark(char),
}

/// Words and marks of a text. Comments, directives, texts and numbers are left out.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        let starts = |mark: &str| rest.starts_with(mark);
        rest = if starts("//") || first == '#' {
            after
                .find('\n')
                .and_then(|end| after.get(end..))
                .unwrap_or_default()
        } else if starts("/*") {
            let end = after.get(1..).and_then(|inner| inner.find("*/"));
            end.and_then(|end| after.get(end + 3..)).unwrap_or_default()
        } else if first == '"' || first == '\'' {
            after_text(after, first)
        } else if first.is_ascii_alphabetic() || first == '_' {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
            let (token, after) = rest.split_at(end);
            tokens.push(Token::Word(token));
            after
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Mark(first));
            }
            after
        };
    }
    tokens
}

/// What comes after a text in these marks.
fn after_text(text: &str, mark: char) -> &str {
    let mut escaped = false;
    for (position, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return text.get(position..).unwrap_or_default(),
            _ if character == mark => return text.get(position + 1..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

/// Whether a source may need the header, as far as its text tells before its macros are known.
fn may_matter(text: &[u8]) -> bool {
    let by_macro = || tokens(&String::from_utf8_lossy(text)).contains(&Token::Word("_tmain"));
    beginning(text).is_some() || by_macro()
}

/// How a program of this text begins, if clang does not take it.
fn beginning(text: &[u8]) -> Option<Beginning> {
    let text = String::from_utf8_lossy(text);
    let tokens = tokens(&text);
    for (position, window) in tokens.windows(2).enumerate() {
        let [Token::Word(name), Token::Mark('(')] = window else {
            continue;
        };
        let wide = match *name {
            "main" | "_tmain" => false,
            "wmain" => true,
            _ => continue,
        };
        let before = declaration(tokens.get(..position).unwrap_or_default());
        let void = match before {
            Some(words) => words.contains(&Token::Word("void")),
            None => continue,
        };
        let arguments = tokens.get(position + 2..).unwrap_or_default();
        // A declaration, or a call, is no beginning.
        let Some(count) = parameters(arguments) else {
            continue;
        };
        if wide || void || count > 2 {
            return Some(Beginning {
                wide,
                void,
                parameters: count,
            });
        }
    }
    None
}

/// What comes before a name in its declaration, if it is one outside of any function:
/// words only, since the end of what came before.
fn declaration<'a, 'b>(before: &'b [Token<'a>]) -> Option<&'b [Token<'a>]> {
    let start = before
        .iter()
        .rposition(|token| matches!(token, Token::Mark(_)))
        .map_or(0, |mark| mark + 1);
    match start.checked_sub(1).and_then(|mark| before.get(mark)) {
        None | Some(Token::Mark(';' | '}' | ')' | '{')) => before.get(start..),
        Some(_) => None,
    }
}

/// How many parameters a function has whose body follows them, if one does.
fn parameters(after: &[Token<'_>]) -> Option<usize> {
    let mut depth = 1_usize;
    let mut commas = 0;
    let mut words = Vec::new();
    let mut position = 0;
    while depth > 0 {
        match after.get(position)? {
            Token::Mark('(') => depth += 1,
            Token::Mark(')') => depth -= 1,
            Token::Mark(',') if depth == 1 => commas += 1,
            Token::Word(word) => words.push(*word),
            Token::Mark(_) => {}
        }
        position += 1;
    }
    // Old C declares the types of parameters before the body.
    let follows = after.get(position)?;
    if !matches!(follows, Token::Mark('{') | Token::Word(_)) {
        return None;
    }
    let none = words.is_empty() || words == ["void"] || words == ["VOID"];
    Some(if none { 0 } else { commas + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_main_returns_and_takes_decides() {
        let begins = |wide, void, parameters| {
            Some(Beginning {
                wide,
                void,
                parameters,
            })
        };
        for (text, expected) in [
            ("int main(void) { return 0; }", None),
            ("int main(int argc, char **argv) { }", None),
            ("void main(void) { }", begins(false, true, 0)),
            (
                "#include <stdio.h>\nvoid main()\n{ }",
                begins(false, true, 0),
            ),
            (
                "void __cdecl main(int argc, char *argv[]) { }",
                begins(false, true, 2),
            ),
            (
                "VOID f(); void\nmain(int c, char **v, char **e) { }",
                begins(false, true, 3),
            ),
            (
                "int main(int c, char **v, char **e) { }",
                begins(false, false, 3),
            ),
            ("int wmain(int c, wchar_t **v) { }", begins(true, false, 2)),
            ("int wmain() { }", begins(true, false, 0)),
            ("void wmain(void) { }", begins(true, true, 0)),
            ("int _tmain(int c, _TCHAR **v) { }", None),
            ("main(argc, argv) int argc; char **argv; { }", None),
        ] {
            assert_eq!(beginning(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn other_mentions_of_main_do_not() {
        for text in [
            "/* void main(void) { } */ int x;",
            "// void main() {\nint x;",
            "const char *text = \"void main() { \";",
            "void main(void);",
            "int f(void) { return main(1, 2, 3); }",
            "void domain(void) { }",
            "#define X void main() {\nint y;",
        ] {
            assert_eq!(beginning(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn endings_of_sources_are_known_in_any_case() {
        let arguments = ["-O1", "a.c", "b.Cpp", "c.CXX", "d.C", "e.o"].map(OsString::from);
        let expected = "-O1 a.c -x c++ b.Cpp -x none -x c++ c.CXX -x none -x c d.C -x none e.o";
        let named = with_languages(arguments.to_vec());
        let named = named.iter().map(|word| word.to_string_lossy());
        let named: Vec<_> = named.filter(|word| !word.starts_with("-W")).collect();
        assert_eq!(named.join(" "), expected);
    }
}
