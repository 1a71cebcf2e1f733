//! What the field's other tools make of our components, and we of theirs,
//! through the libraries that those tools are made of.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};
use wasmparser::{Validator, WasmFeatures};
use wit_component::{DecodedWasm, WitPrinter};

use crate::support::{program, text, wsp};

/// As `wac plug --plug provider.wasm program.wasm` does.
fn plugged(program: &[u8]) -> Vec<u8> {
    let mut graph = CompositionGraph::new();
    let mut register = |name, bytes: &[u8]| {
        let package = Package::from_bytes(name, None, bytes, graph.types_mut()).unwrap();
        graph.register_package(package).unwrap()
    };
    let provider = register("plug:provider", wsp_provider::COMPONENT);
    let socket = register("socket", program);
    plug(&mut graph, vec![provider], socket).unwrap();
    graph.encode(EncodeOptions::default()).unwrap()
}

/// As `wasm-tools validate --features all` does.
fn validate(name: &str, bytes: &[u8]) {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    if let Err(error) = validator.validate_all(bytes) {
        panic!("{name}: {error}");
    }
}

#[test]
fn a_component_that_wac_plugged_runs() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plugged.wasm");
    let component = plugged(&fs::read(program("connect_denied")).unwrap());
    fs::write(&path, component).unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let plugged = path.to_str().unwrap();
    let output = wsp(&["run", &rule, plugged, &target]).output().unwrap();
    assert_eq!(text(&output.stdout), "connect: ok\n");
    let denied = wsp(&["run", plugged, &target]).output().unwrap();
    assert_ne!(text(&denied.stdout), "connect: ok\n");
}

/// As `wasm-tools component wit` does.
#[test]
fn the_package_can_be_printed_from_the_provider_component() {
    let DecodedWasm::Component(resolve, world) =
        wit_component::decode(wsp_provider::COMPONENT).unwrap()
    else {
        panic!("the provider is a component");
    };
    let package = resolve.worlds[world].package.unwrap();
    let others: Vec<_> = resolve
        .packages
        .iter()
        .map(|(id, _)| id)
        .filter(|id| *id != package)
        .collect();
    let mut printer = WitPrinter::default();
    printer.print(&resolve, package, &others).unwrap();
    let printed = printer.output.to_string();
    for line in [
        "package winsock:spi@0.2.0 {",
        "  interface memory {",
        "  interface transport {",
        "  interface provider {",
        "    wsp-send: func(",
    ] {
        assert!(
            printed.lines().any(|found| found.starts_with(line)),
            "{line}"
        );
    }
}

#[test]
fn everything_that_we_write_is_valid() {
    let directory = tempfile::tempdir().unwrap();
    let programs = program("demo");
    let programs = Path::new(&programs).parent().unwrap();
    let mut count = 0;
    for file in fs::read_dir(programs).unwrap() {
        let path = file.unwrap().path();
        let name = path.display().to_string();
        let bytes = fs::read(&path).unwrap();
        validate(&name, &bytes);
        validate(&name, &wsp::compose::compose(&bytes).unwrap());
        count += 1;
    }
    assert!(count > 20, "the programs were found");
    validate("the provider", wsp_provider::COMPONENT);

    let source = directory.path().join("program.c");
    let built = directory.path().join("program.wasm");
    let code = "#include <winsock2.h>\nint main(void) { return WSAGetLastError(); }\n";
    fs::write(&source, code).unwrap();
    let [source, output] = [&source, &built].map(|path| path.to_str().unwrap());
    wsp(&["cc", source, "-o", output]).assert().success();
    validate("what wsp cc writes", &fs::read(&built).unwrap());
}
