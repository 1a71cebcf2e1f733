//! Sends with wasi:http 0.2 what its arguments say, two for each thing, and prints what became
//! of each: the status and the length of the body, or the code.

#![no_main]

use std::error::Error;

use wasi::http::outgoing_handler::handle;
use wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method,
    OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use wasi::io::streams::StreamError;
use wsp_sdk::println;

wsp_sdk::command!(main);

/// Bytes of the body of a `post`.
const POSTED: usize = 300_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = wasi::cli::environment::get_arguments();
    for pair in arguments.get(1..).unwrap_or_default().chunks(2) {
        let [what, with] = pair else {
            return Err("every command has one argument".into());
        };
        let answer = match what.as_str() {
            "get" => get(with, None),
            "impatient" => get(with, Some(50_000_000)),
            "post" => post(with),
            "trailers" => trailers(with),
            "at-once" => at_once(with)?,
            "leave" => leave(with)?,
            "unsent" => unsent(with.parse()?),
            "fields" => fields(with.parse()?),
            "forbidden" => forbidden(with),
            _ => return Err(format!("there is no {what}").into()),
        };
        println!("{what} {with}: {answer}");
    }
    Ok(())
}

/// A code as a name, without what it carries.
fn name(code: &ErrorCode) -> String {
    let text = format!("{code:?}");
    let text = text.strip_prefix("ErrorCode::").unwrap_or(&text);
    text.split('(').next().unwrap_or_default().to_owned()
}

/// A request for `SCHEME://AUTHORITY/PATH`, without a check of the authority.
fn request(method: &Method, url: &str) -> Result<OutgoingRequest, String> {
    let (scheme, rest) = url.split_once("://").ok_or("no scheme")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let request = OutgoingRequest::new(Fields::new());
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    request
        .set_scheme(Some(&scheme))
        .map_err(|()| "bad scheme")?;
    request.set_method(method).map_err(|()| "bad method")?;
    let authority = request.set_authority(Some(authority));
    authority.map_err(|()| "bad authority")?;
    let path = request.set_path_with_query(Some(&format!("/{path}")));
    path.map_err(|()| "bad path")?;
    Ok(request)
}

fn start(url: &str, first_byte: Option<u64>) -> Result<FutureIncomingResponse, String> {
    let options = RequestOptions::new();
    options
        .set_first_byte_timeout(first_byte)
        .map_err(|()| "no timeout")?;
    options
        .set_between_bytes_timeout(first_byte)
        .map_err(|()| "no timeout")?;
    let request = request(&Method::Get, url)?;
    handle(request, Some(options)).map_err(|code| name(&code))
}

fn response(future: &FutureIncomingResponse) -> Result<IncomingResponse, String> {
    future.subscribe().block();
    let ready = future.get().ok_or("not ready")?;
    let response = ready.map_err(|()| "taken already")?;
    response.map_err(|code| name(&code))
}

/// How long the body is, and what ended it.
fn body(response: &IncomingResponse) -> Result<(usize, Option<String>), String> {
    let body = response.consume().map_err(|()| "no body")?;
    let stream = body.stream().map_err(|()| "no stream")?;
    let mut length = 0;
    let end = loop {
        match stream.blocking_read(1 << 16) {
            Ok(bytes) => length += bytes.len(),
            Err(StreamError::Closed) => break None,
            Err(StreamError::LastOperationFailed(error)) => {
                let code = wasi::http::types::http_error_code(&error);
                break Some(code.map_or("unknown".to_owned(), |code| name(&code)));
            }
        }
    };
    drop(stream);
    drop(IncomingBody::finish(body));
    Ok((length, end))
}

fn finished(future: &FutureIncomingResponse) -> Result<String, String> {
    let response = response(future)?;
    let (length, end) = body(&response)?;
    let status = response.status();
    Ok(match end {
        None => format!("{status}, {length} bytes"),
        Some(end) => format!("{status}, {length} bytes, then {end}"),
    })
}

fn get(url: &str, first_byte: Option<u64>) -> String {
    let started = start(url, first_byte);
    let ended = started.and_then(|future| finished(&future));
    ended.unwrap_or_else(|error| error)
}

fn post(url: &str) -> String {
    let posted = || {
        let request = request(&Method::Post, url)?;
        let body = request.body().map_err(|()| "no body")?;
        let future = handle(request, None).map_err(|code| name(&code))?;
        let stream = body.write().map_err(|()| "no stream")?;
        let bytes = vec![b'x'; POSTED];
        for part in bytes.chunks(4096) {
            if stream.blocking_write_and_flush(part).is_err() {
                break;
            }
        }
        drop(stream);
        let finish = OutgoingBody::finish(body, None).map_err(|code| name(&code));
        let answer = finished(&future)?;
        finish.map(|()| answer)
    };
    posted().unwrap_or_else(|error: String| error)
}

/// A body with trailers.
fn trailers(url: &str) -> String {
    let posted = || {
        let request = request(&Method::Post, url)?;
        let body = request.body().map_err(|()| "no body")?;
        let future = handle(request, None).map_err(|code| name(&code))?;
        let fields = Fields::new();
        let set = fields.set("x-end", &[vec![b'x'; 1000]]);
        set.map_err(|error| format!("{error:?}"))?;
        let finish = OutgoingBody::finish(body, Some(fields));
        finish.map_err(|code| name(&code))?;
        finished(&future)
    };
    posted().unwrap_or_else(|error: String| error)
}

/// `COUNT,URL`: so many requests at once, of which no body is read before all have answered.
fn at_once(with: &str) -> Result<String, Box<dyn Error>> {
    let (count, url) = with.split_once(',').ok_or("no count")?;
    let started = (0..count.parse()?).map(|_| start(url, None));
    let started = started.collect::<Result<Vec<_>, _>>()?;
    let mut answered = Vec::new();
    let mut codes: Vec<String> = Vec::new();
    for future in &started {
        match response(future) {
            Ok(response) => answered.push(response),
            Err(code) => codes.push(code),
        }
    }
    codes.sort();
    codes.dedup();
    let answered = format!("{} answered", answered.len());
    Ok([answered]
        .into_iter()
        .chain(codes)
        .collect::<Vec<_>>()
        .join(", "))
}

/// `COUNT,URL`: so many requests that nobody waits for, one after another.
fn leave(with: &str) -> Result<String, Box<dyn Error>> {
    let (count, url) = with.split_once(',').ok_or("no count")?;
    for _ in 0..count.parse()? {
        drop(start(url, None)?);
    }
    Ok("left".to_owned())
}

/// Builds so many requests with a body, and sends none.
fn unsent(count: usize) -> String {
    let mut held = Vec::new();
    for _ in 0..count {
        let Ok(request) = request(&Method::Post, "http://127.0.0.1:1/") else {
            return "not built".to_owned();
        };
        let Ok(body) = request.body() else {
            return "no body".to_owned();
        };
        let Ok(stream) = body.write() else {
            return "no stream".to_owned();
        };
        while let Ok(room @ 1..) = stream.check_write() {
            let room = usize::try_from(room).unwrap_or(usize::MAX).min(1 << 20);
            if stream.write(&vec![0; room]).is_err() {
                break;
            }
        }
        // Children are dropped before what they belong to.
        held.push((stream, body, request));
    }
    format!("{} held", held.len())
}

/// Builds so many sets of headers, each as large as it may be.
fn fields(count: usize) -> String {
    let mut held = Vec::new();
    for _ in 0..count {
        let fields = Fields::new();
        for number in 0..16 {
            let value = vec![b'x'; 1900];
            if fields.append(&format!("x-{number}"), &value).is_err() {
                break;
            }
        }
        held.push(fields);
    }
    format!("{} held", held.len())
}

/// Whether a header may be set.
fn forbidden(header: &str) -> String {
    match Fields::new().set(header, &[b"other.test".to_vec()]) {
        Ok(()) => "set".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}
