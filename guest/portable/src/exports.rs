//! The exports: each finds the machine, converts, and calls it.
#![expect(
    unreachable_pub,
    reason = "the generated traits want their resource types public"
)]

use std::cell::RefCell;

use wsp_over_wasi::{Array, EndpointId, Limits, LookupId, Machine, Room};

use crate::bindings::Component;
use crate::bindings::exports::wasi::cli::exit;
use crate::bindings::exports::winsock::spi::{memory, resolver, transport as wit, types};
use crate::bindings::exports::wsp::portable::lifetime;
use crate::host::Host;

thread_local! {
    static MACHINE: RefCell<Machine<Host>> =
        RefCell::new(Machine::new(Host::new(), Limits::default()));
}

/// Calls the machine. Nothing that it calls can call it again: the component model lets
/// nobody into a component that waits for its host.
pub(crate) fn with<R>(call: impl FnOnce(&mut Machine<Host>) -> R) -> R {
    MACHINE.with_borrow_mut(call)
}

type Answer<T> = Result<T, types::TransportError>;

/// An answer of the machine, converted.
fn told<T, W: From<T>>(
    call: impl FnOnce(&mut Machine<Host>) -> Result<T, wsp_core::TransportError>,
) -> Answer<W> {
    Ok(with(call)?.into())
}

impl memory::Guest for Component {
    type WsabufArray = Array;
    type ReceiveBuffer = Room;
}

impl memory::GuestWsabufArray for Array {
    fn new(buffers: Vec<Vec<u8>>) -> Array {
        with(|machine| machine.array(buffers))
    }

    fn count(&self) -> u32 {
        self.count()
    }

    fn total_length(&self) -> u64 {
        self.total_length()
    }
}

impl memory::GuestReceiveBuffer for Room {
    fn new(capacity: u32) -> Room {
        with(|machine| machine.room(capacity))
    }

    fn read(&self, offset: u32, length: u32) -> Vec<u8> {
        self.read(offset, length)
    }

    /// WASI tells nothing beside a datagram.
    fn info(&self) -> types::DatagramInfo {
        types::DatagramInfo {
            destination: None,
            through: 0,
            hop_limit: None,
        }
    }
}

/// `winsock:spi/transport.endpoint`.
pub struct Endpoint(EndpointId);

impl Drop for Endpoint {
    fn drop(&mut self) {
        with(|machine| machine.close(self.0));
    }
}

impl wit::GuestEndpoint for Endpoint {
    fn create(family: types::AddressFamily, protocol: wit::Protocol) -> Answer<wit::Endpoint> {
        let id = with(|machine| machine.create(family.into(), protocol.into()))?;
        Ok(wit::Endpoint::new(Endpoint(id)))
    }

    fn bind(&self, local: types::SocketAddress) -> Answer<()> {
        told(|machine| machine.bind(self.0, local.into()))
    }

    fn start_connect(&self, peer: types::SocketAddress, operation: u64) -> Answer<wit::Started> {
        told(|machine| machine.start_connect(self.0, peer.into(), operation))
    }

    fn listen(&self, backlog: u32) -> Answer<()> {
        told(|machine| machine.listen(self.0, backlog))
    }

    fn accept(&self) -> Answer<(wit::Endpoint, types::SocketAddress)> {
        let (id, peer) = with(|machine| machine.accept(self.0))?;
        Ok((wit::Endpoint::new(Endpoint(id)), peer.into()))
    }

    fn number(&self) -> u64 {
        self.0.to_number()
    }

    fn try_send(
        &self,
        buffers: memory::WsabufArrayBorrow<'_>,
        flags: types::SendFlags,
        to: Option<types::SocketAddress>,
    ) -> Answer<u64> {
        let (buffers, to) = (buffers.get::<Array>(), to.map(Into::into));
        told(|machine| machine.try_send(self.0, buffers, flags.into(), to))
    }

    fn start_send(
        &self,
        buffers: memory::WsabufArrayBorrow<'_>,
        flags: types::SendFlags,
        to: Option<types::SocketAddress>,
        operation: u64,
    ) -> Answer<wit::Started> {
        let (buffers, to) = (buffers.get::<Array>(), to.map(Into::into));
        told(|machine| machine.start_send(self.0, buffers, flags.into(), to, operation))
    }

    fn try_receive(
        &self,
        room: memory::ReceiveBufferBorrow<'_>,
        flags: wit::ReceiveFlags,
    ) -> Answer<wit::Received> {
        told(|machine| machine.try_receive(self.0, room.get::<Room>(), flags.into()))
    }

    fn start_receive(
        &self,
        room: memory::ReceiveBufferBorrow<'_>,
        flags: wit::ReceiveFlags,
        operation: u64,
    ) -> Answer<wit::ReceiveStarted> {
        told(|machine| machine.start_receive(self.0, room.get::<Room>(), flags.into(), operation))
    }

    fn start_watch(&self, interest: wit::Interest, operation: u64) -> Answer<wit::Started> {
        told(|machine| machine.start_watch(self.0, interest.into(), operation))
    }

    fn ready(&self) -> wit::Readiness {
        with(|machine| machine.ready(self.0)).into()
    }

    fn cancel(&self, operation: u64) {
        with(|machine| machine.cancel(self.0, operation));
    }

    fn shutdown(&self, direction: wit::Direction) -> Answer<()> {
        told(|machine| machine.shutdown(self.0, direction.into()))
    }

    /// `abilities` says that it does nothing.
    fn abort_on_drop(&self, _on: bool) {}

    fn unacknowledged(&self) -> u64 {
        with(|machine| machine.unacknowledged(self.0))
    }

    fn available(&self) -> Answer<u64> {
        told(|machine| machine.available(self.0))
    }

    fn local_address(&self) -> Answer<types::SocketAddress> {
        told(|machine| machine.local_address(self.0))
    }

    fn peer_address(&self) -> Answer<types::SocketAddress> {
        told(|machine| machine.peer_address(self.0))
    }

    fn get_option(&self, option: wit::EndpointOption) -> Answer<u32> {
        told(|machine| machine.get_option(self.0, option.into()))
    }

    fn set_option(&self, option: wit::EndpointOption, value: u32) -> Answer<()> {
        told(|machine| machine.set_option(self.0, option.into(), value))
    }

    fn join_group(&self, _group: types::IpAddress, _through: types::GroupInterface) -> Answer<()> {
        Err(types::TransportError::NotSupported)
    }

    fn leave_group(&self, _group: types::IpAddress, _through: types::GroupInterface) -> Answer<()> {
        Err(types::TransportError::NotSupported)
    }

    fn set_group_interface(&self, _through: types::GroupInterface) -> Answer<()> {
        Err(types::TransportError::NotSupported)
    }
}

impl wit::Guest for Component {
    type Endpoint = Endpoint;

    fn abilities() -> wit::Ability {
        wit::Ability::empty()
    }

    fn take_finished(max: u32) -> Vec<wit::Finished> {
        let taken = with(|machine| machine.take_finished(max));
        taken.into_iter().map(Into::into).collect()
    }

    fn wait_finished(timeout_ms: Option<u64>) -> wit::WaitOutcome {
        with(|machine| machine.wait_finished(timeout_ms)).into()
    }

    fn now() -> u64 {
        with(|machine| machine.now())
    }
}

/// `winsock:spi/resolver.lookup`.
pub struct Lookup(LookupId);

impl Drop for Lookup {
    fn drop(&mut self) {
        with(|machine| machine.drop_lookup(self.0));
    }
}

impl resolver::GuestLookup for Lookup {
    fn start(name: String) -> Option<resolver::Lookup> {
        let id = with(|machine| machine.start_lookup(&name))?;
        Some(resolver::Lookup::new(Lookup(id)))
    }

    fn take(&self) -> Option<Result<Vec<types::IpAddress>, resolver::ResolveError>> {
        let answer = with(|machine| machine.take_lookup(self.0))?;
        Some(match answer {
            Ok(addresses) => Ok(addresses.into_iter().map(Into::into).collect()),
            Err(error) => Err(error.into()),
        })
    }
}

impl resolver::Guest for Component {
    type Lookup = Lookup;

    fn resolve_name(name: String) -> Result<Vec<types::IpAddress>, resolver::ResolveError> {
        let addresses = with(|machine| machine.resolve(&name))?;
        Ok(addresses.into_iter().map(Into::into).collect())
    }
}

impl lifetime::Guest for Component {
    fn begin() {
        with(Machine::expect_finish);
    }

    fn end() {
        with(Machine::finish);
    }
}

impl exit::Guest for Component {
    fn exit(status: Result<(), ()>) {
        with(Machine::finish);
        wasi::cli::exit::exit(status);
    }
}
