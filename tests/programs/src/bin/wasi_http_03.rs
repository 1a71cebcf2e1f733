//! As `wasi_http`, with the requests of wasi:http 0.3.

#![no_main]

#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::allow_attributes_without_reason,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "generated code"
)]
mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "wasi-http-03", generate_all });
}

use std::error::Error;

use bindings::wasi::cli::environment::get_arguments;
use bindings::wasi::http::client::send;
use bindings::wasi::http::types::{
    ErrorCode, Fields, Method, Request, RequestOptions, Response, Scheme,
};
use bindings::{wit_future, wit_stream};
use futures::future::{join, join_all};
use wsp_sdk::println;

wsp_sdk::async_command!(main);

/// Bytes of the body of a `post`.
const POSTED: usize = 300_000;

async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = get_arguments();
    for pair in arguments.get(1..).unwrap_or_default().chunks(2) {
        let [what, with] = pair else {
            return Err("every command has one argument".into());
        };
        let answer = match what.as_str() {
            "get" => finished(get(with, None).await).await,
            "impatient" => finished(get(with, Some(50_000_000)).await).await,
            "post" => post(with).await,
            "at-once" => at_once(with).await?,
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
fn address(request: &Request, method: &Method, url: &str) -> Result<(), String> {
    let (scheme, rest) = url.split_once("://").ok_or("no scheme")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
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
    path.map_err(|()| "bad path".to_owned())
}

async fn get(url: &str, first_byte: Option<u64>) -> Result<Response, String> {
    let options = RequestOptions::new();
    options
        .set_first_byte_timeout(first_byte)
        .map_err(|_| "no timeout")?;
    let (_, no_trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(Fields::new(), None, no_trailers, Some(options));
    address(&request, &Method::Get, url)?;
    send(request).await.map_err(|code| name(&code))
}

/// The status and length of a response, or its code.
async fn finished(response: Result<Response, String>) -> String {
    let response = match response {
        Ok(response) => response,
        Err(code) => return code,
    };
    let status = response.get_status_code();
    let (_, no_error) = wit_future::new(|| Ok(()));
    let (body, end) = Response::consume_body(response, no_error);
    let length = body.collect().await.len();
    match end.await {
        Ok(_) => format!("{status}, {length} bytes"),
        Err(code) => format!("{status}, {length} bytes, then {}", name(&code)),
    }
}

async fn post(url: &str) -> String {
    let (mut writer, body) = wit_stream::new();
    let (_, no_trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(Fields::new(), Some(body), no_trailers, None);
    if let Err(error) = address(&request, &Method::Post, url) {
        return error;
    }
    let writing = async {
        writer.write_all(vec![b'x'; POSTED]).await;
        drop(writer);
    };
    let answering = async {
        let response = send(request).await.map_err(|code| name(&code));
        finished(response).await
    };
    join(writing, answering).await.1
}

/// `COUNT,URL`: so many requests at once, of which no body is read before all have answered.
async fn at_once(with: &str) -> Result<String, Box<dyn Error>> {
    let (count, url) = with.split_once(',').ok_or("no count")?;
    let started = (0..count.parse()?).map(|_| get(url, None));
    let answered = join_all(started).await;
    let mut codes: Vec<&str> = answered
        .iter()
        .filter_map(|answer| answer.as_ref().err().map(String::as_str))
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let answers = answered.iter().filter(|answer| answer.is_ok()).count();
    Ok(std::iter::once(format!("{answers} answered"))
        .chain(codes.iter().map(|code| (*code).to_owned()))
        .collect::<Vec<_>>()
        .join(", "))
}
