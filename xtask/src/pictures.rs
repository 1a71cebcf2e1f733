//! Whether the page of a trace is drawn in a browser, and the picture of it in the documents.

use std::{
    fs,
    io::Read,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use xtask::programs::is_on_path;

use crate::{
    process::{progress, run, run_within},
    workspace::Workspace,
};

/// Names of the browser.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// The picture in the documents.
const PICTURE: &str = "docs/trace.png";

/// The most bytes of the picture.
const LARGEST: u64 = 200_000;

/// A page is drawn by then.
const LIMIT: Duration = Duration::from_secs(180);

/// Overlapped sends of the page that is looked at, and the bytes of each but the last one, which
/// sends what is left.
const SENDS: usize = 64;
const BYTES: usize = 1 << 20;
const LAST: usize = 1000;

/// Sends of the page that shows how many it can have.
const MANY: usize = 100_000;

/// Traces sends, and checks what a browser makes of the pages. With `write` it writes the
/// picture of the documents.
pub(crate) fn check(workspace: &Workspace, write: bool) -> Result<()> {
    let browser = BROWSERS.into_iter().find(|name| is_on_path(name));
    let browser = browser.context("there is no Chromium: root installs Debian's package with `apt-get install -y --no-install-recommends chromium`")?;
    let directory = tempfile::tempdir()?;
    let browser = Browser {
        program: browser,
        profile: directory.path().join("profile"),
    };

    progress("drawing the page of 64 overlapped sends");
    let page = page(workspace, directory.path(), "trace", SENDS - 1, BYTES, LAST)?;
    let drawn = browser.draw(&page)?;
    let bars: Vec<&str> = bars(&drawn).collect();
    ensure!(
        bars.len() == SENDS,
        "there are {} bars of sends",
        bars.len()
    );
    for (bytes, count) in [(BYTES, SENDS - 1), (LAST, 1)] {
        let of_size = format!("data-bytes=\"{bytes}\" data-transferred=\"{bytes}\"");
        let found = bars.iter().filter(|bar| bar.contains(&of_size)).count();
        ensure!(
            found == count,
            "{found} bars have {bytes} bytes, not {count}"
        );
    }
    if write {
        let picture = workspace.root.join(PICTURE);
        browser.photograph(&page, &picture)?;
        let length = fs::metadata(&picture)?.len();
        ensure!(length < LARGEST, "{PICTURE} has {length} bytes");
        progress(&format!("wrote {PICTURE}"));
    }

    progress("drawing the page of 100,000 sends");
    let page = self::page(workspace, directory.path(), "many", MANY, 16, 0)?;
    let drawn = browser.draw(&page)?;
    let elements = drawn.matches("<rect").count();
    ensure!(elements < 10_000, "the page has {elements} bars");
    ensure!(
        drawn.contains("100,001 operations") || drawn.contains("100,002 operations"),
        "the page has no lane of 100,000 sends"
    );
    Ok(())
}

/// The elements of the sends of a page.
fn bars(drawn: &str) -> impl Iterator<Item = &str> {
    let elements = drawn.split("<g class=\"bar\"").skip(1);
    let elements = elements.filter_map(|element| element.split_once('>'));
    let bars = elements.map(|(bar, _)| bar);
    bars.filter(|bar| bar.contains("data-kind=\"send\""))
}

/// Traces `count` sends of so many bytes, and one of `last` bytes unless that is 0, to a peer that
/// takes its time, and has the page made.
fn page(
    workspace: &Workspace,
    directory: &Path,
    name: &str,
    count: usize,
    bytes: usize,
    last: usize,
) -> Result<PathBuf> {
    let total = count * bytes + last;
    let payload = directory.join("payload");
    fs::write(&payload, vec![7; total])?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let target = format!("tcp://{}", listener.local_addr()?);
    let receiving = thread::spawn(move || receive(&listener));
    let trace = directory.join(name).with_extension("json");
    let mut send = Command::new(workspace.wsp());
    send.args(["send", "--quiet", &target, "--depth=64"])
        .arg(format!("--chunk={bytes}"))
        .arg("--file")
        .arg(&payload)
        .arg("--trace")
        .arg(&trace);
    run_within(send, LIMIT)?;
    let received = receiving.join().ok().context("the peer has failed")??;
    ensure!(received == total, "the peer got {received} bytes");
    let page = directory.join(name).with_extension("html");
    let mut show = Command::new(workspace.wsp());
    // The page has the name that the trace has here, which is the same every time.
    show.args(["trace", "--quiet"])
        .arg(format!("{name}.json"))
        .arg("-o")
        .arg(&page)
        .current_dir(directory);
    run(show)?;
    Ok(page)
}

/// Takes a connection to its end, in a pace in which a picture shows something.
fn receive(listener: &TcpListener) -> Result<usize> {
    let (mut stream, _) = listener.accept()?;
    let mut buffer = vec![0; 256 << 10];
    let mut total = 0;
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(total),
            bytes => total += bytes,
        }
        thread::sleep(Duration::from_micros(500));
    }
}

/// A browser without a window.
struct Browser {
    program: &'static str,
    profile: PathBuf,
}

impl Browser {
    fn command(&self) -> Command {
        let mut command = Command::new("timeout");
        command
            .arg(LIMIT.as_secs().to_string())
            .arg(self.program)
            .args([
                "--headless",
                "--disable-gpu",
                "--no-first-run",
                "--hide-scrollbars",
            ])
            .arg(format!("--user-data-dir={}", self.profile.display()));
        // It refuses to start as root with its sandbox, and opens nothing but our own page.
        if matches!(crate::requirements::is_root(), Ok(true)) {
            command.arg("--no-sandbox");
        }
        // It says on standard error what of a desktop it misses.
        command.stderr(Stdio::null());
        command
    }

    /// What the page is once its scripts have run, without a mistake of theirs.
    fn draw(&self, page: &Path) -> Result<String> {
        let mut command = self.command();
        command.arg("--dump-dom").arg(address(page));
        let drawn = command.output().context("cannot start the browser")?;
        let drawn = String::from_utf8(drawn.stdout)?;
        let root = drawn.split_once("<html").map_or("", |(_, rest)| rest);
        let root = root.split_once('>').map_or("", |(root, _)| root);
        if root.contains("data-errors") || !root.contains("data-state=\"drawn\"") {
            bail!("the page {} is not drawn: <html{root}>", page.display());
        }
        Ok(drawn)
    }

    fn photograph(&self, page: &Path, picture: &Path) -> Result<()> {
        let mut command = self.command();
        command
            .arg("--window-size=1200,1010")
            .arg(format!("--screenshot={}", picture.display()))
            .arg(address(page));
        run(command)
    }
}

fn address(page: &Path) -> String {
    format!("file://{}", page.display())
}
