//! The hook of wasmtime-wasi-http, by itself: TLS, names, times, and policies that are replaced.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::future;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use wasmtime::component::ResourceTable;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};
use wsp_guard::names::{Answer, Resolving};
use wsp_guard::policy::Policy;
use wsp_guard::quota::Limits;
use wsp_guard::wasi::{Http, Sockets};
use wsp_guard::{Guard, witness::AuditLog};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Accepts one connection, and returns what `serve` does of it.
fn server<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let serving = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).unwrap();
        stream.set_write_timeout(patience).unwrap();
        serve(stream)
    });
    (address, serving)
}

/// Reads a request without a body: its lines.
fn request_of(stream: impl Read) -> Vec<String> {
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    lines.take_while(|line| !line.is_empty()).collect()
}

fn policy(rules: &[String]) -> Policy {
    rules.iter().fold(Policy::deny_all(), |policy, rule| {
        policy.allow_outbound(rule.parse().unwrap()).unwrap()
    })
}

/// A policy that allows a name at any port, whose addresses are found elsewhere.
fn known(name: &str, port: u16, addresses: &[IpAddr]) -> Sockets {
    let addresses = addresses.to_vec();
    let find = Arc::new(move |_: &str| -> Resolving {
        Box::pin(future::ready(Ok(addresses.iter().copied().collect())))
    });
    let policy = policy(&[format!("tcp://127.0.0.1:{port}")]);
    let policy = policy.allow_resolve(name.parse().unwrap());
    let guard = Arc::new(Guard::new(policy, &Limits::default()));
    Sockets::new(guard).with_resolver(find)
}

/// Sends a request as wasmtime-wasi-http does, and reads the response to its end.
async fn exchange(
    http: &mut Http,
    uri: &str,
    options: Option<RequestOptions>,
) -> Result<(u16, Bytes), Error> {
    let body: WasiBody = Empty::new()
        .map_err(|never: std::convert::Infallible| match never {})
        .boxed_unsync();
    let request = http::Request::get(uri).body(body).unwrap();
    let mut table = ResourceTable::new();
    let sending =
        http.view(&mut table)
            .hooks
            .send_request(request, options, Box::new(future::ready(Ok(()))));
    let (response, moving) = Box::into_pin(sending).await?;
    let status = response.status().as_u16();
    let moving = tokio::spawn(Box::into_pin(moving));
    let body = response.into_body().collect().await?;
    drop(moving);
    Ok((status, body.to_bytes()))
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// A server with a certificate for a name of its own, and what trusts it.
fn encrypted(
    name: &str,
) -> (
    SocketAddr,
    JoinHandle<Option<Vec<String>>>,
    Arc<ClientConfig>,
) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).unwrap();
    let provider = Arc::new(ring::default_provider());
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let (address, served) = server(move |stream| {
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let mut lines = Vec::new();
        for line in BufReader::new(&mut stream).lines() {
            match line {
                Ok(line) if line.is_empty() => break,
                Ok(line) => lines.push(line),
                Err(_) => return None,
            }
        }
        stream.write_all(ANSWER).unwrap();
        Some(lines)
    });
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let trusting = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (address, served, Arc::new(trusting))
}

#[tokio::test]
async fn a_certificate_has_to_be_for_the_name_that_was_asked_for() {
    for (asked, trusted, expected) in [
        ("good.test", true, Ok(())),
        ("other.test", true, Err(())),
        ("good.test", false, Err(())),
    ] {
        let (address, served, trusting) = encrypted("good.test");
        let sockets = Arc::new(known(asked, address.port(), &[LOOPBACK]));
        let mut http = Http::new(sockets);
        if trusted {
            http = http.with_tls(trusting);
        }
        let uri = format!("https://{asked}:{}/path?query", address.port());
        let ended = exchange(&mut http, &uri, None).await;
        let lines = served.join().unwrap();
        match expected {
            Ok(()) => {
                assert_eq!(ended.unwrap(), (200, Bytes::from_static(b"hello")));
                let first = lines.unwrap().into_iter().next();
                assert_eq!(first.as_deref(), Some("GET /path?query HTTP/1.1"));
            }
            Err(()) => {
                let error = ended.unwrap_err();
                assert!(matches!(error, Error::TlsCertificateError), "{error:?}");
                assert_eq!(lines, None);
            }
        }
    }
}

#[tokio::test]
async fn it_connects_to_an_address_that_was_decided_on_and_to_no_other() {
    let (address, served) = server(|mut stream| {
        let request = request_of(&stream);
        stream.write_all(ANSWER).unwrap();
        request.len()
    });
    let port = address.port();
    // Nobody listens at the first, and no rule allows it.
    let elsewhere = IpAddr::from([127, 0, 0, 2]);
    let metadata = IpAddr::from([169, 254, 169, 254]);
    let addresses = [elsewhere, metadata, LOOPBACK];
    let sockets = Arc::new(known("moves.test", port, &addresses));
    let monitor = sockets.guard().monitor();
    let mut http = Http::new(sockets);
    let uri = format!("http://moves.test:{port}/");
    assert_eq!(exchange(&mut http, &uri, None).await.unwrap().0, 200);
    assert!(served.join().unwrap() > 0);
    let report = monitor.report();
    assert_eq!((report.connects, report.sockets), (1, 1));
    let denied: u64 = report.denials.iter().map(|denied| denied.count).sum();
    assert_eq!(denied, 2);
}

#[tokio::test]
async fn a_name_without_an_allowed_address_is_told_from_one_without_an_address() {
    for (addresses, expected) in [
        (vec![], "DnsError"),
        (vec![IpAddr::from([10, 0, 0, 1])], "DestinationIpProhibited"),
    ] {
        let mut http = Http::new(Arc::new(known("some.test", 80, &addresses)));
        let error = exchange(&mut http, "http://some.test/", None).await;
        let error = format!("{:?}", error.unwrap_err());
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn the_times_of_a_request_hold() {
    let soon = Some(Duration::from_millis(20));
    let none = RequestOptions::default();
    let connect = RequestOptions {
        connect_timeout: soon,
        ..none
    };
    // A name that nobody answers for.
    let policy = Policy::deny_all().allow_resolve("slow.test".parse().unwrap());
    let guard = Arc::new(Guard::new(policy, &Limits::default()));
    let silent = |_: &str| -> Resolving { Box::pin(future::pending::<std::io::Result<Answer>>()) };
    let sockets = Arc::new(Sockets::new(guard).with_resolver(Arc::new(silent)));
    let monitor = sockets.guard().monitor();
    let mut http = Http::new(sockets);
    let error = exchange(&mut http, "http://slow.test/", Some(connect)).await;
    assert!(matches!(error, Err(Error::DnsTimeout)), "{error:?}");
    assert_eq!(monitor.report().held.operations, 0);

    // A peer that begins neither TLS nor a response, and one that does not end it.
    let first_byte = RequestOptions {
        first_byte_timeout: soon,
        ..none
    };
    let between_bytes = RequestOptions {
        between_bytes_timeout: soon,
        ..none
    };
    for (scheme, options, answer, expected) in [
        ("https", connect, "", "ConnectionTimeout"),
        ("http", first_byte, "", "ConnectionReadTimeout"),
        (
            "http",
            between_bytes,
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
            "ConnectionReadTimeout",
        ),
    ] {
        let (address, served) = server(move |mut stream| {
            if !answer.is_empty() {
                request_of(&stream);
                stream.write_all(answer.as_bytes()).unwrap();
            }
            // Until the other side closes it.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let sockets = Sockets::for_policy(self::policy(&[format!("tcp://{address}")]));
        let monitor = sockets.guard().monitor();
        let mut http = Http::new(sockets);
        let uri = format!("{scheme}://{address}/");
        let error = exchange(&mut http, &uri, Some(options)).await.unwrap_err();
        assert_eq!(format!("{error:?}"), expected);
        served.join().unwrap();
        drop(http);
        assert_eq!(monitor.report().connects, 1);
    }
}

#[tokio::test]
async fn a_policy_that_does_not_allow_a_request_ends_it_at_once() {
    let (address, served) = server(|mut stream| {
        request_of(&stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500000000\r\n\r\n")
            .unwrap();
        loop {
            if let Err(error) = stream.write_all(&[b'x'; 4096]) {
                return error.kind();
            }
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("audit.jsonl");
    let audit = AuditLog::append_to(&file).unwrap();
    let guard = Guard::new(policy(&[format!("tcp://{address}")]), &Limits::default());
    let guard = Arc::new(guard.with_witness("tenant".to_owned(), Some(audit), None));
    let sockets = Sockets::new(Arc::clone(&guard)).shared();
    let monitor = guard.monitor();
    let exchanging = tokio::spawn(async move {
        let mut http = Http::new(sockets);
        exchange(&mut http, &format!("http://{address}/"), None).await
    });
    while monitor.report().bytes_received < 100_000 {
        tokio::task::yield_now().await;
    }
    // The same rule and another: nothing ends.
    let both = [format!("tcp://{address}"), "tcp://127.0.0.1:1".to_owned()];
    assert_eq!(guard.replace_policy(policy(&both)), 0);
    assert_eq!(guard.replace_policy(policy(&both[1..])), 1);
    let received = monitor.report().bytes_received;
    let error = exchanging.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::ConnectionTerminated), "{error:?}");
    let refused = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
    assert!(refused.contains(&served.join().unwrap()));
    let report = monitor.report();
    assert_eq!((report.revoked, report.bytes_received), (1, received));
    let lines = std::fs::read_to_string(&file).unwrap();
    let revoke = lines
        .lines()
        .find(|line| line.contains(r#""what":"revoke""#));
    let revoke = revoke.unwrap_or_else(|| panic!("{lines}"));
    assert!(
        revoke.contains(&format!(r#""address":"{address}""#)),
        "{revoke}"
    );
    assert!(
        revoke.contains(&format!(r#""received":{received}"#)),
        "{revoke}"
    );
}

#[tokio::test]
async fn a_connection_that_is_being_made_is_ended_too() {
    // TLS is not begun by this server, so the request waits for it.
    let (address, served) = server(|mut stream| {
        let ended = stream.read_to_end(&mut Vec::new());
        ended.map_err(|error| error.kind())
    });
    let guard = Arc::new(Guard::new(
        policy(&[format!("tcp://{address}")]),
        &Limits::default(),
    ));
    let sockets = Sockets::new(Arc::clone(&guard)).shared();
    let monitor = guard.monitor();
    let exchanging = tokio::spawn(async move {
        let mut http = Http::new(sockets);
        exchange(&mut http, &format!("https://{address}/"), None).await
    });
    while monitor.report().bytes_sent == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(guard.replace_policy(Policy::deny_all()), 1);
    assert!(exchanging.await.unwrap().is_err());
    assert_eq!(served.join().unwrap(), Err(ErrorKind::ConnectionReset));
}
