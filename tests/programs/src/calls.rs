//! Calls `memory`, `transport` and `gather` directly, as commands say, and counts whether each
//! operation that was accepted has ended exactly once. The program that takes this module
//! has their bindings.

use std::{collections::BTreeMap, error::Error, fmt::Debug, net::SocketAddr, str::FromStr};

use crate::bindings::winsock::spi::{
    gather::{self, Rest, SendOutcome, Ticket, TicketFlags},
    memory::{ReceiveBuffer, WsabufArray},
    transport::{
        self, Direction, Endpoint, EndpointOption, Interest, Protocol, ReceiveFlags,
        ReceiveStarted, Started,
    },
    types::{
        AddressFamily, GroupInterface, IpAddress, Ipv4SocketAddress, Ipv6SocketAddress, SendFlags,
        SocketAddress, TransportError,
    },
};

pub(crate) type Failure = Box<dyn Error>;

/// The arguments of one command.
pub(crate) struct Words<'a>(pub(crate) std::str::SplitWhitespace<'a>);

impl Words<'_> {
    pub(crate) fn next<T: FromStr>(&mut self) -> Result<T, Failure> {
        let word = self.0.next().ok_or("an argument is missing")?;
        word.parse()
            .map_err(|_| format!("no argument of this kind: {word}").into())
    }

    pub(crate) fn slot(&mut self) -> Result<usize, Failure> {
        self.next()
    }

    fn address(&mut self) -> Result<SocketAddress, Failure> {
        Ok(match self.next()? {
            SocketAddr::V4(v4) => SocketAddress::Inet(Ipv4SocketAddress {
                port: v4.port(),
                address: v4.ip().octets().into(),
            }),
            SocketAddr::V6(v6) => SocketAddress::Inet6(Ipv6SocketAddress {
                port: v6.port(),
                flow_info: v6.flowinfo(),
                scope_id: v6.scope_id(),
                address: v6.ip().segments().into(),
            }),
        })
    }
}

/// What the commands have made.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) endpoints: BTreeMap<usize, Endpoint>,
    pub(crate) arrays: BTreeMap<usize, WsabufArray>,
    buffers: BTreeMap<usize, ReceiveBuffer>,
    /// What is sent.
    payload: &'static [u8],
    /// How often each number was accepted and has not ended.
    pending: BTreeMap<u64, u64>,
    accepted: u64,
    /// Ends of operations that were not pending.
    unknown: u64,
}

/// What there is nothing to do with is left alone.
const NOTHING: &str = "nothing there";

impl State {
    /// Does one command, and says what it was answered.
    pub(crate) fn command(&mut self, name: &str, words: &mut Words<'_>) -> Result<String, Failure> {
        Ok(match name {
            // create SLOT inet|inet6 tcp|udp
            "create" => {
                let slot = words.slot()?;
                let family = match words.next::<String>()?.as_str() {
                    "inet" => AddressFamily::Inet,
                    _ => AddressFamily::Inet6,
                };
                let protocol = match words.next::<String>()?.as_str() {
                    "tcp" => Protocol::Tcp,
                    _ => Protocol::Udp,
                };
                match Endpoint::create(family, protocol) {
                    Ok(endpoint) => {
                        self.endpoints.insert(slot, endpoint);
                        "ok".to_owned()
                    }
                    Err(error) => said(&Err::<(), _>(error)),
                }
            }
            // array SLOT PARTS LENGTH
            "array" => {
                let slot = words.slot()?;
                let array = WsabufArray::new(&self.parts(words)?);
                self.arrays.insert(slot, array);
                "ok".to_owned()
            }
            // buffer SLOT CAPACITY
            "buffer" => {
                let (slot, capacity) = (words.slot()?, words.next()?);
                self.buffers.insert(slot, ReceiveBuffer::new(capacity));
                "ok".to_owned()
            }
            "drop-array" => said(&self.arrays.remove(&words.slot()?).map(drop)),
            "drop-buffer" => said(&self.buffers.remove(&words.slot()?).map(drop)),
            "drop" => said(&self.endpoints.remove(&words.slot()?).map(drop)),
            // count SLOT
            "count" => match self.arrays.get(&words.slot()?) {
                Some(array) => format!("{} {}", array.count(), array.total_length()),
                None => NOTHING.to_owned(),
            },
            // read SLOT OFFSET LENGTH
            "read" => match self.buffers.get(&words.slot()?) {
                Some(buffer) => {
                    let read = buffer.read(words.next()?, words.next()?);
                    format!("{:?}", String::from_utf8_lossy(&read))
                }
                None => NOTHING.to_owned(),
            },
            // forged-gather NUMBER PARTS LENGTH FLAGS REST TIMEOUT OPERATION
            "forged-gather" => {
                let number = words.next()?;
                self.gather(number, words)?
            }
            // take MAXIMUM
            "take" => format!("{:?}", self.take(words.next()?)),
            // wait MILLISECONDS
            "wait" => format!("{:?}", transport::wait_finished(Some(words.next()?))),
            "wait-for-ever" => format!("{:?}", transport::wait_finished(None)),
            "now" => {
                let _ = transport::now();
                "ok".to_owned()
            }
            _ => {
                let slot = words.slot()?;
                match self.endpoints.remove(&slot) {
                    None => NOTHING.to_owned(),
                    Some(endpoint) => {
                        let answer = self.with_endpoint(name, &endpoint, words);
                        self.endpoints.insert(slot, endpoint);
                        answer?
                    }
                }
            }
        })
    }

    /// The commands whose first argument is the slot of an endpoint.
    fn with_endpoint(
        &mut self,
        name: &str,
        endpoint: &Endpoint,
        words: &mut Words<'_>,
    ) -> Result<String, Failure> {
        Ok(match name {
            "bind" => said(&endpoint.bind(words.address()?)),
            // connect SLOT ADDRESS OPERATION
            "connect" => {
                let peer = words.address()?;
                let operation = words.next()?;
                let started = endpoint.start_connect(peer, operation);
                self.started(operation, started)
            }
            "listen" => said(&endpoint.listen(words.next()?)),
            // accept SLOT OTHER
            "accept" => {
                let other = words.slot()?;
                match endpoint.accept() {
                    Ok((accepted, _)) => {
                        self.endpoints.insert(other, accepted);
                        "ok".to_owned()
                    }
                    Err(error) => said(&Err::<(), _>(error)),
                }
            }
            // try-send SLOT ARRAY FLAGS, send SLOT ARRAY FLAGS OPERATION
            "try-send" | "send" => {
                let (array, flags) = (words.slot()?, words.next()?);
                let Some(array) = self.arrays.get(&array) else {
                    return Ok(NOTHING.to_owned());
                };
                if name == "try-send" {
                    return Ok(said(&endpoint.try_send(array, send_flags(flags), None)));
                }
                let operation = words.next()?;
                let started = endpoint.start_send(array, send_flags(flags), None, operation);
                self.started(operation, started)
            }
            // try-send-to SLOT ARRAY FLAGS ADDRESS, send-to SLOT ARRAY FLAGS ADDRESS OPERATION
            "try-send-to" | "send-to" => {
                let (array, flags, to) = (words.slot()?, words.next()?, Some(words.address()?));
                let Some(array) = self.arrays.get(&array) else {
                    return Ok(NOTHING.to_owned());
                };
                if name == "try-send-to" {
                    return Ok(said(&endpoint.try_send(array, send_flags(flags), to)));
                }
                let operation = words.next()?;
                let started = endpoint.start_send(array, send_flags(flags), to, operation);
                self.started(operation, started)
            }
            // gather SLOT PARTS LENGTH FLAGS REST TIMEOUT OPERATION [ADDRESS]
            "gather" => self.gather(endpoint.number(), words)?,
            // gather-rest SLOT PARTS LENGTH FLAGS TIMEOUT SENT [ADDRESS]
            "gather-rest" => {
                let parts = self.parts(words)?;
                let ticket = Ticket {
                    endpoint: endpoint.number(),
                    operation: 0,
                    flags: ticket_flags(words.next()?),
                    rest: Rest::Awaited,
                };
                let (timeout, sent) = (Some(words.next()?), words.next()?);
                let to = words.address().ok();
                said(&gather::send_rest(ticket, &parts, to, sent, timeout))
            }
            // try-receive SLOT BUFFER FLAGS, receive SLOT BUFFER FLAGS OPERATION
            "try-receive" | "receive" => {
                let (buffer, flags) = (words.slot()?, receive_flags(words.next()?));
                let Some(buffer) = self.buffers.get(&buffer) else {
                    return Ok(NOTHING.to_owned());
                };
                if name == "try-receive" {
                    let received = endpoint.try_receive(buffer, flags);
                    return Ok(said(&received.map(|received| received.bytes)));
                }
                let operation = words.next()?;
                let started = endpoint.start_receive(buffer, flags, operation);
                let started = started.map(|started| match started {
                    ReceiveStarted::Done(received) => Started::Done(received.bytes),
                    ReceiveStarted::Pending => Started::Pending,
                });
                self.started(operation, started)
            }
            // watch SLOT readable|writable|urgent|drained OPERATION
            "watch" => {
                let interest = match words.next::<String>()?.as_str() {
                    "readable" => Interest::Readable,
                    "writable" => Interest::Writable,
                    "urgent" => Interest::Urgent,
                    _ => Interest::Drained,
                };
                let operation = words.next()?;
                let started = endpoint.start_watch(interest, operation);
                self.started(operation, started)
            }
            "ready" => format!("{:?}", endpoint.ready()),
            "cancel" => {
                endpoint.cancel(words.next()?);
                "ok".to_owned()
            }
            // shutdown SLOT receive|send|both
            "shutdown" => said(&endpoint.shutdown(match words.next::<String>()?.as_str() {
                "receive" => Direction::Receive,
                "send" => Direction::Send,
                _ => Direction::Both,
            })),
            "abort" => {
                endpoint.abort_on_drop(words.next().unwrap_or(true));
                "ok".to_owned()
            }
            "unacknowledged" => endpoint.unacknowledged().to_string(),
            "available" => said(&endpoint.available()),
            "local" => said(&endpoint.local_address()),
            "peer" => said(&endpoint.peer_address()),
            // get SLOT OPTION, set SLOT OPTION VALUE
            "get" => said(&endpoint.get_option(option(words.next()?))),
            "set" => said(&endpoint.set_option(option(words.next()?), words.next()?)),
            // join SLOT ADDRESS NUMBER, whose port does not count
            "join" => {
                let (group, through) = group(words)?;
                said(&endpoint.join_group(group, through))
            }
            "leave" => {
                let (group, through) = group(words)?;
                said(&endpoint.leave_group(group, through))
            }
            "through" => {
                let (_, through) = group(words)?;
                said(&endpoint.set_group_interface(through))
            }
            _ => return Err("no such command".into()),
        })
    }

    /// PARTS LENGTH: so many parts of that length.
    fn parts(&mut self, words: &mut Words<'_>) -> Result<Vec<&'static [u8]>, Failure> {
        let (parts, length) = (words.slot()?, words.slot()?);
        if self.payload.len() < length {
            self.payload = vec![b'x'; length].leak();
        }
        let part = self.payload.get(..length).unwrap_or_default();
        Ok(vec![part; parts])
    }

    /// PARTS LENGTH FLAGS REST TIMEOUT OPERATION [ADDRESS]: a send with a ticket, whose
    /// REST 0 is refused, 1 captured, 2 awaited, and 3 awaited by this program.
    fn gather(&mut self, endpoint: u64, words: &mut Words<'_>) -> Result<String, Failure> {
        let parts = self.parts(words)?;
        let flags = ticket_flags(words.next()?);
        let (rest, timeout): (u8, u32) = (words.next()?, words.next()?);
        let operation = words.next()?;
        let to = words.address().ok();
        let ticket = Ticket {
            endpoint,
            operation,
            flags,
            rest: match rest {
                0 => Rest::Refused,
                1 => Rest::Captured,
                _ => Rest::Awaited,
            },
        };
        let mut outcome = match (to, parts.as_slice()) {
            (Some(to), _) => gather::send_to(ticket, &parts, to),
            (None, [only]) => gather::send_one(ticket, only),
            (None, _) => gather::send(ticket, &parts),
        };
        if rest == 3
            && let SendOutcome::Blocked(sent) = outcome
        {
            outcome = gather::send_rest(ticket, &parts, to, sent, Some(timeout));
        }
        if matches!(outcome, SendOutcome::Pending) {
            self.accepted += 1;
            *self.pending.entry(operation).or_default() += 1;
        }
        Ok(said(&outcome))
    }

    /// Notes an operation that stays pending.
    fn started(&mut self, operation: u64, started: Result<Started, TransportError>) -> String {
        if matches!(started, Ok(Started::Pending)) {
            self.accepted += 1;
            *self.pending.entry(operation).or_default() += 1;
        }
        said(&started)
    }

    /// Takes what has finished.
    fn take(&mut self, maximum: u32) -> Vec<(u64, u64, Option<TransportError>)> {
        let finished = transport::take_finished(maximum);
        for finished in &finished {
            match self.pending.get_mut(&finished.operation) {
                Some(pending) if *pending > 0 => *pending -= 1,
                _ => self.unknown += 1,
            }
        }
        let told = finished
            .iter()
            .map(|finished| (finished.operation, finished.bytes, finished.error));
        told.collect()
    }

    /// Drops every endpoint, which ends what is pending on it before the drop returns.
    pub(crate) fn end(&mut self) {
        self.endpoints.clear();
        while !self.take(1000).is_empty() {}
    }

    /// How often each operation that was accepted has ended, in a line.
    pub(crate) fn sum(&self) -> String {
        let lost: u64 = self.pending.values().sum();
        let State {
            accepted, unknown, ..
        } = self;
        format!("{accepted} accepted, {lost} lost, {unknown} unknown")
    }
}

pub(crate) fn said(answer: &impl Debug) -> String {
    format!("{answer:?}")
}

/// 1 urgent, 2 dont-route, 4 more.
fn send_flags(number: u8) -> SendFlags {
    let all = [SendFlags::URGENT, SendFlags::DONT_ROUTE, SendFlags::MORE];
    let chosen = all.into_iter().enumerate();
    let chosen = chosen.filter(|(bit, _)| number >> bit & 1 == 1);
    chosen.fold(SendFlags::empty(), |flags, (_, flag)| flags | flag)
}

/// As [`send_flags`], and 8 addressed, 16 silent.
fn ticket_flags(number: u8) -> TicketFlags {
    TicketFlags::from_bits_truncate(number)
}

/// 1 urgent, 2 peek, 4 fill.
fn receive_flags(number: u8) -> ReceiveFlags {
    let all = [ReceiveFlags::URGENT, ReceiveFlags::PEEK, ReceiveFlags::FILL];
    let chosen = all.into_iter().enumerate();
    let chosen = chosen.filter(|(bit, _)| number >> bit & 1 == 1);
    chosen.fold(ReceiveFlags::empty(), |flags, (_, flag)| flags | flag)
}

/// ADDRESS NUMBER: a group, and the number of an interface, or its address for an odd one.
fn group(words: &mut Words<'_>) -> Result<(IpAddress, GroupInterface), Failure> {
    let group = match words.address()? {
        SocketAddress::Inet(group) => IpAddress::Inet(group.address),
        SocketAddress::Inet6(group) => IpAddress::Inet6(group.address),
    };
    let number: u32 = words.next()?;
    let through = match number % 2 {
        0 => GroupInterface::Number(number / 2),
        _ => GroupInterface::Address(group),
    };
    Ok((group, through))
}

fn option(number: u8) -> EndpointOption {
    match number {
        0 => EndpointOption::Broadcast,
        1 => EndpointOption::KeepAlive,
        2 => EndpointOption::NoDelay,
        3 => EndpointOption::OobInline,
        4 => EndpointOption::ReceiveBufferSize,
        5 => EndpointOption::ReuseAddress,
        6 => EndpointOption::HopLimit,
        7 => EndpointOption::TrafficClass,
        8 => EndpointOption::DontFragment,
        9 => EndpointOption::V6Only,
        10 => EndpointOption::MulticastHopLimit,
        11 => EndpointOption::MulticastLoop,
        12 => EndpointOption::KeepAliveIdle,
        13 => EndpointOption::KeepAliveInterval,
        14 => EndpointOption::KeepAliveCount,
        15 => EndpointOption::PacketInfo,
        16 => EndpointOption::ReceiveHopLimit,
        _ => EndpointOption::SendBufferSize,
    }
}
