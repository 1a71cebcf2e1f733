//! The machine: endpoints, what is pending on them, and what has ended.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;

use slotmap::{Key, KeyData, SlotMap, new_key_type};
use wsp_core::{
    AddressFamily, EndpointOption, Finished, Interest, Readiness, ReceiveFlags, ReceiveStarted,
    ReceivedNow, Rest, SendFlags, SendOutcome, ShutdownHow, SocketType, Started, TransportError,
    WaitOutcome,
};

use crate::datagram::Datagrams;
use crate::limits::{Account, Charge, Limits};
use crate::memory::{Array, Payload, Room};
use crate::pending::Context;
use crate::resolve::{self, Lookup, ResolveError};
use crate::stream::Stream;
use crate::wasi::Wasi;

/// How long a program that ends waits for its hosts to bring out more of what its connections
/// have still to send, in nanoseconds; they say so once for each [`IN_FLIGHT`](crate::IN_FLIGHT)
/// bytes at the latest. What is left when nothing moves for so long is lost.
pub const LAST_WAIT: u64 = 5_000_000_000;

const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

/// The longest that a host is asked to wait at once, in nanoseconds: an hour.
const LONGEST_WAIT: u64 = 3_600_000_000_000;

new_key_type! {
    /// An endpoint of a [`Machine`]. Another one never has the same.
    pub struct EndpointId;
}

impl EndpointId {
    /// The number that stands for it.
    #[must_use]
    pub fn to_number(self) -> u64 {
        self.data().as_ffi()
    }

    /// The endpoint with that number, which may never have been.
    #[must_use]
    pub fn from_number(number: u64) -> EndpointId {
        KeyData::from_ffi(number).into()
    }
}

new_key_type! {
    /// A name that a [`Machine`] looks up.
    pub struct LookupId;
}

/// The number of what ends and is no operation of an endpoint.
const NO_OPERATION: u64 = u64::MAX;

/// What is known of a name.
enum Named<W: Wasi> {
    /// The host has not found all of it.
    Asked { lookup: Lookup<W>, _charge: Charge },
    /// Nothing, once it has been told.
    Known(Option<resolve::Answer>),
}

/// What a ticket says of a send.
#[derive(Clone, Copy, Debug)]
pub struct TicketedSend {
    /// The endpoint that sends.
    pub endpoint: EndpointId,
    /// The operation, if it is pending.
    pub operation: u64,
    /// How to send.
    pub flags: SendFlags,
    /// Where a datagram goes; `None` sends to the peer.
    pub to: Option<SocketAddr>,
    /// What becomes of the bytes that are not sent at once.
    pub rest: Rest,
}

enum Endpoint<W: Wasi> {
    Stream(Stream<W>),
    Datagrams(Datagrams<W>),
}

struct Entry<W: Wasi> {
    endpoint: Endpoint<W>,
    /// It is in the list of those with something pending.
    is_listed: bool,
}

/// `winsock:spi/transport` over WASI 0.2.
///
/// No call waits but [`Machine::wait_finished`], [`Machine::send_rest`], [`Machine::resolve`],
/// [`Machine::finish`] and, unless that will be called, the [`Machine::close`] of the last
/// endpoint. What is pending goes on in each [`Machine::take_finished`], and while one waits.
pub struct Machine<W: Wasi> {
    wasi: W,
    account: Rc<Account>,
    endpoints: SlotMap<EndpointId, Entry<W>>,
    /// Those that have something pending.
    active: Vec<EndpointId>,
    /// Closed streams whose last bytes the host has not brought out.
    closing: Vec<Stream<W>>,
    finished: VecDeque<Finished>,
    lookups: SlotMap<LookupId, Named<W>>,
    /// The last send, if it was blocked and its caller leaves its payload here.
    blocked: Option<Blocked>,
    will_finish: bool,
}

/// A send that its caller waits for, or will in a moment.
struct Blocked {
    send: TicketedSend,
    payload: Payload,
    /// How much of it is sent, in bytes.
    sent: u64,
}

type Answer<T> = Result<T, TransportError>;

impl<W: Wasi> Machine<W> {
    /// A machine without endpoints.
    pub fn new(wasi: W, limits: Limits) -> Machine<W> {
        Machine {
            wasi,
            account: Account::new(limits),
            endpoints: SlotMap::with_key(),
            active: Vec::new(),
            closing: Vec::new(),
            finished: VecDeque::new(),
            lookups: SlotMap::with_key(),
            blocked: None,
            will_finish: false,
        }
    }

    /// What it calls.
    pub fn wasi(&self) -> &W {
        &self.wasi
    }

    /// A captured WSABUF array; one that exceeds a limit has no bytes, and its sends fail.
    pub fn array(&self, parts: Vec<Vec<u8>>) -> Array {
        Array::new(&self.account, parts)
    }

    /// Room for receives; if it exceeds the limit, they fail.
    pub fn room(&self, capacity: u32) -> Room {
        Room::new(&self.account, capacity)
    }

    /// Calls `call` with an endpoint and what it works with, and keeps the endpoint in the
    /// list of those with something pending.
    fn on<T>(
        &mut self,
        id: EndpointId,
        call: impl FnOnce(&mut Endpoint<W>, &mut Context<'_, W>) -> Answer<T>,
    ) -> Answer<T> {
        let entry = self.endpoints.get_mut(id);
        let entry = entry.ok_or(TransportError::InvalidArgument)?;
        let mut cx = Context {
            wasi: &self.wasi,
            account: &self.account,
            finished: &mut self.finished,
        };
        let answer = call(&mut entry.endpoint, &mut cx);
        if !entry.is_listed && entry.endpoint.is_active() {
            entry.is_listed = true;
            self.active.push(id);
        }
        answer
    }

    fn admit_endpoint(&self) -> Answer<()> {
        if self.endpoints.len() + self.closing.len() >= self.account.limits.endpoints {
            return Err(TransportError::TooManyEndpoints);
        }
        Ok(())
    }

    fn insert(&mut self, endpoint: Endpoint<W>) -> EndpointId {
        self.endpoints.insert(Entry {
            endpoint,
            is_listed: false,
        })
    }

    /// An endpoint.
    ///
    /// # Errors
    ///
    /// `TooManyEndpoints`, beyond the limit or the host's; `AccessDenied`; `NotSupported`
    /// (the family).
    pub fn create(&mut self, family: AddressFamily, kind: SocketType) -> Answer<EndpointId> {
        self.admit_endpoint()?;
        let endpoint = match kind {
            SocketType::Stream => Endpoint::Stream(Stream::create(&self.wasi, family)?),
            SocketType::Datagram => Endpoint::Datagrams(Datagrams::create(&self.wasi, family)?),
        };
        Ok(self.insert(endpoint))
    }

    /// Gives it a local address.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` if it is bound, or the address of another family; what the host says.
    pub fn bind(&mut self, id: EndpointId, local: SocketAddr) -> Answer<()> {
        self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.bind(cx.wasi, local),
            Endpoint::Datagrams(datagrams) => datagrams.bind(cx.wasi, local),
        })
    }

    /// Connects a stream, or fixes the peer of a datagram endpoint.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` (a stream that has a peer, another family); what the host says.
    pub fn start_connect(
        &mut self,
        id: EndpointId,
        peer: SocketAddr,
        operation: u64,
    ) -> Answer<Started> {
        self.on(id, |endpoint, cx| {
            endpoint.check_unused(operation)?;
            match endpoint {
                Endpoint::Stream(stream) => stream.start_connect(cx, peer, operation),
                Endpoint::Datagrams(datagrams) => datagrams.connect(cx.wasi, peer),
            }
        })
    }

    /// Takes connections.
    ///
    /// # Errors
    ///
    /// `NotSupported` of datagrams; what the host says.
    pub fn listen(&mut self, id: EndpointId, backlog: u32) -> Answer<()> {
        self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.listen(cx.wasi, backlog),
            Endpoint::Datagrams(_) => Err(TransportError::NotSupported),
        })
    }

    /// Takes one connection, with its peer.
    ///
    /// # Errors
    ///
    /// `WouldBlock`; `TooManyEndpoints`; `InvalidArgument` if it does not listen.
    pub fn accept(&mut self, id: EndpointId) -> Answer<(EndpointId, SocketAddr)> {
        self.admit_endpoint()?;
        let accepted = self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.accept(cx.wasi),
            Endpoint::Datagrams(_) => Err(TransportError::NotSupported),
        });
        let (stream, peer) = accepted?;
        Ok((self.insert(Endpoint::Stream(stream)), peer))
    }

    /// Sends what the host takes at once of an array.
    ///
    /// # Errors
    ///
    /// Those of `transport.endpoint.try-send`.
    pub fn try_send(
        &mut self,
        id: EndpointId,
        array: &Array,
        flags: SendFlags,
        to: Option<SocketAddr>,
    ) -> Answer<u64> {
        let payload = array.payload()?;
        self.try_send_payload(id, &payload, flags, to)
    }

    fn try_send_payload(
        &mut self,
        id: EndpointId,
        payload: &Payload,
        flags: SendFlags,
        to: Option<SocketAddr>,
    ) -> Answer<u64> {
        let sent = self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.try_send(cx, payload, flags),
            Endpoint::Datagrams(datagrams) => datagrams.try_send(cx, payload, flags, to),
        });
        sent.map(|sent| sent as u64)
    }

    /// Sends all of an array.
    ///
    /// # Errors
    ///
    /// Those of `transport.endpoint.start-send`.
    pub fn start_send(
        &mut self,
        id: EndpointId,
        array: &Array,
        flags: SendFlags,
        to: Option<SocketAddr>,
        operation: u64,
    ) -> Answer<Started> {
        let payload = array.payload()?;
        self.start_send_payload(id, payload, flags, to, operation)
    }

    fn start_send_payload(
        &mut self,
        id: EndpointId,
        payload: Payload,
        flags: SendFlags,
        to: Option<SocketAddr>,
        operation: u64,
    ) -> Answer<Started> {
        self.on(id, |endpoint, cx| {
            endpoint.check_unused(operation)?;
            match endpoint {
                Endpoint::Stream(stream) => stream.start_send(cx, payload, flags, operation),
                Endpoint::Datagrams(datagrams) => {
                    datagrams.start_send(cx, &payload, flags, to, operation)
                }
            }
        })
    }

    /// `gather.send` and its like. The payload of a send that is blocked is kept for
    /// [`Machine::send_blocked_rest`] until the next send.
    pub fn send(&mut self, send: TicketedSend, payload: Payload) -> SendOutcome {
        self.blocked = None;
        let TicketedSend {
            endpoint,
            operation,
            flags,
            to,
            rest,
        } = send;
        if payload.count > self.account.limits.parts {
            return SendOutcome::Failed(TransportError::OutOfBuffers);
        }
        let outcome = match rest {
            Rest::Refused => self
                .try_send_payload(endpoint, &payload, flags, to)
                .map(SendOutcome::Done),
            Rest::Captured => {
                let started = self.start_send_payload(endpoint, payload, flags, to, operation);
                started.map(|started| match started {
                    Started::Done(bytes) => SendOutcome::Done(bytes),
                    Started::Pending => SendOutcome::Pending,
                })
            }
            Rest::Awaited => self.send_awaited(&send, &payload, 0).map(|(sent, is_out)| {
                let sent = sent as u64;
                if is_out {
                    return SendOutcome::Done(sent);
                }
                self.blocked = Some(Blocked {
                    send,
                    payload,
                    sent,
                });
                SendOutcome::Blocked(sent)
            }),
        };
        outcome.unwrap_or_else(SendOutcome::Failed)
    }

    /// How much of it is sent, and whether nothing is left to be done.
    fn send_awaited(
        &mut self,
        send: &TicketedSend,
        payload: &Payload,
        sent: usize,
    ) -> Answer<(usize, bool)> {
        self.on(send.endpoint, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.send_awaited(cx.wasi, payload, send.flags, sent),
            Endpoint::Datagrams(datagrams) => {
                match datagrams.try_send(cx, payload, send.flags, send.to) {
                    Ok(sent) => Ok((sent, true)),
                    Err(TransportError::WouldBlock) => Ok((0, false)),
                    Err(error) => Err(error),
                }
            }
        })
    }

    /// `gather.send-rest`: goes on with a send of which so many bytes are sent. It waits.
    pub fn send_rest(
        &mut self,
        send: TicketedSend,
        payload: &Payload,
        sent: u64,
        timeout_ms: Option<u64>,
    ) -> SendOutcome {
        self.blocked = None;
        let deadline = self.deadline(timeout_ms);
        let mut sent = usize::try_from(sent).unwrap_or(usize::MAX);
        loop {
            self.progress();
            match self.send_awaited(&send, payload, sent) {
                Err(error) => return SendOutcome::Failed(error),
                Ok((sent, true)) => return SendOutcome::Done(sent as u64),
                Ok((now, false)) => sent = now,
            }
            if self.is_late(deadline) {
                return SendOutcome::TimedOut;
            }
            self.poll(deadline, Some(send.endpoint));
        }
    }

    /// `words.send-rest`: goes on with the last send, which was blocked. It waits.
    pub fn send_blocked_rest(&mut self, timeout_ms: Option<u64>) -> SendOutcome {
        match self.blocked.take() {
            None => SendOutcome::Failed(TransportError::InvalidArgument),
            Some(Blocked {
                send,
                payload,
                sent,
            }) => self.send_rest(send, &payload, sent, timeout_ms),
        }
    }

    /// Receives what is there.
    ///
    /// # Errors
    ///
    /// Those of `transport.endpoint.try-receive`.
    pub fn try_receive(
        &mut self,
        id: EndpointId,
        room: &Room,
        flags: ReceiveFlags,
    ) -> Answer<ReceivedNow> {
        self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.try_receive(cx, room, flags),
            Endpoint::Datagrams(datagrams) => datagrams.try_receive(cx, room, flags),
        })
    }

    /// Receives as soon as something is there.
    ///
    /// # Errors
    ///
    /// Those of `transport.endpoint.start-receive`.
    pub fn start_receive(
        &mut self,
        id: EndpointId,
        room: &Room,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Answer<ReceiveStarted> {
        self.on(id, |endpoint, cx| {
            endpoint.check_unused(operation)?;
            match endpoint {
                Endpoint::Stream(stream) => stream.start_receive(cx, room, flags, operation),
                Endpoint::Datagrams(datagrams) => {
                    datagrams.start_receive(cx, room, flags, operation)
                }
            }
        })
    }

    /// Finishes once `interest` holds.
    ///
    /// # Errors
    ///
    /// `TooManyOperations`; `InvalidArgument` for an operation that is under way.
    pub fn start_watch(
        &mut self,
        id: EndpointId,
        interest: Interest,
        operation: u64,
    ) -> Answer<Started> {
        let started = self.on(id, |endpoint, cx| {
            endpoint.check_unused(operation)?;
            match endpoint {
                Endpoint::Stream(stream) => stream.start_watch(cx, interest, operation),
                Endpoint::Datagrams(datagrams) => datagrams.start_watch(cx, interest, operation),
            }
        });
        started.map(|()| Started::Pending)
    }

    /// How it stands.
    pub fn ready(&mut self, id: EndpointId) -> Readiness {
        let ready = self.on(id, |endpoint, cx| {
            Ok(match endpoint {
                Endpoint::Stream(stream) => stream.ready(cx),
                Endpoint::Datagrams(datagrams) => datagrams.ready(cx.wasi),
            })
        });
        ready.unwrap_or(Readiness::empty())
    }

    /// Ends a pending operation, if it is under way on the endpoint.
    pub fn cancel(&mut self, id: EndpointId, operation: u64) {
        let cancelled = self.on(id, |endpoint, cx| {
            match endpoint {
                Endpoint::Stream(stream) => stream.cancel(cx, operation),
                Endpoint::Datagrams(datagrams) => datagrams.cancel(cx, operation),
            }
            Ok(())
        });
        // An endpoint that does not exist has no operations.
        cancelled.unwrap_or_default();
    }

    /// Ends one or both directions.
    ///
    /// # Errors
    ///
    /// `NotConnected` of a stream.
    pub fn shutdown(&mut self, id: EndpointId, how: ShutdownHow) -> Answer<()> {
        self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.shutdown(cx, how),
            Endpoint::Datagrams(_) => Ok(()),
        })
    }

    /// Bytes that the host's system has not got. What the peer's has, WASI does not tell.
    pub fn unacknowledged(&mut self, id: EndpointId) -> u64 {
        let bytes = self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => Ok(stream.unacknowledged(cx)),
            Endpoint::Datagrams(_) => Ok(0),
        });
        bytes.unwrap_or_default()
    }

    /// Bytes that a receive would find now, as far as they were read ahead: 64 KiB of a stream.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` if there is no such endpoint.
    pub fn available(&mut self, id: EndpointId) -> Answer<u64> {
        self.on(id, |endpoint, cx| {
            Ok(match endpoint {
                Endpoint::Stream(stream) => stream.available(cx),
                Endpoint::Datagrams(datagrams) => datagrams.available(cx.wasi),
            })
        })
    }

    /// Its own address.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` if it is not bound.
    pub fn local_address(&mut self, id: EndpointId) -> Answer<SocketAddr> {
        self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.local_address(cx.wasi),
            Endpoint::Datagrams(datagrams) => datagrams.local_address(cx.wasi),
        })
    }

    /// Its peer's address.
    ///
    /// # Errors
    ///
    /// `NotConnected`.
    pub fn peer_address(&mut self, id: EndpointId) -> Answer<SocketAddr> {
        self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.peer_address(cx.wasi),
            Endpoint::Datagrams(datagrams) => datagrams.peer_address(),
        })
    }

    /// Reads an option.
    ///
    /// # Errors
    ///
    /// `NotSupported`; what the host says.
    pub fn get_option(&mut self, id: EndpointId, option: EndpointOption) -> Answer<u32> {
        self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.get_option(cx.wasi, option),
            Endpoint::Datagrams(datagrams) => datagrams.get_option(cx.wasi, option),
        })
    }

    /// Changes an option.
    ///
    /// # Errors
    ///
    /// `NotSupported`, also for a value that WASI cannot have; `InvalidArgument` for one out
    /// of range; what the host says.
    pub fn set_option(&mut self, id: EndpointId, option: EndpointOption, value: u32) -> Answer<()> {
        self.on(id, |endpoint, cx| match endpoint {
            Endpoint::Stream(stream) => stream.set_option(cx.wasi, option, value),
            Endpoint::Datagrams(datagrams) => datagrams.set_option(cx.wasi, option, value),
        })
    }

    /// Closes it: what is pending is cancelled, and the connection ends gracefully, after what
    /// the host has got of it. WASI cannot reset one.
    pub fn close(&mut self, id: EndpointId) {
        let Some(entry) = self.endpoints.remove(id) else {
            return;
        };
        if entry.is_listed {
            self.active.retain(|active| *active != id);
        }
        let mut cx = Context {
            wasi: &self.wasi,
            account: &self.account,
            finished: &mut self.finished,
        };
        match entry.endpoint {
            Endpoint::Stream(mut stream) => {
                stream.cancel_all(&mut cx);
                if !stream.is_out(&self.wasi) {
                    self.closing.push(stream);
                }
            }
            Endpoint::Datagrams(mut datagrams) => datagrams.cancel_all(&mut cx),
        }
        if self.endpoints.is_empty() && !self.will_finish {
            self.wait_for_output();
        }
    }

    /// [`Machine::finish`] will be called when the program ends, however it does so by itself:
    /// closing needs not wait.
    pub fn expect_finish(&mut self) {
        self.will_finish = true;
    }

    /// The program ends: what its endpoints have still to send goes out, and they are closed.
    /// It waits for that as long as it goes on, and [`LAST_WAIT`] for it to go on.
    pub fn finish(&mut self) {
        self.wait_for_output();
        // One that is not out stays: to drop it might wait for ever.
        let wasi = &self.wasi;
        self.endpoints
            .retain(|_, entry| !entry.endpoint.has_sent_all(wasi));
        self.active.clear();
    }

    fn wait_for_output(&mut self) {
        let mut deadline = 0;
        let mut least = usize::MAX;
        loop {
            self.progress();
            let wasi = &self.wasi;
            let open = self.endpoints.values_mut();
            let open = open.filter_map(|entry| match &mut entry.endpoint {
                Endpoint::Stream(stream) => Some(stream),
                Endpoint::Datagrams(_) => None,
            });
            let mut pollables = Vec::new();
            let mut left = 0;
            for stream in open.chain(&mut self.closing) {
                if !stream.has_sent_all(wasi) {
                    left += stream.left();
                    stream.output_pollable(wasi, &mut pollables);
                }
            }
            let now = wasi.now();
            if left < least {
                least = left;
                deadline = now.saturating_add(LAST_WAIT);
            }
            if pollables.is_empty() || now >= deadline {
                return;
            }
            let timer = wasi.at(deadline);
            pollables.push(&timer);
            wasi.poll(&pollables);
        }
    }

    /// Goes on with everything that is pending.
    fn progress(&mut self) {
        let mut cx = Context {
            wasi: &self.wasi,
            account: &self.account,
            finished: &mut self.finished,
        };
        let endpoints = &mut self.endpoints;
        self.active.retain(|id| {
            let Some(entry) = endpoints.get_mut(*id) else {
                return false;
            };
            match &mut entry.endpoint {
                Endpoint::Stream(stream) => stream.progress(&mut cx),
                Endpoint::Datagrams(datagrams) => datagrams.progress(&mut cx),
            }
            entry.is_listed = entry.endpoint.is_active();
            entry.is_listed
        });
        self.closing.retain_mut(|stream| !stream.is_out(cx.wasi));
        for named in self.lookups.values_mut() {
            let Named::Asked { lookup, .. } = named else {
                continue;
            };
            if let Some(answer) = lookup.look(cx.wasi) {
                *named = Named::Known(Some(answer));
                cx.finished.push_back(lookup_ended());
            }
        }
    }

    /// Takes up to `most` finished operations, oldest first.
    pub fn take_finished(&mut self, most: u32) -> Vec<Finished> {
        self.progress();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let count = most.min(self.finished.len());
        self.finished.drain(..count).collect()
    }

    /// Waits until something has finished, or for so many milliseconds.
    pub fn wait_finished(&mut self, timeout_ms: Option<u64>) -> WaitOutcome {
        let deadline = self.deadline(timeout_ms);
        loop {
            self.progress();
            if !self.finished.is_empty() {
                return WaitOutcome::Finished;
            }
            if self.is_late(deadline) {
                return WaitOutcome::TimedOut;
            }
            self.poll(deadline, None);
        }
    }

    fn deadline(&self, timeout_ms: Option<u64>) -> Option<u64> {
        let timeout = timeout_ms?.saturating_mul(NANOSECONDS_PER_MILLISECOND);
        Some(self.wasi.now().saturating_add(timeout))
    }

    fn is_late(&self, deadline: Option<u64>) -> bool {
        deadline.is_some_and(|deadline| self.wasi.now() >= deadline)
    }

    /// Waits until there may be something to go on with, or room on one stream for what its
    /// caller sends.
    fn poll(&mut self, deadline: Option<u64>, sending: Option<EndpointId>) {
        let wasi = &self.wasi;
        // A list without a pollable is refused.
        let timer = match deadline {
            None => wasi.after(LONGEST_WAIT),
            Some(deadline) => wasi.at(deadline.min(wasi.now().saturating_add(LONGEST_WAIT))),
        };
        let mut pollables = vec![&timer];
        for (id, entry) in &mut self.endpoints {
            let is_sending = sending == Some(id);
            if !entry.is_listed && !is_sending {
                continue;
            }
            match &mut entry.endpoint {
                Endpoint::Stream(stream) => stream.pollables(wasi, is_sending, &mut pollables),
                Endpoint::Datagrams(datagrams) => {
                    datagrams.pollables(wasi, is_sending, &mut pollables);
                }
            }
        }
        for stream in &mut self.closing {
            stream.output_pollable(wasi, &mut pollables);
        }
        for named in self.lookups.values_mut() {
            if let Named::Asked { lookup, .. } = named {
                pollables.push(lookup.pollable(wasi));
            }
        }
        wasi.poll(&pollables);
    }

    /// The monotonic clock, in milliseconds.
    pub fn now(&self) -> u64 {
        self.wasi.now() / NANOSECONDS_PER_MILLISECOND
    }

    /// The addresses of a name. It waits.
    ///
    /// # Errors
    ///
    /// [`ResolveError`].
    pub fn resolve(&self, name: &str) -> Result<Vec<std::net::IpAddr>, ResolveError> {
        resolve::resolve(&self.wasi, name)
    }

    /// Begins to look a name up; `None` beyond the limit of operations. Its end counts as that
    /// of an operation.
    pub fn start_lookup(&mut self, name: &str) -> Option<LookupId> {
        let charge = self.account.operation().ok()?;
        let named = match Lookup::start(&self.wasi, name) {
            Ok(lookup) => Named::Asked {
                lookup,
                _charge: charge,
            },
            Err(error) => {
                self.finished.push_back(lookup_ended());
                Named::Known(Some(Err(error)))
            }
        };
        Some(self.lookups.insert(named))
    }

    /// What [`Machine::resolve`] would have answered; `None` while that is not known, and once
    /// it has been told.
    pub fn take_lookup(
        &mut self,
        id: LookupId,
    ) -> Option<Result<Vec<std::net::IpAddr>, ResolveError>> {
        match self.lookups.get_mut(id)? {
            Named::Asked { .. } => None,
            Named::Known(answer) => answer.take(),
        }
    }

    /// Gives a lookup up.
    pub fn drop_lookup(&mut self, id: LookupId) {
        self.lookups.remove(id);
    }
}

fn lookup_ended() -> Finished {
    Finished {
        operation: NO_OPERATION,
        bytes: 0,
        error: None,
        source: None,
    }
}

impl<W: Wasi> Endpoint<W> {
    fn is_active(&self) -> bool {
        match self {
            Endpoint::Stream(stream) => stream.is_active(),
            Endpoint::Datagrams(datagrams) => datagrams.is_active(),
        }
    }

    /// An operation's number names it as long as it is under way.
    fn check_unused(&self, operation: u64) -> Answer<()> {
        let has = match self {
            Endpoint::Stream(stream) => stream.has(operation),
            Endpoint::Datagrams(datagrams) => datagrams.has(operation),
        };
        if has {
            return Err(TransportError::InvalidArgument);
        }
        Ok(())
    }

    fn has_sent_all(&mut self, wasi: &W) -> bool {
        match self {
            Endpoint::Stream(stream) => stream.has_sent_all(wasi),
            Endpoint::Datagrams(_) => true,
        }
    }
}
