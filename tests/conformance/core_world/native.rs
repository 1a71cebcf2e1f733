//! Sockets of this machine, under the core compiled into the host.

use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Runtime;
use wsp::{Faults, Limits};
use wsp_core::{MessageFlags, Provider, SocketId, WsaError};
use wsp_guard::Guard;
use wsp_native::{HostTransport, Waits};
use wsp_transport::Shared;

use super::{Around, Sending};
use crate::loopback::{self, Loopback};
use crate::world::{Fault, Peer, Peers, Socket, Surrounded};

/// The network of a provider over the host's transport.
pub struct NativeNetwork {
    loopback: Loopback,
    faults: Faults,
    _runtime: Runtime,
}

impl Around for NativeNetwork {
    type Transport = HostTransport;

    fn new(operations: Option<usize>) -> (NativeNetwork, HostTransport) {
        let runtime = loopback::runtime();
        let faults = Faults::new();
        let mut limits = Limits::default();
        limits.operations = operations.unwrap_or(limits.operations);
        let guard = Arc::new(Guard::new(loopback::policy(), &limits));
        let shared = {
            let _inside = runtime.enter();
            Shared::new(guard, &limits).expect("within a runtime")
        };
        let shared = Arc::new(shared.with_faults(faults.clone()));
        let waits = Waits::BlockThread(runtime.handle().clone());
        let network = NativeNetwork {
            loopback: Loopback::default(),
            faults,
            _runtime: runtime,
        };
        (network, HostTransport::new(shared, waits))
    }

    fn send(
        provider: &mut Provider<HostTransport>,
        s: SocketId,
        buffers: &[&[u8]],
        sending: Sending,
    ) -> Result<u32, WsaError> {
        let buffers = buffers.iter().map(|part| Bytes::copy_from_slice(part));
        let buffers: Vec<Bytes> = buffers.collect();
        let sending = wsp_native::Sending {
            flags: sending.flags,
            to: sending.to,
            overlapped: sending.overlapped,
            routine: sending.routine,
        };
        wsp_native::send(provider, s, &buffers, sending)
    }

    fn receive(
        provider: &mut Provider<HostTransport>,
        s: SocketId,
        capacity: u32,
    ) -> Result<Vec<u8>, WsaError> {
        let room = provider.transport().shared().receive_buffer(capacity);
        provider.receive(s, &room, MessageFlags::empty(), None, None)?;
        Ok(room.take())
    }

    fn inject(&mut self, fault: Fault) {
        loopback::inject(&self.faults, 0, fault);
    }

    fn inject_meanwhile(
        &mut self,
        _provider: &mut Provider<HostTransport>,
        _s: Socket,
        b: Peer,
        fault: Fault,
    ) {
        // The first call belongs to the send itself.
        loopback::inject(&self.faults, 1, fault);
        // What wakes the host up to make the second.
        self.loopback.peer_reads_meanwhile(b);
    }
}

impl Surrounded for NativeNetwork {
    fn peers(&mut self) -> &mut dyn Peers {
        &mut self.loopback
    }
}
