//! A component that another tool put together, in an embedder's store.

use std::fs;
use std::path::Path;

use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};
use wsp_tests::peer::{Listener, V4};
use wsp_tests::{Program, directory_of_programs};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_that_wac_plugged_runs_in_an_embedder() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = directory_of_programs(env!("CARGO_TARGET_TMPDIR")).join("connect_denied.wasm");
    let mut graph = CompositionGraph::new();
    let mut register = |name, bytes: &[u8]| {
        let package = Package::from_bytes(name, None, bytes, graph.types_mut()).unwrap();
        graph.register_package(package).unwrap()
    };
    let provider = register("plug:provider", wsp_provider::COMPONENT);
    let socket = register("socket", &fs::read(name).unwrap());
    plug(&mut graph, vec![provider], socket).unwrap();
    let plugged = directory.join("plugged.wasm");
    fs::write(&plugged, graph.encode(EncodeOptions::default()).unwrap()).unwrap();

    let peer = Listener::on(V4);
    let program = Program::in_file(plugged).peer(peer.address()).start();
    let _stream = peer.accept().await;
    program.end().await.assert_printed(&["connect: ok"]);
}
