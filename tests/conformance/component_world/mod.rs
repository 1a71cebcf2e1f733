//! The cases through the provider component, the host and loopback sockets.

mod bindings;
mod convert;
mod exports;

use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::thread;
use std::time::Instant;

use tokio::runtime::Runtime;
use wasmtime::Store;
use wasmtime::component::{ResourceAny, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wsp::{Ctx, Faults, Limits, Settings, View};
use wsp_core::{
    Configuration, NetworkEvents, OverlappedStatus, RecordedEvents, SelectedSockets, ShutdownHow,
    SocketOption, SocketOptionName, SocketType, Transfer, Waited, WsaError,
};

use crate::loopback::{self, Loopback};
use crate::world::{Call, Calls, Event, Fault, How, Overlapped, Peer, Peers, Socket, Surrounded};
use bindings::exports::winsock::spi::provider as wit;
use bindings::winsock::spi::types;
pub use exports::Form;
use exports::{Exports, Linked, Sending};

/// A provider component in a store of its own, with sockets of this machine.
pub struct Sandbox {
    form: Form,
    live: Option<Live>,
    limits: Limits,
    faults: Faults,
    origin: Instant,
    sockets: Vec<ResourceAny>,
    events: Vec<ResourceAny>,
    overlapped: Vec<ResourceAny>,
    calls: Vec<ResourceAny>,
    loopback: Loopback,
}

/// The instance, once a case has said what it needs.
struct Live {
    runtime: Runtime,
    store: Store<State>,
    exports: Exports,
}

struct State {
    wsp: Ctx,
    /// What the portable component is given instead.
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl View for State {
    fn wsp(&mut self) -> &mut Ctx {
        &mut self.wsp
    }
}

/// Calls an export, and converts the Winsock code that it answers with.
macro_rules! call {
    ($world:expr, $method:ident($($argument:expr),*)) => {{
        let live = $world.live();
        let guest = &live.exports.provider;
        let called = guest.$method(&mut live.store, $($argument),*);
        live.runtime.block_on(called).expect("the component does not trap")
    }};
    ($world:expr, $resource:ident.$method:ident($($argument:expr),*)) => {{
        let live = $world.live();
        let guest = live.exports.provider.$resource();
        let called = guest.$method(&mut live.store, $($argument),*);
        live.runtime.block_on(called).expect("the component does not trap")
    }};
}

impl Sandbox {
    pub fn new(form: Form) -> Sandbox {
        Sandbox {
            form,
            live: None,
            limits: Limits::default(),
            faults: Faults::new(),
            origin: Instant::now(),
            sockets: Vec::new(),
            events: Vec::new(),
            overlapped: Vec::new(),
            calls: Vec::new(),
            loopback: Loopback::default(),
        }
    }

    fn live(&mut self) -> &mut Live {
        let (form, limits, faults) = (self.form, self.limits, self.faults.clone());
        self.live
            .get_or_insert_with(|| Live::new(form, limits, faults))
    }

    /// WSPSend or WSPSendTo.
    fn start_send(
        &mut self,
        s: Socket,
        buffers: &[&[u8]],
        to: Option<Option<SocketAddr>>,
        how: How,
    ) -> Result<u32, WsaError> {
        let sending = Sending {
            s: self.sockets[s.0],
            flags: convert::flags(how.flags),
            to: to.map(|to| to.map(Into::into)),
            overlapped: how.overlapped.map(|o| self.overlapped[o.0]),
            routine: Sandbox::routine(how),
        };
        let live = self.live();
        let sent = live.exports.send(&mut live.store, buffers, sending);
        code(live.runtime.block_on(sent).expect("nothing traps"))
    }

    fn routine(how: How) -> Option<wit::CompletionRoutine> {
        let (thread_id, context) = how.routine?;
        Some(wit::CompletionRoutine { thread_id, context })
    }

    fn handles(&self, sockets: &[Socket]) -> Vec<ResourceAny> {
        sockets.iter().map(|s| self.sockets[s.0]).collect()
    }
}

impl Live {
    fn new(form: Form, limits: Limits, faults: Faults) -> Live {
        let runtime = loopback::runtime();
        let mut settings = Settings::new(loopback::policy())
            .with_limits(limits)
            .with_faults(faults);
        // The others have bursts.
        settings.without_bursts = form == Form::Direct;
        let linked = Linked::of(form);
        let wsp = {
            let _inside = runtime.enter();
            Ctx::new(settings).expect("within a runtime")
        };
        let mut wasi = WasiCtx::builder();
        wsp_stock_host::grant_sockets(&mut wasi);
        let state = State {
            wsp,
            wasi: wasi.build(),
            table: ResourceTable::new(),
        };
        let mut store = Store::new(linked.engine(), state);
        let exports = Exports::new(form, &mut store, linked);
        let exports = runtime.block_on(exports).expect("what the form needs");
        Live {
            runtime,
            store,
            exports,
        }
    }
}

fn code<T>(result: Result<T, types::WsaError>) -> Result<T, WsaError> {
    result.map_err(convert::error)
}

impl Calls for Sandbox {
    fn limit_operations(&mut self, operations: usize) {
        assert!(self.live.is_none(), "limits come first");
        self.limits.operations = operations;
    }

    fn configure(&mut self, configuration: Configuration) -> Result<(), WsaError> {
        let configuration = convert::configuration(configuration);
        code(call!(self, call_configure(configuration)))
    }

    fn startup(&mut self, version: u16) -> Result<u16, WsaError> {
        code(call!(self, call_wsp_startup(version))).map(|data| data.version)
    }

    fn cleanup(&mut self) -> Result<(), WsaError> {
        code(call!(self, call_wsp_cleanup()))
    }

    fn socket(&mut self, kind: SocketType, overlapped: bool) -> Result<Socket, WsaError> {
        let family = types::AddressFamily::Inet;
        let kind = convert::kind(kind);
        let flags = match overlapped {
            true => types::SocketFlags::OVERLAPPED,
            false => types::SocketFlags::empty(),
        };
        let handle = code(call!(self, call_wsp_socket(family, kind, flags)))?;
        self.sockets.push(handle);
        Ok(Socket(self.sockets.len() - 1))
    }

    fn bind(&mut self, s: Socket, name: SocketAddr) -> Result<(), WsaError> {
        let s = self.sockets[s.0];
        code(call!(self, call_wsp_bind(s, name.into())))
    }

    fn connect(&mut self, s: Socket, name: SocketAddr) -> Result<(), WsaError> {
        let s = self.sockets[s.0];
        code(call!(self, call_wsp_connect(s, name.into())))
    }

    fn listen(&mut self, s: Socket) -> Result<(), WsaError> {
        let s = self.sockets[s.0];
        code(call!(self, call_wsp_listen(s, 0)))
    }

    fn send(&mut self, s: Socket, buffers: &[&[u8]], how: How) -> Result<u32, WsaError> {
        self.start_send(s, buffers, None, how)
    }

    fn send_to(
        &mut self,
        s: Socket,
        buffers: &[&[u8]],
        to: Option<SocketAddr>,
        how: How,
    ) -> Result<u32, WsaError> {
        self.start_send(s, buffers, Some(to), how)
    }

    fn receive(&mut self, s: Socket, capacity: u32) -> Result<Vec<u8>, WsaError> {
        let s = self.sockets[s.0];
        let live = self.live();
        let (exports, store) = (&live.exports, &mut live.store);
        live.runtime.block_on(async {
            let room = exports.room(store, capacity).await.unwrap();
            let flags = types::MessageFlags::empty();
            let provider = &exports.provider;
            let received = provider.call_wsp_recv(&mut *store, s, room, flags, None, None);
            let received = received.await.expect("the component does not trap");
            let bytes = exports.take_received(store, room, capacity).await;
            code(received).map(|_| bytes.unwrap())
        })
    }

    fn overlapped_result(
        &mut self,
        s: Socket,
        overlapped: Overlapped,
        wait: bool,
    ) -> Result<Transfer, WsaError> {
        let (s, overlapped) = (self.sockets[s.0], self.overlapped[overlapped.0]);
        let result = call!(self, call_wsp_get_overlapped_result(s, overlapped, wait));
        code(result).map(convert::transfer)
    }

    fn shutdown(&mut self, s: Socket, how: ShutdownHow) -> Result<(), WsaError> {
        let s = self.sockets[s.0];
        code(call!(self, call_wsp_shutdown(s, convert::how(how))))
    }

    fn close(&mut self, s: Socket) -> Result<(), WsaError> {
        let s = self.sockets[s.0];
        code(call!(self, call_wsp_close_socket(s)))
    }

    fn local_address(&mut self, s: Socket) -> Result<SocketAddr, WsaError> {
        let s = self.sockets[s.0];
        code(call!(self, call_wsp_get_sock_name(s))).map(Into::into)
    }

    fn set_nonblocking(&mut self, s: Socket, nonblocking: bool) -> Result<(), WsaError> {
        let s = self.sockets[s.0];
        code(call!(self, call_ioctl_fionbio(s, nonblocking)))
    }

    fn event_select(
        &mut self,
        s: Socket,
        event: Event,
        events: NetworkEvents,
    ) -> Result<(), WsaError> {
        let (s, event) = (self.sockets[s.0], self.events[event.0]);
        let events = convert::network_events_to_wit(events);
        code(call!(self, call_wsp_event_select(s, Some(event), events)))
    }

    fn enum_network_events(
        &mut self,
        s: Socket,
        event: Option<Event>,
    ) -> Result<RecordedEvents, WsaError> {
        let s = self.sockets[s.0];
        let event = event.map(|event| self.events[event.0]);
        code(call!(self, call_wsp_enum_network_events(s, event))).map(convert::recorded)
    }

    fn select(
        &mut self,
        read: &[Socket],
        write: &[Socket],
        except: &[Socket],
        timeout_ms: u32,
    ) -> Result<SelectedSockets, WsaError> {
        let read = self.handles(read);
        let write = self.handles(write);
        let except = self.handles(except);
        let timeout = Some(timeout_ms);
        let selected = call!(self, call_wsp_select(&read, &write, &except, timeout));
        code(selected).map(|selected| SelectedSockets {
            read: selected.read,
            write: selected.write,
            except: selected.except,
        })
    }

    fn option(&mut self, s: Socket, name: SocketOptionName) -> Result<SocketOption, WsaError> {
        let s = self.sockets[s.0];
        let name = convert::option_name(name);
        code(call!(self, call_wsp_get_sock_opt(s, name))).map(convert::option)
    }

    fn set_option(&mut self, s: Socket, option: SocketOption) -> Result<(), WsaError> {
        let s = self.sockets[s.0];
        let option = convert::option_to_wit(option);
        code(call!(self, call_wsp_set_sock_opt(s, option)))
    }

    fn refused_slots(&mut self, s: Socket) -> [Result<(), WsaError>; 4] {
        let s = self.sockets[s.0];
        let address = SocketAddr::from(([224, 0, 0, 1], 9));
        [
            code(call!(self, call_wsp_send_disconnect(s))),
            code(call!(self, call_wsp_recv_disconnect(s))),
            code(call!(self, call_wsp_join_leaf(s, address.into()))).map(drop),
            code(call!(self, call_wsp_duplicate_socket(s, 1))),
        ]
    }

    fn event(&mut self) -> Event {
        let event = call!(self, event.call_constructor());
        self.events.push(event);
        Event(self.events.len() - 1)
    }

    fn set_event(&mut self, event: Event) {
        let event = self.events[event.0];
        call!(self, event.call_set(event));
    }

    fn reset_event(&mut self, event: Event) {
        let event = self.events[event.0];
        call!(self, event.call_reset(event));
    }

    fn is_set(&mut self, event: Event) -> bool {
        let event = self.events[event.0];
        call!(self, event.call_is_set(event))
    }

    fn drop_event(&mut self, event: Event) {
        let event = self.events[event.0];
        let live = self.live();
        let dropped = event.resource_drop_async(&mut live.store);
        live.runtime.block_on(dropped).expect("a handle");
    }

    fn overlapped(&mut self, event: Option<Event>) -> Overlapped {
        let event = event.map(|event| self.events[event.0]);
        let overlapped = call!(self, overlapped.call_constructor(event));
        self.overlapped.push(overlapped);
        Overlapped(self.overlapped.len() - 1)
    }

    fn status(&mut self, overlapped: Overlapped) -> OverlappedStatus {
        let overlapped = self.overlapped[overlapped.0];
        convert::status(call!(self, overlapped.call_status(overlapped)))
    }

    fn wait(
        &mut self,
        events: &[Event],
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<Waited, WsaError> {
        let events: Vec<_> = events.iter().map(|event| self.events[event.0]).collect();
        let waited = call!(
            self,
            call_wait_for_events(&events, false, timeout_ms, alertable)
        );
        code(waited).map(convert::waited)
    }

    fn sleep(
        &mut self,
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<Waited, WsaError> {
        code(call!(self, call_sleep_ex(timeout_ms, alertable))).map(convert::waited)
    }

    fn next_completion(&mut self, thread: u32) -> Option<Call> {
        let call = call!(self, call_next_completion(thread))?;
        self.calls.push(call);
        Some(Call {
            error: call!(self, completion.call_error(call)).map(convert::error),
            transferred: call!(self, completion.call_transferred(call)),
            flags: convert::flags_from_wit(call!(self, completion.call_message_flags(call))),
            context: call!(self, completion.call_context(call)),
            token: self.calls.len() - 1,
        })
    }

    fn routine_returned(&mut self, call: Call) {
        let call = self.calls[call.token];
        let live = self.live();
        let dropped = call.resource_drop_async(&mut live.store);
        live.runtime.block_on(dropped).expect("a handle");
    }

    fn now(&mut self) -> u64 {
        self.origin.elapsed().as_millis() as u64
    }

    fn inject(&mut self, _: Socket, fault: Fault) {
        loopback::inject(&self.faults, 0, fault);
    }

    fn inject_meanwhile(&mut self, _: Socket, b: Peer, fault: Fault) {
        // The first call belongs to the send itself.
        loopback::inject(&self.faults, 1, fault);
        // What wakes the host up to make the second.
        self.loopback.peer_reads_meanwhile(b);
    }
}

impl Surrounded for Sandbox {
    fn peers(&mut self) -> &mut dyn Peers {
        &mut self.loopback
    }

    /// What is pending in a portable program goes on only while the program calls, so it calls
    /// until the peer is done.
    fn meanwhile(&mut self, call: &mut (dyn FnMut(&mut dyn Peers) + Send)) {
        if self.form != Form::Portable {
            return call(&mut self.loopback);
        }
        let mut loopback = std::mem::take(&mut self.loopback);
        let called = thread::scope(|scope| {
            let calling = scope.spawn(|| call(&mut loopback));
            while !calling.is_finished() {
                // It does not matter how it ends.
                let _ = self.sleep(Some(1), None);
            }
            calling.join()
        });
        self.loopback = loopback;
        called.unwrap_or_else(|panic| resume_unwind(panic));
    }
}
