//! Texts that others chose, as they can be printed.

/// `text` as a terminal, a log or a line shows it and obeys nothing in it: control
/// characters, ends of lines and marks of direction are escaped, as in `\u{1b}`.
///
/// Names in a component, a peer's or a file's name may have any; what this library says of
/// them is escaped already.
///
/// ```
/// assert_eq!(wsp::printable("a\u{1b}[2J\nb"), "a\\u{1b}[2J\\nb");
/// assert_eq!(wsp::printable("über\tallem"), "über\tallem");
/// ```
#[must_use]
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) {
            printable.extend(c.escape_default());
        } else {
            printable.push(c);
        }
    }
    printable
}

/// A message of several lines, such as an error that quotes a program, as one line: its
/// ends of lines become spaces, and the rest is [`printable`].
///
/// ```
/// assert_eq!(wsp::one_line("no such file:\n\u{1b}[2Jx"), "no such file: \\u{1b}[2Jx");
/// ```
#[must_use]
pub fn one_line(message: &str) -> String {
    printable(&message.replace('\n', " "))
}

/// Whether something else is done with it than to show it. Marks of direction show what
/// follows in another order.
fn is_obeyed(c: char) -> bool {
    match c {
        '\t' => false,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    }
}
