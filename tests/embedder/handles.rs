//! Handles of one store mean nothing in another, whatever number a program makes up.

use wasmtime::component::{Component, Linker, TypedFunc};
use wasmtime::{Engine, Store};
use wsp::policy::{Policy, Protocol};
use wsp::{Ctx, Monitor, Settings, View};
use wsp_tests::peer::V4;

/// A component that uses numbers as handles, without anybody between it and the
/// host: `make` creates an endpoint, and `probe` uses whatever number it is given as a
/// handle.
const FORGER: &str = r#"
(component
  (import "winsock:spi/types@0.2.0" (instance $types
    (type $family-cases (enum "inet" "inet6"))
    (export "address-family" (type (eq $family-cases)))
    (type $error-cases (enum
      "access-denied" "address-in-use" "address-not-available" "cancelled"
      "connection-aborted" "connection-refused" "connection-reset" "host-unreachable"
      "invalid-argument" "keep-alive-failed" "message-too-large" "needs-broadcast"
      "network-down" "network-unreachable" "not-connected" "not-supported"
      "out-of-buffers" "timed-out" "too-many-endpoints" "too-many-operations"
      "would-block" "other"))
    (export "transport-error" (type (eq $error-cases)))))
  (alias export $types "address-family" (type $address-family))
  (alias export $types "transport-error" (type $transport-error))
  (import "winsock:spi/transport@0.2.0" (instance $transport
    (alias outer 1 $address-family (type $outer-family))
    (export "address-family" (type $family (eq $outer-family)))
    (alias outer 1 $transport-error (type $outer-error))
    (export "transport-error" (type $error (eq $outer-error)))
    (type $protocol-cases (enum "tcp" "udp"))
    (export "protocol" (type $protocol (eq $protocol-cases)))
    (export "endpoint" (type $endpoint (sub resource)))
    (type $created (result (own $endpoint) (error $error)))
    (export "[static]endpoint.create"
      (func (param "family" $family) (param "protocol" $protocol) (result $created)))
    (export "[method]endpoint.unacknowledged"
      (func (param "self" (borrow $endpoint)) (result u64)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $create (canon lower
    (func $transport "[static]endpoint.create") (memory $memory "memory")))
  (core func $unacknowledged (canon lower
    (func $transport "[method]endpoint.unacknowledged")))
  (core module $program
    (import "host" "create" (func $create (param i32 i32 i32)))
    (import "host" "unacknowledged" (func $unacknowledged (param i32) (result i64)))
    (import "host" "memory" (memory 1))
    (func (export "make") (result i32)
      (call $create (i32.const 0) (i32.const 0) (i32.const 16))
      (if (i32.load8_u (i32.const 16)) (then unreachable))
      (i32.load (i32.const 20)))
    (func (export "probe") (param i32) (result i64)
      (call $unacknowledged (local.get 0))))
  (core instance $program (instantiate $program (with "host" (instance
    (export "create" (func $create))
    (export "unacknowledged" (func $unacknowledged))
    (export "memory" (memory $memory "memory"))))))
  (func (export "make") (result u32) (canon lift (core func $program "make")))
  (func (export "probe") (param "handle" u32) (result u64)
    (canon lift (core func $program "probe"))))
"#;

struct State {
    wsp: Ctx,
}

impl View for State {
    fn wsp(&mut self) -> &mut Ctx {
        &mut self.wsp
    }
}

/// One plugin in its store.
struct Plugin {
    store: Store<State>,
    make: TypedFunc<(), (u32,)>,
    probe: TypedFunc<(u32,), (u64,)>,
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
