//! The clients in other languages: built by the generators of their bindings, and run.

use std::{
    ffi::OsStr,
    fs,
    io::{ErrorKind, Read},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    process::{progress, run},
    python::environment,
    workspace::Workspace,
};

/// How long a client takes at most: compiling it takes a minute.
const LIMIT: Duration = Duration::from_secs(600);

/// What every client sends.
const SENT: &[u8] = b"hello, winsock\n";

/// Builds the clients in `examples/languages`, and runs each with `wsp run` and, made portable,
/// on the host of the tests that knows nothing of Winsock.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let source = workspace.root.join("examples/languages");
    let directory = workspace.languages();
    let wit = wit(workspace, &source, &directory)?;
    let clients = [
        ("Python", python(&source, &directory, &wit)?),
        ("JavaScript", javascript(&source, &directory, &wit)?),
    ];
    for (language, client) in &clients {
        progress(&format!("running the client in {language}"));
        delivers(|peer| {
            let mut command = Command::new(workspace.wsp());
            command
                .arg("run")
                .arg(format!("--allow-outbound=tcp://{peer}"))
                .arg(client)
                .arg(peer);
            command
        })?;
        let portable = client.with_extension("portable.wasm");
        let mut compose = Command::new(workspace.wsp());
        compose.args(["compose", "--portable"]);
        compose.arg(client).arg("-o").arg(&portable);
        run(compose)?;
        delivers(|peer| {
            let mut command = Command::new(workspace.stock_host());
            command.arg(&portable).arg(peer);
            command
        })?;
    }
    Ok(())
}

/// The folder of the client's world, with what it imports.
fn wit(workspace: &Workspace, source: &Path, directory: &Path) -> Result<PathBuf> {
    let wit = directory.join("wit");
    let package = wit.join("deps/winsock-spi");
    if wit.exists() {
        fs::remove_dir_all(&wit)?;
    }
    fs::create_dir_all(&package)?;
    fs::copy(source.join("client.wit"), wit.join("client.wit"))?;
    for file in fs::read_dir(workspace.root.join("wit"))? {
        let file = file?.path();
        if file.extension() == Some(OsStr::new("wit")) {
            let name = file.file_name().context("a file has a name")?;
            fs::copy(&file, package.join(name))?;
        }
    }
    Ok(wit)
}

fn python(source: &Path, directory: &Path, wit: &Path) -> Result<PathBuf> {
    progress("building the client in Python");
    let requirements = source.join("requirements.txt");
    let programs = environment(
        directory,
        [OsStr::new("--requirement"), requirements.as_os_str()],
    )?;
    let client = directory.join("client-python.wasm");
    let mut componentize = Command::new(programs.join("componentize-py"));
    componentize
        .arg("--wit-path")
        .arg(wit)
        .args(["--world", "client", "componentize", "client", "--output"])
        .arg(&client)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(source);
    run(componentize)?;
    Ok(client)
}

fn javascript(source: &Path, directory: &Path, wit: &Path) -> Result<PathBuf> {
    progress("building the client in JavaScript");
    let modules = directory.join("javascript");
    fs::create_dir_all(&modules)?;
    for name in [
        "package.json",
        "package-lock.json",
        "build.mjs",
        "client.js",
    ] {
        fs::copy(source.join(name), modules.join(name))?;
    }
    let mut install = Command::new("npm");
    install
        .args(["ci", "--silent", "--no-audit", "--no-fund"])
        .current_dir(&modules);
    run(install)?;
    let client = directory.join("client-javascript.wasm");
    let mut componentize = Command::new("node");
    componentize
        .arg(modules.join("build.mjs"))
        .arg(wit)
        .arg(&client);
    run(componentize)?;
    Ok(client)
}

/// Runs a client that connects to the peer that it is given; what is to be sent arrives, and
/// the client ends well.
fn delivers(client: impl FnOnce(&str) -> Command) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let mut command = client(&listener.local_addr()?.to_string());
    let mut client = Ended(command.spawn().context("the client cannot be started")?);
    let deadline = Instant::now() + LIMIT;
    let mut peer = connection(&listener, &mut client.0, deadline)?;
    let mut received = Vec::new();
    peer.set_nonblocking(false)?;
    peer.set_read_timeout(Some(LIMIT))?;
    peer.read_to_end(&mut received)?;
    let status = client.0.wait()?;
    ensure!(status.success(), "the client failed ({status})");
    ensure!(
        received == SENT,
        "{:?} arrived",
        String::from_utf8_lossy(&received)
    );
    Ok(())
}

/// A process that is ended with this.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The connection that a client makes, as long as it runs.
fn connection(listener: &TcpListener, client: &mut Child, deadline: Instant) -> Result<TcpStream> {
    loop {
        match listener.accept() {
            Ok((peer, _)) => return Ok(peer),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(status) = client.try_wait()? {
            bail!("the client ended without a connection ({status})");
        }
        ensure!(Instant::now() < deadline, "the client takes too long");
        thread::sleep(Duration::from_millis(50));
    }
}
