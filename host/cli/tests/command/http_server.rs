//! Servers of HTTP, well-behaved and rude.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a server waits for its peer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server on loopback that does with every connection what it was told, until it is dropped.
pub struct Server {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub fn new(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&ended);
        let serve = Arc::new(serve);
        let accepting = thread::spawn(move || {
            let mut serving = Vec::new();
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_write_timeout(Some(PATIENCE)).unwrap();
                let serve = Arc::clone(&serve);
                serving.push(thread::spawn(move || serve(stream)));
            }
            for serving in serving {
                serving.join().unwrap();
            }
        });
        Server {
            address,
            ended,
            accepting: Some(accepting),
        }
    }

    /// Answers each request with these bytes, and closes the connection.
    pub fn answering(answer: &'static [u8]) -> Server {
        Server::new(move |stream| {
            if request(&stream).is_some() {
                let _ = (&stream).write_all(answer);
            }
        })
    }

    /// As a server should be: with a page of 1000 bytes, or how many it was sent.
    pub fn polite() -> Server {
        Server::new(|stream| {
            let Some(received) = request(&stream) else {
                return;
            };
            let body = match received {
                0 => "x".repeat(1000),
                received => received.to_string(),
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
            let _ = (&stream).write_all(answer.as_bytes());
        })
    }

    /// Answers with a beginning, and then with the same again and again for as long as somebody
    /// takes it.
    pub fn endless(beginning: &'static str, again: &'static str) -> Server {
        Server::new(move |mut stream| {
            if request(&stream).is_none() || stream.write_all(beginning.as_bytes()).is_err() {
                return;
            }
            let again = again.repeat(100);
            while stream.write_all(again.as_bytes()).is_ok() {}
        })
    }

    /// Says nothing, and waits for the other side to close.
    pub fn silent() -> Server {
        Server::new(|mut stream| {
            let _ = stream.read_to_end(&mut Vec::new());
        })
    }

    /// `ADDRESS:PORT`.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The rule that allows it.
    pub fn rule(&self) -> String {
        format!("--allow-outbound=tcp://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        let accepted = self.accepting.take().unwrap().join();
        if !thread::panicking() {
            accepted.unwrap();
        }
    }
}

/// Reads a request to its end: the bytes of its body. None if it has no end.
fn request(stream: &TcpStream) -> Option<usize> {
    let mut reader = BufReader::new(stream);
    let mut chunked = false;
    loop {
        let header = line(&mut reader)?.to_ascii_lowercase();
        chunked |= header == "transfer-encoding: chunked";
        if header.is_empty() {
            break;
        }
    }
    let mut received = 0;
    if !chunked {
        return Some(received);
    }
    loop {
        let size = usize::from_str_radix(&line(&mut reader)?, 16).ok()?;
        if size == 0 {
            while !line(&mut reader)?.is_empty() {}
            return Some(received);
        }
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        received += size;
    }
}

/// A line, without its end.
fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    Some(line.strip_suffix("\r\n")?.to_owned())
}
