//! The page: one file, with its data, its style and its script in it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use wsp::trace::{History, Operation};

use super::summary::Summary;

/// The page, with places to be filled in.
const TEMPLATE: &str = include_str!("page/page.html");

const STYLE: &str = include_str!("page/page.css");

/// What is shown, what it is drawn of, and what people do with it.
const SCRIPTS: [&str; 3] = [
    include_str!("page/data.js"),
    include_str!("page/charts.js"),
    include_str!("page/view.js"),
];

/// The most operations of a page: more would take a browser some gigabytes.
const MOST: usize = 200_000;

/// In place of a number that there is not.
const NONE: i64 = -1;

/// What the script gets.
#[derive(Serialize)]
struct Data<'a> {
    title: &'a str,
    summary: &'a Summary,
    sockets: Vec<Socket>,
    /// The kinds that operations name by their places.
    kinds: Vec<&'a str>,
    operations: Vec<Row>,
    /// Operations that are not among them.
    left_out: usize,
    denials: Vec<u64>,
}

#[derive(Serialize)]
struct Socket {
    name: String,
    opened: u64,
    closed: Option<u64>,
}

/// An operation: the places of its socket and its kind; when it was submitted, and how much
/// later the system took its first and its last bytes, it ended, and was indicated; its bytes,
/// those transferred, its code, its system calls and the last one of them, and its thread. Times
/// are nanoseconds.
type Row = [i64; 13];

/// Writes the page of a trace.
pub(super) fn write(
    path: &Path,
    title: &str,
    history: &History,
    summary: &Summary,
) -> io::Result<()> {
    let data = serde_json::to_string(&data(title, history, summary))?;
    let mut page = BufWriter::new(File::create(path)?);
    let mut rest = TEMPLATE;
    // In the order in which they are there.
    for (place, content) in [
        ("{{style}}", STYLE.to_owned()),
        ("{{data}}", inert(&data)),
        ("{{script}}", SCRIPTS.concat()),
    ] {
        let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
        page.write_all(before.as_bytes())?;
        page.write_all(content.as_bytes())?;
        rest = after;
    }
    page.write_all(rest.as_bytes())?;
    page.flush()
}

/// JSON that means the same, and is nothing to HTML whatever it has: names and addresses are
/// as a program chose them.
fn inert(json: &str) -> String {
    json.replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
}

fn data<'a>(title: &'a str, history: &'a History, summary: &'a Summary) -> Data<'a> {
    let operations = &history.operations;
    let mut kinds: Vec<&str> = operations.iter().map(|one| one.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut shown: Vec<&Operation> = operations.iter().take(MOST).collect();
    shown.sort_by_key(|one| one.submitted);
    let rows = shown.iter().map(|one| row(one, &kinds));
    Data {
        title,
        summary,
        sockets: history.sockets.iter().map(socket).collect(),
        operations: rows.collect(),
        left_out: operations.len().saturating_sub(MOST),
        denials: history
            .denials
            .iter()
            .take(MOST)
            .map(|one| one.at)
            .collect(),
        kinds,
    }
}

fn socket(socket: &wsp::trace::Socket) -> Socket {
    let number = socket.number;
    let protocol = &socket.protocol;
    let name = match (&socket.address, socket.listens) {
        (Some(address), true) => format!("{number} {protocol} at {address}"),
        (Some(address), false) => format!("{number} {protocol} {address}"),
        (None, _) => format!("{number} {protocol}"),
    };
    Socket {
        name: match socket.instance {
            0 | 1 => name,
            instance => format!("{instance}.{name}"),
        },
        opened: socket.opened,
        closed: socket.closed,
    }
}

fn row(one: &Operation, kinds: &[&str]) -> Row {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let since = |at: Option<u64>| at.map_or(NONE, |at| number(at.saturating_sub(one.submitted)));
    let kind = kinds.binary_search(&one.kind.as_str()).unwrap_or(0);
    [
        number(one.socket as u64),
        number(kind as u64),
        number(one.submitted),
        since(one.on_the_wire.map(|(first, _)| first)),
        since(one.on_the_wire.map(|(_, last)| last)),
        since(one.ended),
        since(one.indicated),
        number(one.bytes),
        number(one.transferred),
        one.code.map_or(NONE, i64::from),
        one.calls.into(),
        one.last_call.map_or(NONE, number),
        one.thread.map_or(NONE, i64::from),
    ]
}
