//! What the model check has found in the core, one test for each.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::cell::RefCell;
use std::rc::Rc;

use wsp_core::{
    AddressFamily, Configuration, MessageFlags, NetworkEvents, Provider, ShortRoom,
    SocketAttributes, SocketId, SocketType, TransportError, VERSION, Waited, WsaError,
};
use wsp_model::{
    operation::Setting,
    wire::{Wire, World},
};

const PLAIN: MessageFlags = MessageFlags::empty();

/// Streams with room for 4 bytes.
const SETTING: Setting = Setting {
    capacity: 4,
    datagrams: 2,
    pace: 0,
    limit: 1000,
    watches: true,
    cannot_block: false,
    consume_all: true,
    any_thread: false,
    partial_messages: false,
};

/// A provider that consumes everything where there is any room.
fn provider(setting: Setting) -> (Provider<Wire>, Rc<RefCell<World>>) {
    let wire = Wire::new(setting);
    let world = Rc::clone(&wire.0);
    let mut provider = Provider::new(wire);
    let configuration = Configuration {
        short_room: ShortRoom::ConsumeAll,
        ..Configuration::default()
    };
    provider.configure(configuration).unwrap();
    provider.startup(VERSION).unwrap();
    (provider, world)
}

fn socket(provider: &mut Provider<Wire>, kind: SocketType) -> SocketId {
    let attributes = SocketAttributes { overlapped: true };
    provider
        .socket(AddressFamily::Inet, kind, attributes)
        .unwrap()
}

/// A nonblocking stream that is connected.
fn stream(provider: &mut Provider<Wire>) -> SocketId {
    let s = socket(provider, SocketType::Stream);
    provider.connect(s, "127.0.0.1:9".parse().unwrap()).unwrap();
    provider.set_nonblocking(s, true).unwrap();
    s
}

fn send(provider: &mut Provider<Wire>, s: SocketId, data: &str) -> Result<u32, WsaError> {
    provider.send(s, &vec![data.as_bytes().to_vec()], PLAIN, None, None)
}

/// Everything that the peer of the first endpoint gets.
fn peer_gets(provider: &mut Provider<Wire>, world: &RefCell<World>) -> String {
    for _ in 0..10 {
        world.borrow_mut().peer_reads(0, usize::MAX);
        provider.pump();
    }
    let world = world.borrow();
    let read = world.read(0).0.iter();
    read.map(|token| char::from(token.0)).collect()
}

#[test]
fn an_operation_that_failed_before_its_socket_was_closed_ends_with_the_code_of_the_lost_connection()
{
    let (mut provider, world) = provider(SETTING);
    let s = stream(&mut provider);
    let overlapped = provider.create_overlapped(None);
    let parts = vec![b"abcdef".to_vec()];
    let sent = provider.send(s, &parts, PLAIN, Some(overlapped), None);
    assert_eq!(sent, Err(WsaError::IoPending));
    world.borrow_mut().fails(0, TransportError::TimedOut);
    provider.close_socket(s).unwrap();
    let status = provider.overlapped_status(overlapped);
    assert_eq!(status.offset_high, WsaError::ConnAborted.number());
}

#[test]
fn an_empty_send_behind_what_is_kept_aside_does_not_lose_it() {
    let (mut provider, world) = provider(SETTING);
    let s = stream(&mut provider);
    assert_eq!(send(&mut provider, s, "abcdef"), Ok(6));
    assert_eq!(send(&mut provider, s, ""), Err(WsaError::WouldBlock));
    provider.close_socket(s).unwrap();
    assert_eq!(peer_gets(&mut provider, &world), "abcdef");
    assert_eq!(provider.outstanding(), 0);
}

#[test]
fn what_is_kept_aside_after_the_room_came_back_unnoticed_is_not_lost() {
    let (mut provider, world) = provider(SETTING);
    let s = stream(&mut provider);
    assert_eq!(send(&mut provider, s, "abcdef"), Ok(6));
    world.borrow_mut().peer_reads(0, 4);
    assert_eq!(send(&mut provider, s, "ghijkl"), Ok(6));
    provider.pump();
    provider.close_socket(s).unwrap();
    assert_eq!(peer_gets(&mut provider, &world), "abcdefghijkl");
    assert_eq!(provider.outstanding(), 0);
}

#[test]
fn a_datagram_socket_that_a_send_binds_reports_that_it_is_writable() {
    let (mut provider, _) = provider(SETTING);
    let s = socket(&mut provider, SocketType::Datagram);
    let event = provider.create_event();
    provider
        .event_select(s, Some(event), NetworkEvents::WRITE)
        .unwrap();
    assert!(!provider.event_is_set(event));
    let to = Some("127.0.0.1:9".parse().unwrap());
    let sent = provider.send_to(s, &vec![b"x".to_vec()], PLAIN, to, None, None);
    assert_eq!(sent, Ok(1));
    assert!(provider.event_is_set(event));
    let recorded = provider.enum_network_events(s, None).unwrap();
    assert_eq!(recorded.events, NetworkEvents::WRITE);
}

#[test]
fn a_send_that_is_refused_for_too_many_operations_enables_the_report_of_room_again() {
    let (mut provider, _) = provider(Setting {
        limit: 1,
        ..SETTING
    });
    let full = stream(&mut provider);
    let free = stream(&mut provider);
    let event = provider.create_event();
    provider
        .event_select(free, Some(event), NetworkEvents::WRITE)
        .unwrap();
    provider.enum_network_events(free, Some(event)).unwrap();
    assert_eq!(send(&mut provider, full, "abcdef"), Ok(6));
    assert_eq!(send(&mut provider, free, "x"), Err(WsaError::WouldBlock));
    assert!(provider.event_is_set(event));
}

#[test]
fn a_reset_is_reported_although_there_is_data_to_read() {
    let (mut provider, world) = provider(SETTING);
    let s = stream(&mut provider);
    world.borrow_mut().peer_sends(0, 1);
    let event = provider.create_event();
    provider
        .event_select(s, Some(event), NetworkEvents::CLOSE)
        .unwrap();
    assert!(!provider.event_is_set(event));
    world.borrow_mut().fails(0, TransportError::ConnectionReset);
    assert!(provider.event_is_set(event));
    let recorded = provider.enum_network_events(s, None).unwrap();
    assert_eq!(recorded.events, NetworkEvents::CLOSE);
    let errors = [(NetworkEvents::CLOSE, WsaError::ConnAborted)];
    assert_eq!(recorded.errors, errors);
}

#[test]
fn cancelling_every_send_lets_none_out_behind_another() {
    let (mut provider, world) = provider(SETTING);
    let s = stream(&mut provider);
    let mut posted = Vec::new();
    for data in ["abcdef", ""] {
        let overlapped = provider.create_overlapped(None);
        let parts = vec![data.as_bytes().to_vec()];
        let sent = provider.send(s, &parts, PLAIN, Some(overlapped), None);
        assert_eq!(sent, Err(WsaError::IoPending));
        posted.push(overlapped);
    }
    assert_eq!(provider.cancel_io_ex(s, None), Ok(2));
    for overlapped in posted {
        let status = provider.overlapped_status(overlapped);
        assert_eq!(status.offset_high, WsaError::OperationAborted.number());
    }
    assert_eq!(peer_gets(&mut provider, &world), "abcd");
}

#[test]
fn closing_lets_nothing_out_behind_what_was_kept_aside() {
    let (mut provider, world) = provider(SETTING);
    let s = stream(&mut provider);
    assert_eq!(send(&mut provider, s, "abcdef"), Ok(6));
    let mut posted = Vec::new();
    for data in ["ghijkl", ""] {
        let overlapped = provider.create_overlapped(None);
        let parts = vec![data.as_bytes().to_vec()];
        let sent = provider.send(s, &parts, PLAIN, Some(overlapped), None);
        assert_eq!(sent, Err(WsaError::IoPending));
        posted.push(overlapped);
    }
    // What was kept aside is out, which the provider has not seen yet.
    world.borrow_mut().peer_reads(0, 4);
    provider.close_socket(s).unwrap();
    for overlapped in posted {
        let status = provider.overlapped_status(overlapped);
        assert_eq!(status.offset_high, WsaError::OperationAborted.number());
    }
    assert_eq!(peer_gets(&mut provider, &world), "abcdefgh");
}

#[test]
fn a_receive_of_no_bytes_behind_one_that_took_everything_is_aborted_by_the_close() {
    let (mut provider, world) = provider(SETTING);
    let s = stream(&mut provider);
    let takes = provider.create_overlapped(None);
    let awaits = provider.create_overlapped(None);
    for (overlapped, room) in [(takes, 1), (awaits, 0)] {
        let received = provider.receive(s, &room, PLAIN, Some(overlapped), None);
        assert_eq!(received, Err(WsaError::IoPending));
    }
    world.borrow_mut().peer_sends(0, 1);
    provider.close_socket(s).unwrap();
    assert_eq!(provider.overlapped_status(takes).internal_high, 1);
    let aborted = WsaError::OperationAborted.number();
    assert_eq!(provider.overlapped_status(awaits).offset_high, aborted);
}

#[test]
fn a_receive_that_found_the_end_of_the_stream_stays_so_when_the_connection_fails() {
    let (mut provider, world) = provider(SETTING);
    let s = stream(&mut provider);
    let overlapped = provider.create_overlapped(None);
    let received = provider.receive(s, &4, PLAIN, Some(overlapped), None);
    assert_eq!(received, Err(WsaError::IoPending));
    world.borrow_mut().peer_ends(0);
    world.borrow_mut().fails(0, TransportError::ConnectionReset);
    let status = provider.overlapped_status(overlapped);
    assert_eq!((status.internal, status.offset_high), (0, 0));
}

#[test]
fn what_ended_with_another_receive_does_not_keep_a_wait_from_sleeping() {
    let (mut provider, world) = provider(SETTING);
    let s = stream(&mut provider);
    let overlapped = provider.create_overlapped(None);
    let received = provider.receive(s, &0, PLAIN, Some(overlapped), None);
    assert_eq!(received, Err(WsaError::IoPending));
    world.borrow_mut().peer_sends(0, 1);
    let received = provider.receive(s, &1, PLAIN, None, None).unwrap();
    assert_eq!(received.transfer.bytes, 1);
    assert!(!provider.overlapped_in_progress(overlapped));
    let slept = provider.sleep_ex(Some(100), None);
    assert_eq!(slept, Ok(Waited::TimedOut));
    assert_eq!(provider.outstanding(), 0);
}
