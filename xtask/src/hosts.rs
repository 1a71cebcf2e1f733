//! One file on hosts that know nothing of wsp: wasmtime's crates, wasmtime for Python, and
//! node.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, ensure};
use sha2::{Digest, Sha256};
use xtask::stamp::hexadecimal;

use crate::{
    process::{output, progress, run},
    python::environment,
    workspace::Workspace,
};

const PROGRAM: &str = "examples/portable/echo_client.c";

/// Bytes that the program sends.
const LENGTH: usize = 1024 * 1024;

/// What the package index of Python has.
const PYTHON_PACKAGE: &str = "wasmtime==47.0.1";

/// What the registry of npm has.
const NODE_PACKAGES: [&str; 2] = [
    "@bytecodealliance/jco@1.35.0",
    "@bytecodealliance/preview2-shim@0.26.1",
];

/// No host takes longer for the program.
const LIMIT: Duration = Duration::from_secs(120);

/// Builds the program once and runs it on each host, against an echo server.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let directory = workspace.hosts();
    fs::create_dir_all(&directory)?;
    let program = directory.join("echo_client.wasm");
    let mut compiler = Command::new(workspace.wsp());
    compiler
        .args(["cc", "--portable", "-O2"])
        .arg(workspace.root.join(PROGRAM))
        .arg("-o")
        .arg(&program);
    run(compiler)?;

    let stock = Command::new(workspace.stock_host());
    echoes("wasmtime-wasi", stock, &program)?;
    let programs = environment(&directory, [PYTHON_PACKAGE])?;
    let mut python = Command::new(programs.join("python"));
    python.arg(workspace.root.join("tests/hosts/wasmtime_host.py"));
    echoes("wasmtime for Python", python, &program)?;
    let mut node = Command::new(jco(&directory)?);
    node.arg("run");
    echoes("node with jco", node, &program)
}

fn jco(directory: &Path) -> Result<PathBuf> {
    let modules = directory.join("node");
    let (installed, packages) = (modules.join("installed"), NODE_PACKAGES.join("\n"));
    if fs::read_to_string(&installed).ok().as_ref() != Some(&packages) {
        fs::create_dir_all(&modules)?;
        let mut install = Command::new("npm");
        install.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]);
        install.arg(&modules).args(NODE_PACKAGES);
        run(install)?;
        fs::write(installed, packages)?;
    }
    Ok(modules.join("node_modules/.bin/jco"))
}

/// The program is told that everything came back, and the server has got what was sent.
fn echoes(host: &str, mut command: Command, program: &Path) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    command
        .arg(program)
        .args([address.ip().to_string(), address.port().to_string()]);
    let serving = thread::spawn(move || echo(&listener));
    let printed = output(command).with_context(|| format!("the program failed on {host}"))?;
    let expected = format!("sent {LENGTH} bytes, received {LENGTH}, the same\n");
    ensure!(printed == expected, "on {host} the program said: {printed}");
    let arrived = serving
        .join()
        .map_err(|_| anyhow!("the server panicked"))??;
    let sent: Vec<u8> = (0..LENGTH)
        .map(|offset| u8::try_from(offset % 251).unwrap_or_default())
        .collect();
    let (arrived, sent) = (digest(&arrived), digest(&sent));
    ensure!(arrived == sent, "on {host} {arrived} arrived of {sent}");
    progress(&format!(
        "{host}: {LENGTH} bytes there and back, sha256 {sent}"
    ));
    Ok(())
}

/// Serves one connection, and returns what arrived on it.
fn echo(listener: &TcpListener) -> Result<Vec<u8>> {
    let (mut stream, _) = listener.accept()?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let (mut arrived, mut part) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let count = stream.read(&mut part)?;
        let Some(read) = part.get(..count).filter(|read| !read.is_empty()) else {
            return Ok(arrived);
        };
        arrived.extend_from_slice(read);
        stream.write_all(read)?;
    }
}

/// The SHA-256 of bytes, as it is printed.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}
