//! Sending a request, on a connection of its own.

use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::{Request, Uri};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::rustls::ClientConfig;
use tracing::Instrument;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::Begun;
use super::body::TimedBody;
use super::destination::{Destination, Host};
use super::errors;
use super::exchange::{Exchange, Mover};
use super::stream::{Io, Stream};
use super::tls::encrypt;
use crate::wasi::Sockets;

/// Bytes that hyper reads ahead, and so the longest header section.
const READ_AHEAD: usize = 32 << 10;

/// Bytes of payload that a connection counts as: what hyper and TLS buffer each way, and the
/// pieces of the body that wait.
const MEMORY: usize = 256 << 10;

/// How long anything takes if the program does not say, as in wasmtime-wasi-http.
const PATIENCE: Duration = Duration::from_secs(600);

/// Sends a request. What is returned is its response, which has begun, and what moves the
/// bytes of both bodies as long as it is polled.
pub(super) async fn send(
    sockets: &Sockets,
    tls: Option<Arc<ClientConfig>>,
    mut request: Request<WasiBody>,
    options: Option<RequestOptions>,
) -> Result<Begun, Error> {
    let options = options.unwrap_or_default();
    let destination = Destination::of(request.uri())?;
    // Only a proxy is told the scheme and the authority.
    *request.uri_mut() = path(request.uri())?;
    let patience = options.connect_timeout.unwrap_or(PATIENCE);
    let until = Instant::now().checked_add(patience);
    let until = until.unwrap_or_else(|| Instant::now() + PATIENCE);
    let stream = open(sockets, &destination, tls, until).await?;
    let mut builder = http1::Builder::new();
    builder.max_buf_size(READ_AHEAD);
    let handshake = builder.handshake::<_, WasiBody>(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(failed)?;
    let exchange = Exchange::new(connection);
    let mover = Mover(exchange.clone());

    let first_byte = options.first_byte_timeout.unwrap_or(PATIENCE);
    let response = {
        let mut responding = pin!(timeout(first_byte, sender.send_request(request)));
        poll_fn(|context| {
            if let Poll::Ready(response) = responding.as_mut().poll(context) {
                return Poll::Ready(response);
            }
            if let Poll::Ready(ended) = exchange.poll_move(context) {
                // The response may have come before the end, however that was.
                return match (responding.as_mut().poll(context), ended) {
                    (Poll::Pending, Err(error)) => Poll::Ready(Ok(Err(error))),
                    (response, _) => response,
                };
            }
            Poll::Pending
        })
        .await
    };
    let response = response.map_err(|_| Error::ConnectionReadTimeout)?;
    let response = response.map_err(failed)?;
    let between = options.between_bytes_timeout.unwrap_or(PATIENCE);
    let response = response.map(|body| TimedBody::new(body, exchange, between).boxed_unsync());
    Ok((response, Box::new(mover.in_current_span())))
}

fn failed(error: hyper::Error) -> Error {
    errors::of_exchange(&error)
}

/// The path and query of a request, which is all that its first line tells of where it goes.
fn path(uri: &Uri) -> Result<Uri, Error> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let bare = Uri::builder().path_and_query(path).build();
    bare.map_err(|_| Error::HttpRequestUriInvalid)
}

/// A connection to an address of the destination that the rules allow.
async fn open(
    sockets: &Sockets,
    destination: &Destination,
    tls: Option<Arc<ClientConfig>>,
    until: Instant,
) -> Result<Box<dyn Io>, Error> {
    let addresses = match &destination.host {
        Host::Address(address) => vec![*address],
        Host::Name(name) => timeout_at(until, look_up(sockets, name))
            .await
            .map_err(|_| Error::DnsTimeout)??,
    };
    let opening = async {
        let stream = connect(sockets, &addresses, destination.port).await?;
        Ok(if destination.encrypted {
            let stream = encrypt(stream, &destination.host, tls).await?;
            Box::new(stream) as Box<dyn Io>
        } else {
            Box::new(stream)
        })
    };
    let opened = timeout_at(until, opening).await;
    opened.map_err(|_| Error::ConnectionTimeout)?
}

async fn look_up(sockets: &Sockets, name: &str) -> Result<Vec<IpAddr>, Error> {
    let mut lookup = sockets.look_up(name)?;
    let found = poll_fn(|context| {
        let found = lookup.poll_found(context);
        found.map(|found| found.map(|addresses| addresses.collect()))
    });
    found.await.ok_or_else(errors::not_found)
}

/// Connects to the first address that may be connected to, and answers.
async fn connect(sockets: &Sockets, addresses: &[IpAddr], port: u16) -> Result<Stream, Error> {
    let mut why = Error::DestinationIpProhibited;
    for address in addresses {
        let peer = SocketAddr::new(*address, port);
        match sockets.connect(peer, MEMORY) {
            Ok(connection) => match Stream::open(connection).await {
                Ok(stream) => return Ok(stream),
                Err(error) => why = error,
            },
            Err(cannot) => {
                // That a peer did not answer tells more than that the next is none.
                if matches!(why, Error::DestinationIpProhibited) {
                    why = cannot.into();
                }
            }
        }
    }
    Err(why)
}
