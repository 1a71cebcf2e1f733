//! The component under test, alone or behind another, and the calls that carry payload.

use std::sync::OnceLock;

use bytes::Bytes;
use wasmtime::component::{Component, Linker, Resource, ResourceAny};
use wasmtime::{Config, Engine, Result, Store};
use wasmtime_wasi::p2;
use wsp_tests::{interposed_provider, portable_provider};

use super::State;
use super::bindings::exports::winsock::spi::{gather, memory, provider as wit, tickets};
use super::bindings::winsock::spi::types::{MessageFlags, SocketAddress, WsaError};
use gather::{SendOutcome, Ticket, TicketFlags};

/// How a case is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The provider calls the host.
    Direct,
    /// The provider calls the host through the interposer.
    Interposed,
    /// As `Interposed`, with sends as the libraries of programs make them: the provider
    /// allows them, and the payload goes past it.
    Tickets,
    /// As `Tickets`, with the portable component instead, in a host that has WASI alone.
    Portable,
}

/// What a case calls.
pub struct Exports {
    pub provider: wit::Guest,
    behind: Option<Behind>,
    with_tickets: bool,
}

/// What the interposer exports, and what the provider behind it is asked for by those who
/// call the interposer.
struct Behind {
    memory: memory::Guest,
    gather: gather::Guest,
    tickets: tickets::Guest,
}

/// A send, without its buffers.
pub struct Sending {
    pub s: ResourceAny,
    pub flags: MessageFlags,
    /// WSPSendTo, with an address or none.
    pub to: Option<Option<SocketAddress>>,
    pub overlapped: Option<ResourceAny>,
    pub routine: Option<wit::CompletionRoutine>,
}

impl Exports {
    pub async fn new(form: Form, store: &mut Store<State>, linked: &Linked) -> Result<Exports> {
        let instance_pre = linked.linker.instantiate_pre(&linked.component)?;
        let instance = instance_pre.instantiate_async(&mut *store).await?;
        let provider = wit::GuestIndices::new(&instance_pre)?.load(&mut *store, &instance)?;
        let behind = match form {
            Form::Direct => None,
            Form::Interposed | Form::Tickets | Form::Portable => Some(Behind {
                memory: memory::GuestIndices::new(&instance_pre)?.load(&mut *store, &instance)?,
                gather: gather::GuestIndices::new(&instance_pre)?.load(&mut *store, &instance)?,
                tickets: tickets::GuestIndices::new(&instance_pre)?.load(&mut *store, &instance)?,
            }),
        };
        Ok(Exports {
            provider,
            behind,
            with_tickets: matches!(form, Form::Tickets | Form::Portable),
        })
    }

    /// WSPSend or WSPSendTo.
    pub async fn send(
        &self,
        store: &mut Store<State>,
        buffers: &[&[u8]],
        sending: Sending,
    ) -> Result<Result<u32, WsaError>> {
        match &self.behind {
            Some(interposer) if self.with_tickets => interposer.send(store, buffers, sending).await,
            _ => self.send_array(store, buffers, sending).await,
        }
    }

    /// In the plain form.
    async fn send_array(
        &self,
        store: &mut Store<State>,
        buffers: &[&[u8]],
        sending: Sending,
    ) -> Result<Result<u32, WsaError>> {
        let array = match &self.behind {
            None => {
                let buffers = buffers.iter().map(|part| Bytes::copy_from_slice(part));
                let buffers: Vec<Bytes> = buffers.collect();
                let array = store.data_mut().wsp.wsabuf_array(buffers)?;
                array.try_into_resource_any(&mut *store)?
            }
            Some(interposer) => {
                let arrays = interposer.memory.wsabuf_array();
                arrays
                    .call_constructor(&mut *store, &owned(buffers))
                    .await?
            }
        };
        let Sending {
            s,
            flags,
            to,
            overlapped,
            routine,
        } = sending;
        let provider = &self.provider;
        match to {
            None => {
                provider
                    .call_wsp_send(store, s, array, flags, overlapped, routine)
                    .await
            }
            Some(to) => {
                provider
                    .call_wsp_send_to(store, s, array, flags, to, overlapped, routine)
                    .await
            }
        }
    }

    /// Room for one receive.
    pub async fn room(&self, store: &mut Store<State>, capacity: u32) -> Result<ResourceAny> {
        match &self.behind {
            None => {
                let room = store.data_mut().wsp.receive_buffer(capacity)?;
                room.try_into_resource_any(store)
            }
            Some(interposer) => {
                let rooms = interposer.memory.receive_buffer();
                rooms.call_constructor(store, capacity).await
            }
        }
    }

    /// What was received into `room`, which ends with it.
    pub async fn take_received(
        &self,
        store: &mut Store<State>,
        room: ResourceAny,
        capacity: u32,
    ) -> Result<Vec<u8>> {
        match &self.behind {
            None => {
                let room: Resource<wsp::memory::ReceiveBuffer> =
                    room.try_into_resource(&mut *store)?;
                Ok(store.data_mut().wsp.take_received(&room)?.to_vec())
            }
            Some(interposer) => {
                let rooms = interposer.memory.receive_buffer();
                let read = rooms.call_read(&mut *store, room, 0, capacity).await?;
                room.resource_drop_async(store).await?;
                Ok(read)
            }
        }
    }
}

impl Behind {
    /// With a ticket: what a program's library does.
    async fn send(
        &self,
        store: &mut Store<State>,
        buffers: &[&[u8]],
        sending: Sending,
    ) -> Result<Result<u32, WsaError>> {
        let Sending {
            s,
            flags,
            to,
            overlapped,
            routine,
        } = sending;
        let tickets = &self.tickets;
        let s = tickets.call_socket_number(&mut *store, s).await?;
        let overlapped = match overlapped {
            None => None,
            Some(structure) => Some(
                tickets
                    .call_overlapped_number(&mut *store, structure)
                    .await?,
            ),
        };
        let parts = buffers.len() as u32;
        let total = buffers.iter().map(|part| part.len() as u64).sum();
        let to = to.flatten();
        let begun = match to {
            None => {
                tickets
                    .call_begin_send(&mut *store, s, parts, total, flags, overlapped, routine)
                    .await?
            }
            Some(to) => {
                tickets
                    .call_begin_send_to(
                        &mut *store,
                        s,
                        parts,
                        total,
                        flags,
                        to,
                        overlapped,
                        routine,
                    )
                    .await?
            }
        };
        let ticket = match begun {
            Ok(ticket) => ticket,
            Err(error) => return Ok(Err(error)),
        };
        let to = to.filter(|_| ticket.flags.contains(TicketFlags::ADDRESSED));
        let outcome = self.transfer(&mut *store, s, ticket, buffers, to).await?;
        if let SendOutcome::Done(bytes) = outcome
            && ticket.flags.contains(TicketFlags::SILENT)
        {
            return Ok(Ok(u32::try_from(bytes).expect("a count of 32 bits")));
        }
        if matches!(outcome, SendOutcome::Pending) && ticket.flags.contains(TicketFlags::ACCEPTED) {
            return Ok(Err(WsaError::IoPending));
        }
        tickets
            .call_end_send(store, s, ticket.operation, outcome)
            .await
    }

    async fn transfer(
        &self,
        store: &mut Store<State>,
        s: u64,
        ticket: Ticket,
        buffers: &[&[u8]],
        to: Option<SocketAddress>,
    ) -> Result<SendOutcome> {
        let (gather, parts) = (&self.gather, owned(buffers));
        let sent = match (to, buffers) {
            (Some(to), _) => gather.call_send_to(&mut *store, ticket, &parts, to).await?,
            (None, [only]) => gather.call_send_one(&mut *store, ticket, only).await?,
            (None, _) => gather.call_send(&mut *store, ticket, &parts).await?,
        };
        match sent {
            SendOutcome::Blocked(sent) => {
                let timeout = self.tickets.call_send_timeout(&mut *store, s).await?;
                gather
                    .call_send_rest(store, ticket, &parts, to, sent, timeout)
                    .await
            }
            sent => Ok(sent),
        }
    }
}

fn owned(buffers: &[&[u8]]) -> Vec<Vec<u8>> {
    buffers.iter().map(|part| part.to_vec()).collect()
}

/// A component, compiled once, with the host that programs get.
pub struct Linked {
    component: Component,
    linker: Linker<State>,
}

impl Linked {
    pub fn engine(&self) -> &Engine {
        self.component.engine()
    }

    pub fn of(form: Form) -> &'static Linked {
        static DIRECT: OnceLock<Linked> = OnceLock::new();
        static INTERPOSED: OnceLock<Linked> = OnceLock::new();
        static PORTABLE: OnceLock<Linked> = OnceLock::new();
        match form {
            Form::Direct => DIRECT.get_or_init(|| Linked::new(wsp_provider::COMPONENT, with_wsp)),
            Form::Interposed | Form::Tickets => INTERPOSED.get_or_init(|| {
                let component = interposed_provider(env!("CARGO_TARGET_TMPDIR"));
                Linked::new(&component, with_wsp)
            }),
            Form::Portable => {
                PORTABLE.get_or_init(|| Linked::new(&portable_provider(), with_wasi_alone))
            }
        }
    }

    fn new(component: &[u8], link: fn(&mut Linker<State>) -> Result<()>) -> Linked {
        let mut config = Config::new();
        config.concurrency_support(false);
        let engine = Engine::new(&config).expect("this platform runs WebAssembly");
        let component = Component::new(&engine, component);
        let mut linker = Linker::new(&engine);
        link(&mut linker).expect("an empty linker");
        Linked {
            component: component.expect("the component under test"),
            linker,
        }
    }
}

fn with_wsp(linker: &mut Linker<State>) -> Result<()> {
    wsp::add_to_linker(linker)
}

fn with_wasi_alone(linker: &mut Linker<State>) -> Result<()> {
    p2::add_to_linker_async(linker)
}
