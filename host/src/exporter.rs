//! The counters of this process, in the text format of Prometheus.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use wsp_guard::witness::metrics;

/// Connections that are answered at once; further ones wait.
const SCRAPES: usize = 8;

/// How long a connection may take, whatever its peer does.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long nothing is accepted after that failed, as it does without descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Reads the metrics of [`crate::metrics`], which count over all instances of the process.
/// Clones read the same.
#[derive(Clone)]
pub struct Exporter {
    handle: PrometheusHandle,
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter").finish_non_exhaustive()
    }
}

/// The process has a recorder of metrics already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the process has a recorder of metrics already: export them with that one")]
pub struct AlreadyRecorded;

impl Exporter {
    /// Has the metrics of the process recorded. Install it before the first instance is made:
    /// what was counted earlier is lost.
    ///
    /// # Errors
    ///
    /// [`AlreadyRecorded`] if anything in the process has installed a recorder.
    pub fn install() -> Result<Exporter, AlreadyRecorded> {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        ::metrics::set_global_recorder(recorder).map_err(|_| AlreadyRecorded)?;
        metrics::describe();
        Ok(Exporter { handle })
    }

    /// The metrics as they are now.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Answers `GET /metrics` of everybody who reaches `listener`, for ever: run it beside the
    /// instances, on a tokio runtime. It knows neither TLS nor passwords.
    pub async fn serve(self, listener: TcpListener) {
        let scrapes = Arc::new(Semaphore::new(SCRAPES));
        while let Ok(scrape) = Arc::clone(&scrapes).acquire_owned().await {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::debug!(target: "wsp::metrics", "cannot accept: {error}");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let exporter = self.clone();
            tokio::spawn(async move {
                let answer = service_fn(|request| {
                    let answer = exporter.answer(&request);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let mut http = http1::Builder::new();
                let serving = http
                    .keep_alive(false)
                    .serve_connection(TokioIo::new(stream), answer);
                // How it ended is the peer's affair.
                let _ = timeout(PATIENCE, serving).await;
                drop(scrape);
            });
        }
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<String> {
        let (status, body) = match (request.method(), request.uri().path()) {
            (&Method::GET | &Method::HEAD, "/metrics") => (StatusCode::OK, self.render()),
            (&Method::GET | &Method::HEAD, _) => {
                (StatusCode::NOT_FOUND, "ask for /metrics\n".to_owned())
            }
            _ => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, format);
        response
    }
}
