//! Handles and keys of one store mean nothing in another, whatever number a program
//! makes up.

use wasmtime::component::{Component, Linker, TypedFunc};
use wasmtime::{Engine, Store};
use wsp::policy::{Policy, Protocol};
use wsp::{Ctx, CtxView, Monitor, Settings, View};
use wsp_tests::peer::V4;

/// A component that uses numbers as handles, without anybody between it and the
/// host: `make` creates an endpoint, `probe` uses whatever number it is given as a
/// handle, `key` tells a key, and `send` sends the array with key 0, which is none, on
/// the endpoint with whatever key it is given.
const FORGER: &str = r#"
(component
  (import "winsock:spi/transport@0.1.0" (instance $transport
    (type $family-cases (enum "inet" "inet6"))
    (export "address-family" (type $family (eq $family-cases)))
    (type $protocol-cases (enum "tcp" "udp"))
    (export "protocol" (type $protocol (eq $protocol-cases)))
    (type $error-cases (enum
      "access-denied" "address-in-use" "address-not-available" "cancelled"
      "connection-aborted" "connection-refused" "connection-reset" "host-unreachable"
      "invalid-argument" "keep-alive-failed" "message-too-large" "needs-broadcast"
      "network-down" "network-unreachable" "not-connected" "not-supported"
      "out-of-buffers" "timed-out" "too-many-endpoints" "too-many-operations"
      "would-block" "other"))
    (export "transport-error" (type $error (eq $error-cases)))
    (export "endpoint" (type $endpoint (sub resource)))
    (type $created (result (own $endpoint) (error $error)))
    (export "[static]endpoint.create"
      (func (param "family" $family) (param "protocol" $protocol) (result $created)))
    (type $flags-names (flags "urgent" "dont-route" "more" "in-place"))
    (export "send-flags" (type $flags (eq $flags-names)))
    (type $sent (result u64 (error $error)))
    (export "[static]endpoint.try-send"
      (func (param "key" u64) (param "buffers" u64) (param "flags" $flags) (result $sent)))
    (export "[method]endpoint.key"
      (func (param "self" (borrow $endpoint)) (result u64)))
    (export "[method]endpoint.unacknowledged"
      (func (param "self" (borrow $endpoint)) (result u64)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $create (canon lower
    (func $transport "[static]endpoint.create") (memory $memory "memory")))
  (core func $unacknowledged (canon lower
    (func $transport "[method]endpoint.unacknowledged")))
  (core func $key (canon lower (func $transport "[method]endpoint.key")))
  (core func $try-send (canon lower
    (func $transport "[static]endpoint.try-send") (memory $memory "memory")))
  (core module $program
    (import "host" "create" (func $create (param i32 i32 i32)))
    (import "host" "unacknowledged" (func $unacknowledged (param i32) (result i64)))
    (import "host" "key" (func $key (param i32) (result i64)))
    (import "host" "try-send" (func $try-send (param i64 i64 i32 i32)))
    (import "host" "memory" (memory 1))
    (func (export "make") (result i32)
      (call $create (i32.const 0) (i32.const 0) (i32.const 16))
      (if (i32.load8_u (i32.const 16)) (then unreachable))
      (i32.load (i32.const 20)))
    (func (export "probe") (param i32) (result i64)
      (call $unacknowledged (local.get 0)))
    (func (export "key") (param i32) (result i64)
      (call $key (local.get 0)))
    (func (export "send") (param i64)
      (call $try-send (local.get 0) (i64.const 0) (i32.const 0) (i32.const 16))))
  (core instance $program (instantiate $program (with "host" (instance
    (export "create" (func $create))
    (export "unacknowledged" (func $unacknowledged))
    (export "key" (func $key))
    (export "try-send" (func $try-send))
    (export "memory" (memory $memory "memory"))))))
  (func (export "make") (result u32) (canon lift (core func $program "make")))
  (func (export "probe") (param "handle" u32) (result u64)
    (canon lift (core func $program "probe")))
  (func (export "key") (param "handle" u32) (result u64)
    (canon lift (core func $program "key")))
  (func (export "send") (param "key" u64) (canon lift (core func $program "send"))))
"#;

struct State {
    wsp: Ctx,
}

impl View for State {
    fn wsp(&mut self) -> CtxView<'_> {
        CtxView { ctx: &mut self.wsp }
    }
}

/// One plugin in its store.
struct Plugin {
    store: Store<State>,
    make: TypedFunc<(), (u32,)>,
    probe: TypedFunc<(u32,), (u64,)>,
    key: TypedFunc<(u32,), (u64,)>,
    send: TypedFunc<(u64,), ()>,
    monitor: Monitor,
}

impl Plugin {
    async fn new(component: &Component) -> Plugin {
        let policy = Policy::naming(Protocol::Tcp, &[(V4, 1).into()]);
        let wsp = Ctx::new(Settings::new(policy)).unwrap();
        let monitor = wsp.monitor();
        let mut linker = Linker::new(component.engine());
        wsp::add_to_linker(&mut linker).unwrap();
        let mut store = Store::new(component.engine(), State { wsp });
        let instance = linker
            .instantiate_async(&mut store, component)
            .await
            .unwrap();
        Plugin {
            make: instance.get_typed_func(&mut store, "make").unwrap(),
            probe: instance.get_typed_func(&mut store, "probe").unwrap(),
            key: instance.get_typed_func(&mut store, "key").unwrap(),
            send: instance.get_typed_func(&mut store, "send").unwrap(),
            store,
            monitor,
        }
    }

    async fn make(&mut self) -> u32 {
        self.make.call_async(&mut self.store, ()).await.unwrap().0
    }

    async fn probe(&mut self, handle: u32) -> wasmtime::Result<u64> {
        let (answer,) = self.probe.call_async(&mut self.store, (handle,)).await?;
        Ok(answer)
    }

    async fn key(&mut self, handle: u32) -> u64 {
        let key = self.key.call_async(&mut self.store, (handle,));
        key.await.unwrap().0
    }

    /// What is wrong with sending the array with key 0 on the endpoint with this key.
    async fn send(&mut self, key: u64) -> String {
        let sent = self.send.call_async(&mut self.store, (key,)).await;
        format!("{:#}", sent.unwrap_err())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_cannot_use_the_handles_of_another() {
    let component = wat::parse_str(FORGER).unwrap();
    let component = Component::new(&Engine::default(), component).unwrap();
    let mut owner = Plugin::new(&component).await;
    let handles = [owner.make().await, owner.make().await, owner.make().await];
    for handle in handles {
        assert_eq!(owner.probe(handle).await.unwrap(), 0);
    }

    // Every number that the owner holds, and all around them.
    for number in 0..32 {
        let mut other = Plugin::new(&component).await;
        let trap = other.probe(number).await.unwrap_err();
        assert!(format!("{trap:#}").contains("handle index"), "{trap:#}");
        assert_eq!(other.monitor.report().held.sockets, 0);
    }
    // Nor does one of its own stand for one of the owner's.
    let mut other = Plugin::new(&component).await;
    let own = other.make().await;
    assert!(handles.contains(&own), "the numbers are the same");
    drop(other);
    assert_eq!(owner.monitor.report().held.sockets, 3);
    for handle in handles {
        assert_eq!(owner.probe(handle).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_cannot_use_the_keys_of_another_or_make_one_up() {
    let component = wat::parse_str(FORGER).unwrap();
    let component = Component::new(&Engine::default(), component).unwrap();
    let mut owner = Plugin::new(&component).await;
    let handle = owner.make().await;
    let key = owner.key(handle).await;
    for number in [key, 0, 1, key ^ 1 << 32, key & 0xffff_ffff] {
        let mut other = Plugin::new(&component).await;
        let same = other.make().await;
        assert_eq!(same, handle, "the handles are the same");
        assert_ne!(other.key(same).await, key, "the keys are not");
        let trap = other.send(number).await;
        assert!(trap.contains("names no endpoint"), "{trap}");
    }
    // Of its owner the key is one, but no array has the other.
    let trap = owner.send(key).await;
    assert!(trap.contains("names no WSABUF array"), "{trap}");
}
