//! TLS, with Mozilla's authorities.

use std::io;
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use wasmtime_wasi_http::Error;

use super::destination::Host;

/// Makes a connection a connection to `host`, and to nobody else.
pub(super) async fn encrypt<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &Host,
    config: Option<Arc<ClientConfig>>,
) -> Result<TlsStream<S>, Error> {
    let config = match config {
        Some(config) => config,
        None => usual()?,
    };
    let name = match host {
        Host::Address(address) => ServerName::from(*address),
        Host::Name(name) => {
            ServerName::try_from(name.clone()).map_err(|_| Error::HttpRequestUriInvalid)?
        }
    };
    let connecting = TlsConnector::from(config).connect(name, stream);
    connecting.await.map_err(|error| failed(&error))
}

/// One configuration for all.
fn usual() -> Result<Arc<ClientConfig>, Error> {
    static USUAL: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = USUAL.get() {
        return Ok(Arc::clone(config));
    }
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.into(),
    };
    // Of this provider, whichever others the process has.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| Error::ConfigurationError)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::clone(USUAL.get_or_init(|| Arc::new(config))))
}

fn failed(error: &io::Error) -> Error {
    let reason = error.get_ref().and_then(|error| error.downcast_ref());
    match reason {
        Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
        Some(rustls::Error::AlertReceived(alert)) => Error::TlsAlertReceived {
            alert_id: Some((*alert).into()),
            alert_message: None,
        },
        Some(_) => Error::TlsProtocolError,
        None => Error::ConnectionTerminated,
    }
}
