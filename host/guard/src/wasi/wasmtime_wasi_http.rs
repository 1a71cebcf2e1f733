//! wasmtime-wasi-http's hook, which sends the requests of a program.

mod body;
mod client;
mod destination;
mod errors;
mod exchange;
mod stream;
mod tls;

use std::fmt;
use std::sync::Arc;

use tokio_rustls::rustls::ClientConfig;
use tracing::Instrument;
use wasmtime::component::ResourceTable;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
};

use super::Sockets;

/// Bytes of headers in one resource of a program, as wasmtime-wasi-http counts them.
const HEADERS: usize = 32 << 10;

/// Bytes of a body that a program writes at once. Two such pieces wait to be sent at most.
const CHUNK: usize = 16 << 10;

/// What a future of wasmtime-wasi-http's returns when a response has begun.
type Begun = (
    http::Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// What a store has of `wasi:http` 0.2 and 0.3: outgoing requests, each on a connection of its
/// own that the rules and quotas of [`Sockets`] allow.
///
/// The name of the authority is decided on and looked up as [`Sockets::look_up`] does, then
/// each address, in turn, as a connection to the port (443 or 80 if the authority names none),
/// until one of them answers. The connection goes to that address. TLS needs a certificate for
/// the name, of one of Mozilla's authorities unless [`Http::with_tls`] says otherwise. Nothing
/// is redirected, and no proxy asked.
///
/// | what | the program sees |
/// | --- | --- |
/// | an authority with a user, a port above 65535, or a host that is neither an address nor a name | `HTTP-request-URI-invalid` |
/// | a name that no rule covers | `HTTP-request-denied` |
/// | a name without an address | `DNS-error` |
/// | no address that the rules let it connect to | `destination-IP-prohibited` |
/// | a quota that is used up | `connection-limit-reached` |
/// | a peer that refuses, or is out of reach | `connection-refused`, `destination-IP-unroutable`, `destination-unavailable` |
/// | a name, or a peer, that does not answer in the request's `connect-timeout` | `DNS-timeout`, `connection-timeout` |
/// | a certificate that is not valid for the name | `TLS-certificate-error` |
/// | headers of more than 32 KiB, or more than 100 | `HTTP-response-header-section-size` |
/// | an end in the middle | `HTTP-response-incomplete` or `connection-terminated` |
///
/// Each connection counts as a socket, and as 256 KiB of payload, until it ends. What is sent
/// is paced by the bytes per second. What a program builds and does not send is bounded by
/// 32 KiB of headers and 32 KiB of body in each resource; bound their number with
/// [`ResourceTable::set_max_capacity`].
pub struct Http {
    hooks: Hooks,
    context: WasiHttpCtx,
}

struct Hooks {
    sockets: Arc<Sockets>,
    /// Of the embedder's choice.
    tls: Option<Arc<ClientConfig>>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    /// Requests of the program that these sockets belong to.
    #[must_use]
    pub fn new(sockets: Arc<Sockets>) -> Http {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(HEADERS);
        Http {
            hooks: Hooks { sockets, tls: None },
            context,
        }
    }

    /// The same, with what `tls` says of authorities, certificates and versions.
    #[must_use]
    pub fn with_tls(mut self, tls: Arc<ClientConfig>) -> Http {
        self.hooks.tls = Some(tls);
        self
    }

    /// What [`WasiHttpView::http`](wasmtime_wasi_http::WasiHttpView::http) returns.
    pub fn view<'a>(&'a mut self, table: &'a mut ResourceTable) -> WasiHttpCtxView<'a> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table,
            ctx: &mut self.context,
        }
    }
}

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Begun, Error>> + Send> {
        let (sockets, tls) = (Arc::clone(&self.sockets), self.tls.clone());
        // What is decided belongs to the span that the program runs in.
        let sending = async move { client::send(&sockets, tls, request, options).await };
        Box::new(sending.in_current_span())
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK
    }

    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK
    }
}
