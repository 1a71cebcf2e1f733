//! A component between programs and the host: it imports what a host implements, exports
//! the same, and passes every call on. Handles are its own, with the host's inside. Every
//! list is copied into memory of its own, which is scribbled over as soon as the host has
//! answered: whatever the host still needed would be gone. It wants no payload in words.
//!
//! `readiness` is not passed on: it carries no data, and no program of WASI 0.2 knows
//! functions that are asynchronous.

#![no_main]

use std::hint;

use bindings::{
    exports::winsock::spi::{gather, memory, resolver, scheduling, transport, words},
    winsock::spi::{gather as host_gather, memory as host_memory, resolver as host_resolver},
    winsock::spi::{
        scheduling as host_scheduling, transport as host_transport,
        types::{
            AddressFamily, DatagramInfo, GroupInterface, IpAddress, SendFlags, SocketAddress,
            TransportError,
        },
    },
};

#[allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package test:interposer;

            world interposer {
                import winsock:spi/memory@0.2.0;
                import winsock:spi/transport@0.2.0;
                import winsock:spi/gather@0.2.0;
                import winsock:spi/scheduling@0.2.0;
                import winsock:spi/resolver@0.2.0;
                export winsock:spi/memory@0.2.0;
                export winsock:spi/transport@0.2.0;
                export winsock:spi/gather@0.2.0;
                export winsock:spi/words@0.2.0;
                export winsock:spi/scheduling@0.2.0;
                export winsock:spi/resolver@0.2.0;
            }
        ",
        path: "../../wit",
        features: ["tickets"],
        world: "test:interposer/interposer",
        generate_all,
    });

    export!(Component);

    pub(crate) struct Component;
}

use bindings::Component;

/// What no test sends.
const SCRIBBLE: u8 = 0xA5;

/// Calls the host with a copy of the buffers, which is worthless once the host has answered.
/// So are the buffers themselves, which the canonical ABI has copied from the caller's.
fn copied<R>(buffers: Vec<Vec<u8>>, call: impl FnOnce(&[Vec<u8>]) -> R) -> R {
    let copies = buffers.clone();
    buffers.into_iter().for_each(scribble);
    let answer = call(&copies);
    copies.into_iter().for_each(scribble);
    answer
}

fn scribble(mut bytes: Vec<u8>) {
    bytes.fill(SCRIBBLE);
    // The compiler would leave out what nobody reads.
    hint::black_box(&bytes);
}

/// A handle of the host's, behind a handle of this component's.
struct Array(host_memory::WsabufArray);

struct Room(host_memory::ReceiveBuffer);

struct Endpoint(host_transport::Endpoint);

impl memory::Guest for Component {
    type WsabufArray = Array;
    type ReceiveBuffer = Room;
}

impl memory::GuestWsabufArray for Array {
    fn new(buffers: Vec<Vec<u8>>) -> Array {
        Array(copied(buffers, |buffers| {
            host_memory::WsabufArray::new(buffers)
        }))
    }

    fn count(&self) -> u32 {
        self.0.count()
    }

    fn total_length(&self) -> u64 {
        self.0.total_length()
    }
}

impl memory::GuestReceiveBuffer for Room {
    fn new(capacity: u32) -> Room {
        Room(host_memory::ReceiveBuffer::new(capacity))
    }

    fn info(&self) -> DatagramInfo {
        self.0.info()
    }

    fn read(&self, offset: u32, length: u32) -> Vec<u8> {
        let read = self.0.read(offset, length);
        let copy = read.clone();
        scribble(read);
        copy
    }
}

impl gather::Guest for Component {
    fn send(ticket: gather::Ticket, buffers: Vec<Vec<u8>>) -> gather::SendOutcome {
        let ticket = to_host(ticket);
        outcome(copied(buffers, |buffers| {
            host_gather::send(ticket, buffers)
        }))
    }

    fn send_one(ticket: gather::Ticket, buffer: Vec<u8>) -> gather::SendOutcome {
        let copy = buffer.clone();
        scribble(buffer);
        let sent = host_gather::send_one(to_host(ticket), &copy);
        scribble(copy);
        outcome(sent)
    }

    fn send_to(
        ticket: gather::Ticket,
        buffers: Vec<Vec<u8>>,
        to: SocketAddress,
    ) -> gather::SendOutcome {
        let ticket = to_host(ticket);
        outcome(copied(buffers, |buffers| {
            host_gather::send_to(ticket, buffers, to)
        }))
    }

    fn send_rest(
        ticket: gather::Ticket,
        buffers: Vec<Vec<u8>>,
        to: Option<SocketAddress>,
        sent: u64,
        timeout_ms: Option<u32>,
    ) -> gather::SendOutcome {
        let ticket = to_host(ticket);
        outcome(copied(buffers, |buffers| {
            host_gather::send_rest(ticket, buffers, to, sent, timeout_ms)
        }))
    }
}

/// What every send in words is answered.
const NOT_HERE: gather::SendOutcome = gather::SendOutcome::Failed(TransportError::NotSupported);

impl words::Guest for Component {
    fn wanted() -> bool {
        false
    }

    fn send(_: gather::Ticket, _: Vec<words::Words>, _: u32) -> gather::SendOutcome {
        NOT_HERE
    }

    fn send_to(
        _: gather::Ticket,
        _: Vec<words::Words>,
        _: u32,
        _: SocketAddress,
    ) -> gather::SendOutcome {
        NOT_HERE
    }

    fn send_rest(_: Option<u32>) -> gather::SendOutcome {
        NOT_HERE
    }

    fn read(_: memory::ReceiveBufferBorrow<'_>, _: u32, _: u32) -> (Vec<words::Words>, u32) {
        (Vec::new(), 0)
    }
}

impl scheduling::Guest for Component {
    fn running(thread: u32) {
        host_scheduling::running(thread);
    }
}

fn to_host(ticket: gather::Ticket) -> host_gather::Ticket {
    host_gather::Ticket {
        endpoint: ticket.endpoint,
        operation: ticket.operation,
        flags: host_gather::TicketFlags::from_bits_retain(ticket.flags.bits()),
        rest: match ticket.rest {
            gather::Rest::Refused => host_gather::Rest::Refused,
            gather::Rest::Captured => host_gather::Rest::Captured,
            gather::Rest::Awaited => host_gather::Rest::Awaited,
        },
    }
}

fn outcome(outcome: host_gather::SendOutcome) -> gather::SendOutcome {
    match outcome {
        host_gather::SendOutcome::Done(bytes) => gather::SendOutcome::Done(bytes),
        host_gather::SendOutcome::Pending => gather::SendOutcome::Pending,
        host_gather::SendOutcome::Blocked(bytes) => gather::SendOutcome::Blocked(bytes),
        host_gather::SendOutcome::TimedOut => gather::SendOutcome::TimedOut,
        host_gather::SendOutcome::Failed(error) => gather::SendOutcome::Failed(error),
    }
}

/// The answer, each part of it made anew.
fn resolved(
    answer: Result<Vec<IpAddress>, host_resolver::ResolveError>,
) -> Result<Vec<IpAddress>, resolver::ResolveError> {
    match answer {
        Ok(addresses) => Ok(addresses.clone()),
        Err(host_resolver::ResolveError::Acces) => Err(resolver::ResolveError::Acces),
        Err(host_resolver::ResolveError::Inval) => Err(resolver::ResolveError::Inval),
        Err(host_resolver::ResolveError::HostNotFound) => Err(resolver::ResolveError::HostNotFound),
    }
}

impl resolver::Guest for Component {
    type Lookup = Lookup;

    fn resolve_name(name: String) -> Result<Vec<IpAddress>, resolver::ResolveError> {
        let copy = name.clone();
        resolved(host_resolver::resolve_name(&copy))
    }
}

/// A lookup, around the host's.
pub struct Lookup(host_resolver::Lookup);

impl resolver::GuestLookup for Lookup {
    fn start(name: String) -> Option<resolver::Lookup> {
        let copy = name.clone();
        let lookup = host_resolver::Lookup::start(&copy)?;
        Some(resolver::Lookup::new(Lookup(lookup)))
    }

    fn take(&self) -> Option<Result<Vec<IpAddress>, resolver::ResolveError>> {
        self.0.take().map(resolved)
    }
}

impl transport::Guest for Component {
    type Endpoint = Endpoint;

    fn abilities() -> transport::Ability {
        transport::Ability::from_bits_retain(host_transport::abilities().bits())
    }

    fn take_finished(max: u32) -> Vec<transport::Finished> {
        let finished = host_transport::take_finished(max);
        let copies = finished.iter().map(|finished| transport::Finished {
            operation: finished.operation,
            bytes: finished.bytes,
            error: finished.error,
            source: finished.source,
        });
        copies.collect()
    }

    fn wait_finished(timeout_ms: Option<u64>) -> transport::WaitOutcome {
        match host_transport::wait_finished(timeout_ms) {
            host_transport::WaitOutcome::Finished => transport::WaitOutcome::Finished,
            host_transport::WaitOutcome::TimedOut => transport::WaitOutcome::TimedOut,
            host_transport::WaitOutcome::CannotBlock => transport::WaitOutcome::CannotBlock,
        }
    }

    fn now() -> u64 {
        host_transport::now()
    }
}

impl transport::GuestEndpoint for Endpoint {
    fn create(
        family: AddressFamily,
        protocol: transport::Protocol,
    ) -> Result<transport::Endpoint, TransportError> {
        let protocol = match protocol {
            transport::Protocol::Tcp => host_transport::Protocol::Tcp,
            transport::Protocol::Udp => host_transport::Protocol::Udp,
        };
        let endpoint = host_transport::Endpoint::create(family, protocol)?;
        Ok(transport::Endpoint::new(Endpoint(endpoint)))
    }

    fn bind(&self, local: SocketAddress) -> Result<(), TransportError> {
        self.0.bind(local)
    }

    fn start_connect(
        &self,
        peer: SocketAddress,
        operation: u64,
    ) -> Result<transport::Started, TransportError> {
        self.0.start_connect(peer, operation).map(started)
    }

    fn listen(&self, backlog: u32) -> Result<(), TransportError> {
        self.0.listen(backlog)
    }

    fn accept(&self) -> Result<(transport::Endpoint, SocketAddress), TransportError> {
        let (endpoint, peer) = self.0.accept()?;
        Ok((transport::Endpoint::new(Endpoint(endpoint)), peer))
    }

    fn number(&self) -> u64 {
        self.0.number()
    }

    fn try_send(
        &self,
        buffers: memory::WsabufArrayBorrow<'_>,
        flags: SendFlags,
        to: Option<SocketAddress>,
    ) -> Result<u64, TransportError> {
        self.0.try_send(&buffers.get::<Array>().0, flags, to)
    }

    fn start_send(
        &self,
        buffers: memory::WsabufArrayBorrow<'_>,
        flags: SendFlags,
        to: Option<SocketAddress>,
        operation: u64,
    ) -> Result<transport::Started, TransportError> {
        let buffers = &buffers.get::<Array>().0;
        self.0
            .start_send(buffers, flags, to, operation)
            .map(started)
    }

    fn try_receive(
        &self,
        room: memory::ReceiveBufferBorrow<'_>,
        flags: transport::ReceiveFlags,
    ) -> Result<transport::Received, TransportError> {
        let flags = host_transport::ReceiveFlags::from_bits_retain(flags.bits());
        let room = &room.get::<Room>().0;
        self.0.try_receive(room, flags).map(received)
    }

    fn start_receive(
        &self,
        room: memory::ReceiveBufferBorrow<'_>,
        flags: transport::ReceiveFlags,
        operation: u64,
    ) -> Result<transport::ReceiveStarted, TransportError> {
        let flags = host_transport::ReceiveFlags::from_bits_retain(flags.bits());
        let room = &room.get::<Room>().0;
        Ok(match self.0.start_receive(room, flags, operation)? {
            host_transport::ReceiveStarted::Done(done) => {
                transport::ReceiveStarted::Done(received(done))
            }
            host_transport::ReceiveStarted::Pending => transport::ReceiveStarted::Pending,
        })
    }

    fn start_watch(
        &self,
        interest: transport::Interest,
        operation: u64,
    ) -> Result<transport::Started, TransportError> {
        let interest = match interest {
            transport::Interest::Readable => host_transport::Interest::Readable,
            transport::Interest::Writable => host_transport::Interest::Writable,
            transport::Interest::Urgent => host_transport::Interest::Urgent,
            transport::Interest::Drained => host_transport::Interest::Drained,
        };
        self.0.start_watch(interest, operation).map(started)
    }

    fn ready(&self) -> transport::Readiness {
        transport::Readiness::from_bits_retain(self.0.ready().bits())
    }

    fn cancel(&self, operation: u64) {
        self.0.cancel(operation);
    }

    fn shutdown(&self, direction: transport::Direction) -> Result<(), TransportError> {
        self.0.shutdown(match direction {
            transport::Direction::Receive => host_transport::Direction::Receive,
            transport::Direction::Send => host_transport::Direction::Send,
            transport::Direction::Both => host_transport::Direction::Both,
        })
    }

    fn abort_on_drop(&self, on: bool) {
        self.0.abort_on_drop(on);
    }

    fn unacknowledged(&self) -> u64 {
        self.0.unacknowledged()
    }

    fn available(&self) -> Result<u64, TransportError> {
        self.0.available()
    }

    fn local_address(&self) -> Result<SocketAddress, TransportError> {
        self.0.local_address()
    }

    fn peer_address(&self) -> Result<SocketAddress, TransportError> {
        self.0.peer_address()
    }

    fn get_option(&self, option: transport::EndpointOption) -> Result<u32, TransportError> {
        self.0.get_option(option_to_host(option))
    }

    fn set_option(
        &self,
        option: transport::EndpointOption,
        value: u32,
    ) -> Result<(), TransportError> {
        self.0.set_option(option_to_host(option), value)
    }

    fn join_group(&self, group: IpAddress, through: GroupInterface) -> Result<(), TransportError> {
        self.0.join_group(group, through)
    }

    fn leave_group(&self, group: IpAddress, through: GroupInterface) -> Result<(), TransportError> {
        self.0.leave_group(group, through)
    }

    fn set_group_interface(&self, through: GroupInterface) -> Result<(), TransportError> {
        self.0.set_group_interface(through)
    }
}

fn started(started: host_transport::Started) -> transport::Started {
    match started {
        host_transport::Started::Done(bytes) => transport::Started::Done(bytes),
        host_transport::Started::Pending => transport::Started::Pending,
    }
}

fn received(received: host_transport::Received) -> transport::Received {
    transport::Received {
        bytes: received.bytes,
        source: received.source,
        truncated: received.truncated,
    }
}

fn option_to_host(option: transport::EndpointOption) -> host_transport::EndpointOption {
    macro_rules! same_cases {
        ($($case:ident),* $(,)?) => {
            match option {
                $(transport::EndpointOption::$case => host_transport::EndpointOption::$case,)*
            }
        };
    }
    same_cases!(
        Broadcast,
        KeepAlive,
        NoDelay,
        OobInline,
        ReceiveBufferSize,
        ReuseAddress,
        SendBufferSize,
        HopLimit,
        TrafficClass,
        DontFragment,
        V6Only,
        MulticastHopLimit,
        MulticastLoop,
        KeepAliveIdle,
        KeepAliveInterval,
        KeepAliveCount,
        PacketInfo,
        ReceiveHopLimit,
    )
}
