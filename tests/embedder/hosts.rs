//! Hosts and engines.

use bytes::Bytes;
use wasmtime::Engine;
use wsp::policy::{Policy, Protocol};
use wsp::{Host, Notify, Settings};
use wsp_tests::peer::{self, Listener, V4};

use super::support::{completion, host, send, stream_socket};

#[tokio::test]
async fn a_host_serves_in_an_engine_of_the_embedders() {
    let host = Host::with_engine(&Engine::default()).unwrap();
    let listener = Listener::on(V4);
    let policy = Policy::naming(Protocol::Tcp, &[listener.address()]);
    let provider = host.provider(Settings::new(policy)).unwrap();
    let socket = stream_socket(&provider);
    socket.connect(listener.address()).await.unwrap();
    send(&socket, &Bytes::from_static(b"hello"), Notify::Event).unwrap();
    assert_eq!(completion(&provider).await.transferred, 5);
    let mut stream = listener.accept().await;
    assert_eq!(peer::read_exactly(&mut stream, 5).await, b"hello");
}

#[test]
fn a_provider_outside_a_runtime_is_an_error() {
    let error = host().provider(Settings::default()).unwrap_err();
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}
