//! A DNS server on the loopback interface, whose answers the test changes.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode};
use hickory_proto::rr::{RData, Record, RecordType};

/// Answers every question with the same addresses, until it is dropped.
pub struct DnsServer {
    address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    serving: Option<JoinHandle<()>>,
}

/// What it answers with.
#[derive(Default)]
struct Zone {
    addresses: Vec<IpAddr>,
    /// In seconds.
    ttl: u32,
    /// How often it was asked for addresses of IPv4.
    asked: u64,
    /// Answers are held back; the questions wait.
    holds: bool,
    waiting: Vec<(Vec<u8>, SocketAddr)>,
    over: bool,
}

impl DnsServer {
    /// A server whose answers hold for `ttl` seconds.
    pub fn answering(addresses: &[&str], ttl: u32) -> DnsServer {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
        // So that it looks whether the test is over.
        let patience = Some(Duration::from_millis(50));
        socket.set_read_timeout(patience).expect("a socket");
        let address = socket.local_addr().expect("bound");
        let zone = Arc::new(Mutex::new(Zone {
            ttl,
            ..Zone::default()
        }));
        let served = Arc::clone(&zone);
        let server = DnsServer {
            address,
            zone,
            serving: Some(thread::spawn(move || serve(&socket, &served))),
        };
        server.answers(addresses);
        server
    }

    /// Where it is asked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers with these addresses from now on.
    pub fn answers(&self, addresses: &[&str]) {
        let addresses = addresses
            .iter()
            .map(|text| text.parse().expect("an address"));
        self.zone.lock().expect("no panic").addresses = addresses.collect();
    }

    /// Gives no answer until [`DnsServer::goes_on`].
    pub fn holds(&self) {
        self.zone.lock().expect("no panic").holds = true;
    }

    /// Answers what it was asked meanwhile, and what comes.
    pub fn goes_on(&self) {
        self.zone.lock().expect("no panic").holds = false;
    }

    /// How often it was asked for addresses of IPv4.
    pub fn asked(&self) -> u64 {
        self.zone.lock().expect("no panic").asked
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        if let Ok(mut zone) = self.zone.lock() {
            zone.over = true;
        }
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

fn serve(socket: &UdpSocket, zone: &Mutex<Zone>) {
    let mut question = [0; 4096];
    loop {
        let received = socket.recv_from(&mut question);
        let mut zone = zone.lock().expect("no panic");
        if zone.over {
            return;
        }
        match received {
            Ok((length, from)) => {
                let question = question.get(..length).unwrap_or_default();
                zone.waiting.push((question.to_vec(), from));
            }
            // What the system says of a time that is up.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) => {}
            Err(error) => panic!("{error}"),
        }
        if zone.holds {
            continue;
        }
        for (question, from) in std::mem::take(&mut zone.waiting) {
            let answer = answer(&question, &mut zone);
            socket.send_to(&answer, from).expect("loopback");
        }
    }
}

fn answer(question: &[u8], zone: &mut Zone) -> Vec<u8> {
    let question = Message::from_vec(question).expect("a question");
    let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.authoritative = true;
    for query in &question.queries {
        if query.query_type == RecordType::A {
            zone.asked += 1;
        }
        let of_type = zone.addresses.iter().filter_map(|address| match address {
            IpAddr::V4(address) if query.query_type == RecordType::A => {
                Some(RData::A((*address).into()))
            }
            IpAddr::V6(address) if query.query_type == RecordType::AAAA => {
                Some(RData::AAAA((*address).into()))
            }
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        });
        let records = of_type.map(|data| Record::from_rdata(query.name.clone(), zone.ttl, data));
        answer.add_answers(records);
        answer.add_query(query.clone());
    }
    answer.to_vec().expect("a short message")
}
