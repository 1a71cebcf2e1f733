//! A hostile provider in a store of an embedder's, who calls it as a script says.

use std::sync::OnceLock;

use bytes::Bytes;
use tokio::time::timeout;
use wasmtime::component::{Component, Linker, Resource, ResourceAny};
use wasmtime::{Config, Engine, Result, Store};
use wsp::memory::ReceiveBuffer;
use wsp::quota::limit_store;
use wsp::{Ctx, Monitor, Settings, View};
use wsp_tests::{Finished, Outcome, directory_of_programs};

use crate::guests::Setup;
use bindings::exports::winsock::spi::provider::{CompletionRoutine, NetworkEvents};
use bindings::winsock::spi::types::{
    AddressFamily, Ipv4SocketAddress, MessageFlags, ShutdownHow, SocketAddress, SocketFlags,
    SocketType,
};

#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]
mod bindings {
    wasmtime::component::bindgen!({
        inline: "
            package test:hostile;
            world embedded {
                import winsock:spi/types@0.2.0;
                import winsock:spi/memory@0.2.0;
                export winsock:spi/provider@0.2.0;
            }
        ",
        path: "../wit",
        world: "test:hostile/embedded",
        exports: { default: async },
        with: {
            "winsock:spi/memory": wsp::memory,
        },
    });
}

/// Things of a kind that there are at most.
const SLOTS: usize = 3;

const ADDRESS: SocketAddress = SocketAddress::Inet(Ipv4SocketAddress {
    port: 9,
    address: (127, 0, 0, 1),
});

struct State {
    wsp: Ctx,
}

impl View for State {
    fn wsp(&mut self) -> &mut Ctx {
        &mut self.wsp
    }
}

/// Runs a script, which is that of `hostile_caller`, with a provider of that script.
pub(crate) async fn run(script: &str, provider: &str, setup: Setup) -> (Monitor, Option<Finished>) {
    let mut settings = Settings::new(setup.policy)
        .with_limits(setup.limits)
        .with_faults(setup.faults);
    settings.host_quota = setup.host;
    let wsp = Ctx::new(settings).expect("tests run in a tokio runtime");
    let monitor = wsp.monitor();
    let ended = timeout(setup.longest, calls(wsp, script, provider)).await;
    let outcome = ended.ok().map(|ended| match ended {
        Ok(()) => Outcome::Success,
        Err(trap) => Outcome::Trap(format!("{trap:#}")),
    });
    let ended = outcome.map(|outcome| Finished {
        outcome,
        stdout: String::new(),
        stderr: String::new(),
    });
    (monitor, ended)
}

/// The hostile provider, compiled once.
fn linked() -> &'static (Component, Linker<State>) {
    static LINKED: OnceLock<(Component, Linker<State>)> = OnceLock::new();
    LINKED.get_or_init(|| {
        let mut config = Config::new();
        config.concurrency_support(false);
        let engine = Engine::new(&config).expect("this platform runs WebAssembly");
        let directory = directory_of_programs(env!("CARGO_TARGET_TMPDIR"));
        let component = Component::from_file(&engine, directory.join("hostile_provider.wasm"));
        let mut linker = Linker::new(&engine);
        wsp::add_to_linker(&mut linker).expect("an empty linker");
        (component.expect("`cargo xtask guest` builds it"), linker)
    })
}

async fn calls(wsp: Ctx, script: &str, provider: &str) -> Result<()> {
    let (component, linker) = linked();
    let mut store = Store::new(component.engine(), State { wsp });
    limit_store(&mut store);
    let exports = bindings::Embedded::instantiate_async(&mut store, component, linker).await?;
    let mut embedder = Embedder {
        store,
        exports,
        sockets: [None; SLOTS],
        events: [None; SLOTS],
        overlapped: [None; SLOTS],
        completions: Vec::new(),
        rooms: Vec::new(),
    };
    let guest = embedder.exports.winsock_spi_provider();
    let (store, family) = (&mut embedder.store, AddressFamily::Inet);
    let _ = guest
        .call_wsp_string_to_address(store, family, provider)
        .await?;
    for command in script.split(';') {
        let (name, number) = command.split_once(' ').expect("a name and a number");
        let number = number.parse().expect("a number");
        embedder.command(name, number).await?;
    }
    Ok(())
}

struct Embedder {
    store: Store<State>,
    exports: bindings::Embedded,
    sockets: [Option<ResourceAny>; SLOTS],
    events: [Option<ResourceAny>; SLOTS],
    overlapped: [Option<ResourceAny>; SLOTS],
    completions: Vec<ResourceAny>,
    rooms: Vec<Resource<ReceiveBuffer>>,
}

impl Embedder {
    async fn command(&mut self, name: &str, number: u64) -> Result<()> {
        let slot = number as usize % SLOTS;
        let guest = self.exports.winsock_spi_provider();
        let store = &mut self.store;
        match name {
            "startup" => drop(guest.call_wsp_startup(store, number as u16).await?),
            "cleanup" => _ = guest.call_wsp_cleanup(store).await?,
            "socket" => {
                let (family, flags) = (AddressFamily::Inet, SocketFlags::OVERLAPPED);
                let kind = SocketType::Stream;
                let socket = guest.call_wsp_socket(store, family, kind, flags).await?;
                let before = std::mem::replace(&mut self.sockets[slot], socket.ok());
                self.release(before).await?;
            }
            "event" => {
                let event = guest.event().call_constructor(store).await?;
                let before = self.events[slot].replace(event);
                self.release(before).await?;
            }
            "overlapped" => {
                let event = self.events[slot];
                let overlapped = guest.overlapped().call_constructor(store, event).await?;
                let before = self.overlapped[slot].replace(overlapped);
                self.release(before).await?;
            }
            "drop-socket" => {
                let before = self.sockets[slot].take();
                self.release(before).await?;
            }
            "drop-event" => {
                let before = self.events[slot].take();
                self.release(before).await?;
            }
            "drop-overlapped" => {
                let before = self.overlapped[slot].take();
                self.release(before).await?;
            }
            "drop-completions" => {
                for completion in std::mem::take(&mut self.completions) {
                    self.release(Some(completion)).await?;
                }
                for room in std::mem::take(&mut self.rooms) {
                    let _ = self.store.data_mut().wsp.take_received(&room)?;
                }
            }
            "pump" => _ = guest.call_pump(store).await?,
            "completion" => {
                let completion = guest.call_next_completion(store, 0).await?;
                self.completions.extend(completion);
            }
            "read-completion" => {
                if let Some(completion) = self.completions.first() {
                    let _ = guest.completion().call_context(store, *completion).await?;
                }
            }
            "status" => {
                if let Some(overlapped) = self.overlapped[slot] {
                    let calls = guest.overlapped();
                    let _ = calls.call_status(&mut *store, overlapped).await?;
                    let _ = calls.call_source(store, overlapped).await?;
                }
            }
            "wait" => {
                let events: Vec<ResourceAny> = self.events.iter().flatten().copied().collect();
                let _ = guest
                    .call_wait_for_events(store, &events, false, Some(0), Some(0))
                    .await?;
            }
            _ => self.with_socket(name, slot, number).await?,
        }
        Ok(())
    }

    /// The calls about a socket; those that an embedder does not make are left out.
    async fn with_socket(&mut self, name: &str, slot: usize, number: u64) -> Result<()> {
        let Some(socket) = self.sockets[slot] else {
            return Ok(());
        };
        let guest = self.exports.winsock_spi_provider();
        let store = &mut self.store;
        let overlapped = self.overlapped[slot];
        let flags = MessageFlags::empty();
        let routine = number.is_multiple_of(2).then_some(CompletionRoutine {
            thread_id: 0,
            context: number,
        });
        match name {
            "bind" => _ = guest.call_wsp_bind(store, socket, ADDRESS).await?,
            "connect" => _ = guest.call_wsp_connect(store, socket, ADDRESS).await?,
            "accept" => {
                if let Ok((accepted, _)) = guest.call_wsp_accept(store, socket).await? {
                    let before = self.sockets[(slot + 1) % SLOTS].replace(accepted);
                    self.release(before).await?;
                }
            }
            "send" | "send-to" => {
                let parts = [Bytes::from(vec![b'e'; 3000]), Bytes::from("mbedder")];
                let array = store.data_mut().wsp.wsabuf_array(parts)?;
                _ = match name {
                    "send" => {
                        guest
                            .call_wsp_send(store, socket, array, flags, overlapped, routine)
                            .await?
                    }
                    _ => {
                        let to = Some(ADDRESS);
                        guest
                            .call_wsp_send_to(store, socket, array, flags, to, overlapped, routine)
                            .await?
                    }
                };
            }
            "receive" | "receive-from" => {
                let room = store.data_mut().wsp.receive_buffer(5000)?;
                let lent = Resource::new_borrow(room.rep());
                let _ = guest
                    .call_wsp_recv(&mut *store, socket, lent, flags, overlapped, routine)
                    .await?;
                if name == "receive" {
                    self.rooms.push(room);
                } else {
                    // The provider may be receiving into it.
                    let _ = store.data_mut().wsp.take_received(&room)?;
                }
            }
            "result" => {
                if let Some(overlapped) = overlapped {
                    let _ = guest
                        .call_wsp_get_overlapped_result(store, socket, overlapped, false)
                        .await?;
                }
            }
            "cancel" => _ = guest.call_cancel_io_ex(store, socket, overlapped).await?,
            "shutdown" => {
                let how = ShutdownHow::Both;
                _ = guest.call_wsp_shutdown(store, socket, how).await?;
            }
            "close" => _ = guest.call_wsp_close_socket(store, socket).await?,
            "names" => _ = guest.call_wsp_get_sock_name(store, socket).await?,
            "events" => {
                let (event, all) = (self.events[slot], NetworkEvents::all());
                let _ = guest
                    .call_wsp_event_select(&mut *store, socket, event, all)
                    .await?;
                let _ = guest
                    .call_wsp_enum_network_events(store, socket, event)
                    .await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives a handle back.
    async fn release(&mut self, handle: Option<ResourceAny>) -> Result<()> {
        match handle {
            Some(handle) => handle.resource_drop_async(&mut self.store).await,
            None => Ok(()),
        }
    }
}
