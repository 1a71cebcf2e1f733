//! The host's `transport` interface as a [`wsp_core::Transport`].

use std::net::{IpAddr, SocketAddr};

use wsp_core::{
    Abilities, AddressFamily, EndpointOption, Finished, GroupInterface, Interest, Readiness,
    ReceiveFlags, ReceiveStarted, ReceivedNow, SendFlags, ShutdownHow, SocketType, Started,
    Transport, TransportError, WaitOutcome,
};

use crate::bindings::winsock::spi::{memory, transport};

/// Finished operations taken in one call: enough to make the call's own cost
/// small, and little enough to stay on the host's small-list path.
const TAKE_AT_ONCE: u32 = 256;

#[derive(Debug)]
pub(crate) struct HostTransport;

/// An endpoint of the host, with the number that tickets name it by.
#[derive(Debug)]
pub(crate) struct Endpoint {
    handle: transport::Endpoint,
    pub(crate) number: u64,
}

impl Endpoint {
    fn new(handle: transport::Endpoint) -> Endpoint {
        let number = handle.number();
        Endpoint { handle, number }
    }
}

impl Transport for HostTransport {
    type Endpoint = Endpoint;
    type Buffers = memory::WsabufArray;
    type Room = memory::ReceiveBuffer;

    fn abilities(&mut self) -> Abilities {
        transport::abilities().into()
    }

    fn count(&mut self, buffers: &Self::Buffers) -> u32 {
        buffers.count()
    }

    fn total_length(&mut self, buffers: &Self::Buffers) -> u64 {
        buffers.total_length()
    }

    fn create(
        &mut self,
        family: AddressFamily,
        kind: SocketType,
    ) -> Result<Self::Endpoint, TransportError> {
        let family = match family {
            AddressFamily::Inet => transport::AddressFamily::Inet,
            AddressFamily::Inet6 => transport::AddressFamily::Inet6,
        };
        let protocol = match kind {
            SocketType::Stream => transport::Protocol::Tcp,
            SocketType::Datagram => transport::Protocol::Udp,
        };
        Ok(Endpoint::new(transport::Endpoint::create(
            family, protocol,
        )?))
    }

    fn bind(&mut self, endpoint: &Self::Endpoint, local: SocketAddr) -> Result<(), TransportError> {
        Ok(endpoint.handle.bind(local.into())?)
    }

    fn start_connect(
        &mut self,
        endpoint: &Self::Endpoint,
        peer: SocketAddr,
        operation: u64,
    ) -> Result<Started, TransportError> {
        Ok(endpoint
            .handle
            .start_connect(peer.into(), operation)?
            .into())
    }

    fn listen(&mut self, endpoint: &Self::Endpoint, backlog: u32) -> Result<(), TransportError> {
        Ok(endpoint.handle.listen(backlog)?)
    }

    fn accept(
        &mut self,
        endpoint: &Self::Endpoint,
    ) -> Result<(Self::Endpoint, SocketAddr), TransportError> {
        let (accepted, peer) = endpoint.handle.accept()?;
        Ok((Endpoint::new(accepted), peer.into()))
    }

    fn try_send(
        &mut self,
        endpoint: &Self::Endpoint,
        buffers: &Self::Buffers,
        flags: SendFlags,
        to: Option<SocketAddr>,
    ) -> Result<u64, TransportError> {
        let to = to.map(Into::into);
        Ok(endpoint.handle.try_send(buffers, flags.into(), to)?)
    }

    fn start_send(
        &mut self,
        endpoint: &Self::Endpoint,
        buffers: &Self::Buffers,
        flags: SendFlags,
        to: Option<SocketAddr>,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let (handle, to) = (&endpoint.handle, to.map(Into::into));
        Ok(handle
            .start_send(buffers, flags.into(), to, operation)?
            .into())
    }

    fn try_receive(
        &mut self,
        endpoint: &Self::Endpoint,
        room: &Self::Room,
        flags: ReceiveFlags,
    ) -> Result<ReceivedNow, TransportError> {
        Ok(endpoint.handle.try_receive(room, flags.into())?.into())
    }

    fn look(&mut self, endpoint: &Self::Endpoint) -> Result<(), TransportError> {
        let room = memory::ReceiveBuffer::new(1);
        let peek = transport::ReceiveFlags::PEEK;
        endpoint.handle.try_receive(&room, peek)?;
        Ok(())
    }

    fn start_receive(
        &mut self,
        endpoint: &Self::Endpoint,
        room: &Self::Room,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Result<ReceiveStarted, TransportError> {
        Ok(
            match endpoint
                .handle
                .start_receive(room, flags.into(), operation)?
            {
                transport::ReceiveStarted::Done(received) => ReceiveStarted::Done(received.into()),
                transport::ReceiveStarted::Pending => ReceiveStarted::Pending,
            },
        )
    }

    fn start_watch(
        &mut self,
        endpoint: &Self::Endpoint,
        interest: Interest,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let interest = match interest {
            Interest::Readable => transport::Interest::Readable,
            Interest::Writable => transport::Interest::Writable,
            Interest::Urgent => transport::Interest::Urgent,
            Interest::Drained => transport::Interest::Drained,
        };
        Ok(endpoint.handle.start_watch(interest, operation)?.into())
    }

    fn ready(&mut self, endpoint: &Self::Endpoint) -> Readiness {
        endpoint.handle.ready().into()
    }

    fn cancel(&mut self, endpoint: &Self::Endpoint, operation: u64) {
        endpoint.handle.cancel(operation);
    }

    fn shutdown(
        &mut self,
        endpoint: &Self::Endpoint,
        how: ShutdownHow,
    ) -> Result<(), TransportError> {
        let direction = match how {
            ShutdownHow::Receive => transport::Direction::Receive,
            ShutdownHow::Send => transport::Direction::Send,
            ShutdownHow::Both => transport::Direction::Both,
        };
        Ok(endpoint.handle.shutdown(direction)?)
    }

    fn abort_on_drop(&mut self, endpoint: &Self::Endpoint, on: bool) {
        endpoint.handle.abort_on_drop(on);
    }

    fn unacknowledged(&mut self, endpoint: &Self::Endpoint) -> u64 {
        endpoint.handle.unacknowledged()
    }

    fn available(&mut self, endpoint: &Self::Endpoint) -> Result<u64, TransportError> {
        Ok(endpoint.handle.available()?)
    }

    fn local_address(&mut self, endpoint: &Self::Endpoint) -> Result<SocketAddr, TransportError> {
        Ok(endpoint.handle.local_address()?.into())
    }

    fn peer_address(&mut self, endpoint: &Self::Endpoint) -> Result<SocketAddr, TransportError> {
        Ok(endpoint.handle.peer_address()?.into())
    }

    fn get_option(
        &mut self,
        endpoint: &Self::Endpoint,
        option: EndpointOption,
    ) -> Result<u32, TransportError> {
        Ok(endpoint.handle.get_option(option.into())?)
    }

    fn set_option(
        &mut self,
        endpoint: &Self::Endpoint,
        option: EndpointOption,
        value: u32,
    ) -> Result<(), TransportError> {
        Ok(endpoint.handle.set_option(option.into(), value)?)
    }

    fn join_group(
        &mut self,
        endpoint: &Self::Endpoint,
        group: IpAddr,
        through: GroupInterface,
    ) -> Result<(), TransportError> {
        Ok(endpoint.handle.join_group(group.into(), through.into())?)
    }

    fn leave_group(
        &mut self,
        endpoint: &Self::Endpoint,
        group: IpAddr,
        through: GroupInterface,
    ) -> Result<(), TransportError> {
        Ok(endpoint.handle.leave_group(group.into(), through.into())?)
    }

    fn set_group_interface(
        &mut self,
        endpoint: &Self::Endpoint,
        through: GroupInterface,
    ) -> Result<(), TransportError> {
        Ok(endpoint.handle.set_group_interface(through.into())?)
    }

    fn take_finished(&mut self, finished: &mut Vec<Finished>) {
        loop {
            let taken = transport::take_finished(TAKE_AT_ONCE);
            let last = taken.len() < TAKE_AT_ONCE as usize;
            finished.extend(taken.into_iter().map(Finished::from));
            if last {
                return;
            }
        }
    }

    fn wait_finished(&mut self, timeout_ms: Option<u64>) -> WaitOutcome {
        match transport::wait_finished(timeout_ms) {
            transport::WaitOutcome::Finished => WaitOutcome::Finished,
            transport::WaitOutcome::TimedOut => WaitOutcome::TimedOut,
            transport::WaitOutcome::CannotBlock => WaitOutcome::CannotBlock,
        }
    }

    fn now(&mut self) -> u64 {
        transport::now()
    }
}
