//! What random sequences do not reach.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use wsp_core::{
    AddressFamily, EndpointOption, Interest, ReceiveFlags, ReceiveStarted, Rest, SendFlags,
    SendOutcome, ShutdownHow, SocketType, Started, TransportError, WaitOutcome,
};
use wsp_over_wasi::{
    EndpointId, LAST_WAIT, Limits, Machine, Payload, ResolveError, Room, TicketedSend,
};

use super::check::peer;
use super::host::{Host, Kind, World};

const KIND: Kind = Kind {
    permit: 65_536,
    read: 65_536,
    buffer: 1024,
    eager: true,
    lazy: false,
    connects_in: 1,
    pace: 0,
};

const NONE: SendFlags = SendFlags::empty();

fn machine(kind: Kind) -> (Machine<Host>, Rc<RefCell<World>>) {
    let host = Host::new(kind);
    let world = Rc::clone(&host.0);
    let limits = Limits {
        bytes: 1 << 20,
        parts: 4,
        ..Limits::default()
    };
    (Machine::new(host, limits), world)
}

fn may_wait(world: &Rc<RefCell<World>>, may: bool) {
    world.borrow_mut().may_wait = may;
}

fn connected(machine: &mut Machine<Host>, world: &Rc<RefCell<World>>) -> EndpointId {
    let id = machine
        .create(AddressFamily::Inet, SocketType::Stream)
        .unwrap();
    assert_eq!(machine.start_connect(id, peer(), 1), Ok(Started::Pending));
    may_wait(world, true);
    assert_eq!(machine.wait_finished(Some(100)), WaitOutcome::Finished);
    may_wait(world, false);
    assert_eq!(machine.take_finished(9).len(), 1);
    id
}

fn datagrams(machine: &mut Machine<Host>) -> EndpointId {
    machine
        .create(AddressFamily::Inet, SocketType::Datagram)
        .unwrap()
}

#[test]
fn a_program_that_never_waits_gets_on_with_hosts_that_notice_late() {
    let kind = Kind { lazy: true, ..KIND };
    let (mut machine, world) = machine(kind);
    let id = connected(&mut machine, &world);
    let array = machine.array(vec![vec![1; 100]]);
    for _ in 0..3 {
        assert_eq!(machine.try_send(id, &array, NONE, None), Ok(100));
    }
    let started = machine.start_send(id, &array, NONE, None, 2);
    assert_eq!(started, Ok(Started::Done(100)));
    machine.expect_finish();
}

#[test]
fn waiting_for_the_end_of_a_stream_that_nobody_receives_costs_no_time() {
    let (mut machine, world) = machine(KIND);
    machine.expect_finish();
    let id = connected(&mut machine, &world);
    machine.start_watch(id, Interest::Urgent, 2).unwrap();
    // More than is read ahead.
    world.borrow_mut().tcp[0].incoming.extend(vec![0; 200_000]);
    world.borrow_mut().polls = 0;
    may_wait(&world, true);
    assert_eq!(machine.wait_finished(Some(1000)), WaitOutcome::TimedOut);
    let polls = world.borrow().polls;
    assert!(polls < 5, "{polls}");
    // The end is seen once there is room to look for it.
    let room = machine.room(200_000);
    let fill = ReceiveFlags::FILL;
    let received = machine.start_receive(id, &room, fill, 3).unwrap();
    assert!(matches!(received, ReceiveStarted::Done(done) if done.bytes == 200_000));
    world.borrow_mut().tcp[0].peer_ended = true;
    assert_eq!(machine.wait_finished(Some(1000)), WaitOutcome::Finished);
}

#[test]
fn the_last_socket_waits_for_what_it_has_sent_and_no_longer_than_it_may() {
    for pace in [0, 100] {
        let kind = Kind { pace, ..KIND };
        let (mut machine, world) = machine(kind);
        let id = connected(&mut machine, &world);
        let array = machine.array(vec![vec![7; 5000]]);
        assert_eq!(machine.try_send(id, &array, NONE, None), Ok(5000));
        let before = world.borrow().now;
        may_wait(&world, true);
        machine.close(id);
        let took = world.borrow().now - before;
        let world = world.borrow();
        if pace == 0 {
            assert!((LAST_WAIT..LAST_WAIT + 2_000_000).contains(&took), "{took}");
        } else {
            assert!(took < 100_000_000, "{took}");
            assert_eq!(world.tcp[0].arrived().len(), 5000);
            assert_eq!(world.tcp[0].lost, 0);
            assert!(world.tcp[0].ended);
        }
    }
}

#[test]
fn a_program_that_ends_waits_for_a_slow_peer_as_long_as_it_takes_something() {
    let kind = Kind {
        permit: 64,
        buffer: 64,
        pace: 1,
        ..KIND
    };
    let (mut machine, world) = machine(kind);
    machine.expect_finish();
    let id = connected(&mut machine, &world);
    let array = machine.array(vec![vec![7; 20_000]]);
    let started = machine.start_send(id, &array, NONE, None, 2);
    assert_eq!(started, Ok(Started::Pending));
    let before = world.borrow().now;
    may_wait(&world, true);
    machine.finish();
    let took = world.borrow().now - before;
    assert!(took > 3 * LAST_WAIT, "{took}");
    assert_eq!(world.borrow().tcp[0].arrived().len(), 20_000);
    assert_eq!(world.borrow().tcp[0].lost, 0);
}

#[test]
fn only_the_send_just_before_can_be_gone_on_with_without_its_payload() {
    let kind = Kind { pace: 1, ..KIND };
    let (mut machine, world) = machine(kind);
    machine.expect_finish();
    let id = connected(&mut machine, &world);
    let send = TicketedSend {
        endpoint: id,
        operation: 0,
        flags: NONE,
        to: None,
        rest: Rest::Awaited,
    };
    may_wait(&world, true);
    let invalid = SendOutcome::Failed(TransportError::InvalidArgument);
    assert_eq!(machine.send_blocked_rest(None), invalid);
    let payload = || Payload::of_words(vec![[7; 8]; 50], 3199).unwrap();
    assert!(matches!(
        machine.send(send, payload()),
        SendOutcome::Blocked(_)
    ));
    assert_eq!(machine.send_blocked_rest(None), SendOutcome::Done(3199));
    assert_eq!(machine.send_blocked_rest(None), invalid);
    assert!(matches!(
        machine.send(send, payload()),
        SendOutcome::Blocked(_)
    ));
    let refused = TicketedSend {
        rest: Rest::Refused,
        ..send
    };
    machine.send(refused, payload());
    assert_eq!(machine.send_blocked_rest(None), invalid);
    let too_long = Payload::of_words(vec![[7; 8]], 65);
    assert_eq!(too_long.err(), Some(TransportError::InvalidArgument));
}

#[test]
fn an_end_follows_what_was_sent_before_it() {
    let (mut machine, world) = machine(KIND);
    machine.expect_finish();
    let id = connected(&mut machine, &world);
    let array = machine.array(vec![vec![7; 3000]]);
    let started = machine.start_send(id, &array, NONE, None, 2);
    assert_eq!(started, Ok(Started::Pending));
    machine.shutdown(id, ShutdownHow::Send).unwrap();
    assert!(!world.borrow().tcp[0].ended);
    world.borrow_mut().kind.pace = 1000;
    may_wait(&world, true);
    assert_eq!(machine.wait_finished(Some(1000)), WaitOutcome::Finished);
    machine.take_finished(9);
    assert!(world.borrow().tcp[0].ended);
    assert_eq!(world.borrow().tcp[0].lost, 0);
    let sent = machine.try_send(id, &array, NONE, None);
    assert_eq!(sent, Err(TransportError::ConnectionReset));
}

#[test]
fn an_attempt_that_the_host_refuses_at_once_fails_later_and_leaves_the_endpoint_as_new() {
    let (mut machine, world) = machine(KIND);
    let id = machine
        .create(AddressFamily::Inet, SocketType::Stream)
        .unwrap();
    world.borrow_mut().refuses = true;
    world.borrow_mut().refuses_at_once = true;
    assert_eq!(machine.start_connect(id, peer(), 1), Ok(Started::Pending));
    let ended = machine.take_finished(2);
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].operation, 1);
    assert_eq!(ended[0].error, Some(TransportError::ConnectionRefused));
    world.borrow_mut().refuses = false;
    may_wait(&world, true);
    assert_eq!(machine.start_connect(id, peer(), 2), Ok(Started::Pending));
    assert_eq!(machine.wait_finished(None), WaitOutcome::Finished);
    assert_eq!(machine.take_finished(2)[0].error, None);
}

#[test]
fn an_endpoint_is_as_good_as_new_after_an_attempt_that_failed() {
    let (mut machine, world) = machine(KIND);
    machine.expect_finish();
    let id = machine
        .create(AddressFamily::Inet, SocketType::Stream)
        .unwrap();
    machine.bind(id, "127.0.0.1:0".parse().unwrap()).unwrap();
    let bound = machine.local_address(id).unwrap();
    let keep_alive = EndpointOption::KeepAlive;
    machine.set_option(id, keep_alive, 7).unwrap();
    world.borrow_mut().refuses = true;
    may_wait(&world, true);
    machine.start_connect(id, peer(), 1).unwrap();
    assert_eq!(machine.wait_finished(None), WaitOutcome::Finished);
    let ended = machine.take_finished(1);
    assert_eq!(ended[0].error, Some(TransportError::ConnectionRefused));
    world.borrow_mut().refuses = false;
    assert_eq!(machine.local_address(id), Ok(bound));
    assert_eq!(machine.get_option(id, keep_alive), Ok(1));
    machine.start_connect(id, peer(), 2).unwrap();
    assert_eq!(machine.wait_finished(None), WaitOutcome::Finished);
    assert_eq!(machine.take_finished(1)[0].error, None);
    assert_eq!(machine.peer_address(id), Ok(peer()));
}

#[test]
fn a_listener_gives_its_connections_out() {
    let (mut machine, world) = machine(KIND);
    machine.expect_finish();
    let id = machine
        .create(AddressFamily::Inet, SocketType::Stream)
        .unwrap();
    assert_eq!(
        machine.accept(id).unwrap_err(),
        TransportError::InvalidArgument
    );
    machine.bind(id, "127.0.0.1:80".parse().unwrap()).unwrap();
    machine.listen(id, 0).unwrap();
    assert_eq!(machine.accept(id).unwrap_err(), TransportError::WouldBlock);
    machine.start_watch(id, Interest::Readable, 1).unwrap();
    assert!(machine.take_finished(1).is_empty());
    world.borrow_mut().tcp[0].waiting = 1;
    assert_eq!(machine.take_finished(1).len(), 1);
    let (accepted, from) = machine.accept(id).unwrap();
    assert_eq!(machine.peer_address(accepted), Ok(from));
}

#[test]
fn datagrams_are_put_together_and_go_where_they_should() {
    let (mut machine, world) = machine(KIND);
    machine.expect_finish();
    let id = datagrams(&mut machine);
    let array = machine.array(vec![b"one ".to_vec(), b"datagram".to_vec()]);
    let other: SocketAddr = "192.0.2.9:9".parse().unwrap();
    assert_eq!(
        machine.try_send(id, &array, NONE, None),
        Err(TransportError::NotConnected)
    );
    machine.start_connect(id, peer(), 1).unwrap();
    let more = SendFlags::MORE;
    assert_eq!(machine.try_send(id, &array, more, None), Ok(12));
    assert!(world.borrow().udp[0].sent.is_empty());
    assert_eq!(machine.try_send(id, &array, NONE, None), Ok(12));
    assert_eq!(machine.try_send(id, &array, NONE, Some(other)), Ok(12));
    assert_eq!(
        world.borrow().udp[0].sent,
        [
            (b"one datagramone datagram".to_vec(), peer()),
            (b"one datagram".to_vec(), other)
        ]
    );
    let long = machine.array(vec![vec![0; 65_508]]);
    assert_eq!(
        machine.try_send(id, &long, NONE, None),
        Err(TransportError::MessageTooLarge)
    );
    // There is room for two.
    assert_eq!(
        machine.try_send(id, &array, NONE, None),
        Err(TransportError::WouldBlock)
    );
    let started = machine.start_send(id, &array, NONE, None, 2);
    assert_eq!(started, Ok(Started::Pending));
    may_wait(&world, true);
    assert_eq!(machine.wait_finished(Some(100)), WaitOutcome::Finished);
    assert_eq!(machine.take_finished(1)[0].bytes, 12);
}

#[test]
fn a_connected_datagram_socket_hears_its_peer_alone() {
    let (mut machine, world) = machine(KIND);
    machine.expect_finish();
    let id = datagrams(&mut machine);
    let other: SocketAddr = "192.0.2.9:9".parse().unwrap();
    machine.start_connect(id, peer(), 1).unwrap();
    let room = machine.room(3);
    let started = machine.start_receive(id, &room, ReceiveFlags::empty(), 2);
    assert_eq!(started, Ok(ReceiveStarted::Pending));
    world.borrow_mut().udp[0]
        .incoming
        .extend([(b"no".to_vec(), other), (b"long".to_vec(), peer())]);
    let ended = machine.take_finished(1);
    assert_eq!(ended[0].error, Some(TransportError::MessageTooLarge));
    assert_eq!((ended[0].bytes, ended[0].source), (3, Some(peer())));
    assert_eq!(room.read(0, 9), b"lon");
}

#[test]
fn what_wasi_cannot_do_is_refused() {
    let (mut machine, world) = machine(KIND);
    machine.expect_finish();
    let id = connected(&mut machine, &world);
    let array = machine.array(vec![vec![1]]);
    let sent = machine.try_send(id, &array, SendFlags::URGENT, None);
    assert_eq!(sent, Err(TransportError::NotSupported));
    let room = machine.room(1);
    let received = machine.try_receive(id, &room, ReceiveFlags::URGENT);
    assert_eq!(received.unwrap_err(), TransportError::InvalidArgument);
    for option in [EndpointOption::NoDelay, EndpointOption::OobInline] {
        assert_eq!(machine.get_option(id, option), Ok(0));
        assert_eq!(machine.set_option(id, option, 0), Ok(()));
        let set = machine.set_option(id, option, 1);
        assert_eq!(set, Err(TransportError::NotSupported));
    }
}

#[test]
fn what_exceeds_a_limit_is_refused_and_given_back() {
    let (mut machine, world) = machine(KIND);
    machine.expect_finish();
    let id = connected(&mut machine, &world);
    let parts = machine.array(vec![vec![1]; 5]);
    assert_eq!(
        machine.try_send(id, &parts, NONE, None),
        Err(TransportError::OutOfBuffers)
    );
    let most = machine.room(1 << 20);
    let receive = |machine: &mut Machine<Host>, room: &Room| {
        machine.try_receive(id, room, ReceiveFlags::empty())
    };
    let error = receive(&mut machine, &most).unwrap_err();
    assert_eq!(error, TransportError::WouldBlock);
    let beyond = machine.room(1);
    let error = receive(&mut machine, &beyond).unwrap_err();
    assert_eq!(error, TransportError::OutOfBuffers);
    drop(most);
    let again = machine.room(1 << 20);
    let error = receive(&mut machine, &again).unwrap_err();
    assert_eq!(error, TransportError::WouldBlock);
}

#[test]
fn names_are_looked_up_while_the_caller_goes_on() {
    let (mut machine, world) = machine(KIND);
    world.borrow_mut().names = vec!["192.0.2.1".parse().unwrap()];
    let lookup = machine.start_lookup("a.example").unwrap();
    let refused = machine.start_lookup("127.0.0.1").unwrap();
    let given_up = machine.start_lookup("b.example").unwrap();
    machine.drop_lookup(given_up);
    assert_eq!(machine.take_lookup(refused), Some(Err(ResolveError::Inval)));
    assert_eq!(machine.take_lookup(lookup), None);
    // Each end is one of an operation, which wakes who waits.
    let mut ended = machine.take_finished(u32::MAX).len();
    may_wait(&world, true);
    while ended < 2 {
        assert_eq!(machine.wait_finished(None), WaitOutcome::Finished);
        ended += machine.take_finished(u32::MAX).len();
    }
    let found = machine.take_lookup(lookup).unwrap().unwrap();
    assert_eq!(found, ["192.0.2.1".parse::<std::net::IpAddr>().unwrap()]);
    assert_eq!((ended, machine.take_lookup(lookup)), (2, None));
}

#[test]
fn names_are_resolved_while_the_caller_waits() {
    let (machine, world) = machine(KIND);
    let addresses = ["192.0.2.1", "192.0.2.1", "2001:db8::1"];
    world.borrow_mut().names = addresses.map(|text| text.parse().unwrap()).to_vec();
    may_wait(&world, true);
    let found = machine.resolve("a.example").unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(machine.resolve("denied.example"), Err(ResolveError::Acces));
    assert_eq!(machine.resolve("127.0.0.1"), Err(ResolveError::Inval));
    world.borrow_mut().names.clear();
    assert_eq!(
        machine.resolve("a.example"),
        Err(ResolveError::HostNotFound)
    );
}
