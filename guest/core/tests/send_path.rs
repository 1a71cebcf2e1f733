//! The rules of WSPSend on the core alone, over a simulated transport.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "a test fails by panicking, and its modules are its own"
)]

use std::cell::RefCell;
use std::rc::Rc;

use wsp_core::{
    AddressFamily, CompletionRoutine, Linger, MessageFlags, OverlappedId, Provider, Rest,
    SendOutcome, SendRequest, ShutdownHow, SocketAttributes, SocketId, SocketOption,
    SocketOptionName, SocketType, Transfer, TransportError, VERSION, WSS_OPERATION_IN_PROGRESS,
    Waited, WsaError,
};
use wsp_simulated::{Network, Simulated};

const PLAIN: MessageFlags = MessageFlags::empty();
const THREAD: u32 = 7;

/// A provider with one connected stream socket, whose endpoint is number 0.
struct Pair {
    provider: Provider<Simulated>,
    network: Rc<RefCell<Network>>,
    a: SocketId,
}

impl Pair {
    /// The peer's side takes `room` bytes before it is full.
    fn with_room(room: usize) -> Pair {
        Pair::new(room, true)
    }

    fn plain(room: usize) -> Pair {
        Pair::new(room, false)
    }

    fn new(room: usize, overlapped: bool) -> Pair {
        let transport = Simulated::new(room);
        let network = Rc::clone(&transport.0);
        let mut provider = Provider::new(transport);
        provider.startup(VERSION).unwrap();
        let attributes = SocketAttributes { overlapped };
        let a = provider
            .socket(AddressFamily::Inet, SocketType::Stream, attributes)
            .unwrap();
        provider
            .transport_mut()
            .during_a_wait(|network| network.connects(0, Ok(())));
        provider.connect(a, "127.0.0.1:9".parse().unwrap()).unwrap();
        Pair {
            provider,
            network,
            a,
        }
    }

    fn send(&mut self, parts: &[&str]) -> Result<u32, WsaError> {
        self.provider.send(self.a, &array(parts), PLAIN, None, None)
    }

    fn peer_reads(&self) -> String {
        String::from_utf8(self.network.borrow_mut().peer_reads(0)).unwrap()
    }
}

fn array(parts: &[&str]) -> Vec<Vec<u8>> {
    parts.iter().map(|part| part.as_bytes().to_vec()).collect()
}

fn routine(context: u64) -> Option<CompletionRoutine> {
    Some(CompletionRoutine {
        thread_id: THREAD,
        context,
    })
}

#[test]
fn buffers_leave_in_order_and_empty_ones_are_skipped() {
    let mut pair = Pair::with_room(100);
    assert_eq!(pair.send(&["ab", "", "cde"]), Ok(5));
    assert_eq!(pair.peer_reads(), "abcde");
}

#[test]
fn a_closed_socket_is_no_socket_before_anything_else_is_looked_at() {
    let mut pair = Pair::with_room(100);
    pair.provider.close_socket(pair.a).unwrap();
    assert_eq!(pair.send(&[]), Err(WsaError::NotSock));
    assert_eq!(pair.provider.close_socket(pair.a), Err(WsaError::NotSock));
}

#[test]
fn an_empty_array_is_the_earlier_of_two_errors() {
    let mut pair = Pair::with_room(100);
    assert_eq!(pair.send(&[]), Err(WsaError::Inval));
    pair.provider.shutdown(pair.a, ShutdownHow::Send).unwrap();
    assert_eq!(pair.send(&[]), Err(WsaError::Inval));
    assert_eq!(pair.send(&["x"]), Err(WsaError::ShutDown));
}

#[test]
fn flags_that_wspsend_does_not_know_are_refused_and_nothing_is_sent() {
    let mut pair = Pair::with_room(100);
    for flags in [
        MessageFlags::PEEK,
        MessageFlags::WAIT_ALL,
        MessageFlags::INTERRUPT,
        MessageFlags::PARTIAL,
    ] {
        let sent = pair
            .provider
            .send(pair.a, &array(&["x"]), flags, None, None);
        assert_eq!(sent, Err(WsaError::OpNotSupp), "{flags:?}");
    }
    assert_eq!(pair.peer_reads(), "");
}

#[test]
fn urgent_data_go_out_on_a_stream_and_are_refused_on_datagrams() {
    let mut pair = Pair::with_room(100);
    let oob = MessageFlags::OOB;
    assert_eq!(
        pair.provider.send(pair.a, &array(&["ab"]), oob, None, None),
        Ok(2)
    );
    assert_eq!(pair.network.borrow_mut().urgent(0), b"b");
    let datagram = pair
        .provider
        .socket(
            AddressFamily::Inet,
            SocketType::Datagram,
            SocketAttributes::default(),
        )
        .unwrap();
    let refused = pair
        .provider
        .send(datagram, &array(&["x"]), oob, None, None);
    assert_eq!(refused, Err(WsaError::OpNotSupp));
}

#[test]
fn a_socket_that_is_not_connected_cannot_send() {
    let mut pair = Pair::with_room(100);
    for kind in [SocketType::Stream, SocketType::Datagram] {
        let fresh = pair
            .provider
            .socket(AddressFamily::Inet, kind, SocketAttributes::default())
            .unwrap();
        let sent = pair.provider.send(fresh, &array(&["x"]), PLAIN, None, None);
        assert_eq!(sent, Err(WsaError::NotConn), "{kind:?}");
    }
}

#[test]
fn a_blocking_send_returns_once_with_everything() {
    let mut pair = Pair::with_room(4);
    let transport = pair.provider.transport_mut();
    transport.during_a_wait(|network| assert_eq!(network.peer_reads(0), b"0123456789"));
    assert_eq!(pair.send(&["0123", "456789"]), Ok(10));
}

#[test]
fn a_nonblocking_send_takes_what_fits_and_then_would_block() {
    let mut pair = Pair::with_room(4);
    pair.provider.set_nonblocking(pair.a, true).unwrap();
    assert_eq!(pair.send(&["012345"]), Ok(4));
    assert_eq!(pair.send(&["x"]), Err(WsaError::WouldBlock));
    let before = pair.provider.pump();
    assert_eq!(pair.peer_reads(), "0123");
    assert!(pair.provider.pump() > before, "readiness is counted");
    assert_eq!(pair.send(&["45"]), Ok(2));
}

#[test]
fn where_nobody_may_wait_a_blocking_send_takes_what_fits() {
    let mut pair = Pair::with_room(4);
    pair.network.borrow_mut().cannot_block = true;
    assert_eq!(pair.send(&["012345"]), Ok(4));
    assert_eq!(pair.send(&["x"]), Err(WsaError::WouldBlock));
    assert_eq!(pair.peer_reads(), "0123");
}

#[test]
fn the_send_time_out_ends_a_blocking_send_only() {
    let mut pair = Pair::with_room(0);
    let timeout = SocketOption::SndTimeo(200);
    pair.provider.set_option(pair.a, timeout).unwrap();
    assert_eq!(pair.send(&["x"]), Err(WsaError::TimedOut));
    let overlapped = pair.provider.create_overlapped(None);
    let sent = pair
        .provider
        .send(pair.a, &array(&["y"]), PLAIN, Some(overlapped), None);
    assert_eq!(sent, Err(WsaError::IoPending));
    assert_eq!(
        pair.provider.sleep_ex(Some(1000), None),
        Ok(Waited::TimedOut)
    );
    assert!(pair.provider.overlapped_in_progress(overlapped));
}

#[test]
fn an_overlapped_send_that_completes_at_once_has_set_its_event_already() {
    let mut pair = Pair::with_room(100);
    let event = pair.provider.create_event();
    let overlapped = pair.provider.create_overlapped(Some(event));
    let sent = pair
        .provider
        .send(pair.a, &array(&["abc"]), PLAIN, Some(overlapped), None);
    assert_eq!(sent, Ok(3));
    assert!(pair.provider.event_is_set(event));
    let result = pair
        .provider
        .get_overlapped_result(pair.a, overlapped, false);
    assert_eq!(
        result,
        Ok(Transfer {
            bytes: 3,
            flags: PLAIN
        })
    );
}

#[test]
fn a_pending_send_resets_its_event_and_sets_it_when_all_bytes_are_out() {
    let mut pair = Pair::with_room(2);
    let event = pair.provider.create_event();
    pair.provider.set_event(event);
    let overlapped = pair.provider.create_overlapped(Some(event));
    let sent = pair
        .provider
        .send(pair.a, &array(&["abcde"]), PLAIN, Some(overlapped), None);
    assert_eq!(sent, Err(WsaError::IoPending));
    assert!(!pair.provider.event_is_set(event));
    let status = pair.provider.overlapped_status(overlapped);
    assert_eq!(status.internal, WSS_OPERATION_IN_PROGRESS);
    for _ in 0..2 {
        let poll = pair
            .provider
            .get_overlapped_result(pair.a, overlapped, false);
        assert_eq!(poll, Err(WsaError::IoIncomplete));
    }
    pair.network.borrow_mut().peer_reads_at_most(0, 2);
    assert!(
        pair.provider.overlapped_in_progress(overlapped),
        "one byte is not out yet"
    );
    pair.peer_reads();
    let events = [event];
    let waited = pair.provider.wait_for_events(&events, false, Some(0), None);
    assert_eq!(waited, Ok(Waited::Signalled(0)));
    for _ in 0..3 {
        let result = pair
            .provider
            .get_overlapped_result(pair.a, overlapped, true);
        assert_eq!(
            result,
            Ok(Transfer {
                bytes: 5,
                flags: PLAIN
            })
        );
    }
}

#[test]
fn a_refused_send_touches_neither_event_nor_structure() {
    let mut pair = Pair::with_room(2);
    let event = pair.provider.create_event();
    pair.provider.set_event(event);
    let overlapped = pair.provider.create_overlapped(Some(event));
    pair.provider.shutdown(pair.a, ShutdownHow::Send).unwrap();
    let sent = pair
        .provider
        .send(pair.a, &array(&["x"]), PLAIN, Some(overlapped), routine(1));
    assert_eq!(sent, Err(WsaError::ShutDown));
    assert!(pair.provider.event_is_set(event));
    assert_eq!(
        pair.provider.overlapped_status(overlapped),
        Default::default()
    );
    assert_eq!(pair.provider.next_completion(THREAD), None);
}

#[test]
fn the_nonblocking_flag_is_irrelevant_to_overlapped_sends() {
    let mut pair = Pair::with_room(1);
    pair.provider.set_nonblocking(pair.a, true).unwrap();
    let overlapped = pair.provider.create_overlapped(None);
    let sent = pair
        .provider
        .send(pair.a, &array(&["abc"]), PLAIN, Some(overlapped), None);
    assert_eq!(sent, Err(WsaError::IoPending));
    assert_eq!(pair.peer_reads(), "abc");
    assert_eq!(pair.provider.overlapped_status(overlapped).internal_high, 3);
}

#[test]
fn a_nonoverlapped_socket_ignores_the_overlapped_structure() {
    let mut pair = Pair::plain(100);
    let event = pair.provider.create_event();
    let overlapped = pair.provider.create_overlapped(Some(event));
    let sent = pair.provider.send(
        pair.a,
        &array(&["abc"]),
        PLAIN,
        Some(overlapped),
        routine(1),
    );
    assert_eq!(sent, Ok(3));
    assert!(!pair.provider.event_is_set(event));
    assert_eq!(
        pair.provider.overlapped_status(overlapped),
        Default::default()
    );
    assert_eq!(pair.provider.next_completion(THREAD), None);
}

#[test]
fn a_routine_without_an_overlapped_structure_is_ignored() {
    let mut pair = Pair::with_room(100);
    let sent = pair
        .provider
        .send(pair.a, &array(&["abc"]), PLAIN, None, routine(1));
    assert_eq!(sent, Ok(3));
    assert_eq!(pair.provider.next_completion(THREAD), None);
}

#[test]
fn with_a_routine_the_event_is_the_callers_own() {
    let mut pair = Pair::with_room(100);
    let event = pair.provider.create_event();
    let overlapped = pair.provider.create_overlapped(Some(event));
    let sent = pair.provider.send(
        pair.a,
        &array(&["abc"]),
        PLAIN,
        Some(overlapped),
        routine(42),
    );
    assert_eq!(sent, Ok(3));
    assert!(!pair.provider.event_is_set(event));
    assert_eq!(pair.provider.next_completion(THREAD + 1), None);
    let call = pair.provider.next_completion(THREAD).unwrap();
    assert_eq!((call.error, call.transferred, call.context), (None, 3, 42));
    assert_eq!(call.flags, PLAIN);
    pair.provider.routine_returned(call.socket);
    assert_eq!(pair.provider.next_completion(THREAD), None);
}

#[test]
fn routines_of_one_socket_never_nest_and_those_of_others_may() {
    let mut pair = Pair::with_room(100);
    let attributes = SocketAttributes { overlapped: true };
    let other = pair
        .provider
        .socket(AddressFamily::Inet, SocketType::Datagram, attributes)
        .unwrap();
    pair.provider
        .connect(other, "127.0.0.1:9".parse().unwrap())
        .unwrap();
    for (socket, context) in [(pair.a, 1), (pair.a, 2), (other, 3)] {
        let overlapped = pair.provider.create_overlapped(None);
        let sent = pair.provider.send(
            socket,
            &array(&["x"]),
            PLAIN,
            Some(overlapped),
            routine(context),
        );
        assert_eq!(sent, Ok(1));
    }
    let first = pair.provider.next_completion(THREAD).unwrap();
    assert_eq!(first.context, 1);
    assert_eq!(pair.send(&["from inside the routine"]), Ok(23));
    let nested = pair.provider.next_completion(THREAD).unwrap();
    assert_eq!(nested.context, 3, "the routine of the other socket");
    assert_eq!(pair.provider.next_completion(THREAD), None);
    assert_eq!(
        pair.provider.sleep_ex(Some(5), Some(THREAD)),
        Ok(Waited::TimedOut)
    );
    pair.provider.routine_returned(first.socket);
    assert_eq!(pair.provider.next_completion(THREAD).unwrap().context, 2);
}

#[test]
fn an_alertable_wait_ends_with_the_routine_of_its_thread() {
    let mut pair = Pair::with_room(0);
    let overlapped = pair.provider.create_overlapped(None);
    let sent = pair
        .provider
        .send(pair.a, &array(&["x"]), PLAIN, Some(overlapped), routine(1));
    assert_eq!(sent, Err(WsaError::IoPending));
    let result = pair
        .provider
        .get_overlapped_result(pair.a, overlapped, true);
    assert_eq!(
        result,
        Err(WsaError::Inval),
        "a routine cannot be waited for"
    );
    assert_eq!(pair.provider.sleep_ex(Some(5), None), Ok(Waited::TimedOut));
    pair.network
        .borrow_mut()
        .fails(0, TransportError::ConnectionReset);
    assert_eq!(
        pair.provider.sleep_ex(None, Some(THREAD)),
        Ok(Waited::IoCompletion)
    );
    let call = pair.provider.next_completion(THREAD).unwrap();
    assert_eq!(call.error, Some(WsaError::ConnReset));
}

#[test]
fn sends_leave_in_the_order_of_the_calls_and_none_overtakes() {
    let mut pair = Pair::with_room(1);
    let mut posted = Vec::new();
    for part in ["aa", "bb", "cc"] {
        let overlapped = pair.provider.create_overlapped(None);
        let sent = pair
            .provider
            .send(pair.a, &array(&[part]), PLAIN, Some(overlapped), None);
        assert_eq!(sent, Err(WsaError::IoPending));
        posted.push(overlapped);
    }
    pair.provider.set_nonblocking(pair.a, true).unwrap();
    assert_eq!(pair.send(&["z"]), Err(WsaError::WouldBlock));
    pair.provider.set_nonblocking(pair.a, false).unwrap();
    let transport = pair.provider.transport_mut();
    transport.during_a_wait(|network| assert_eq!(network.peer_reads(0), b"aabbccdd"));
    assert_eq!(pair.send(&["dd"]), Ok(2));
    for overlapped in posted {
        assert_eq!(pair.provider.overlapped_status(overlapped).internal_high, 2);
    }
}

#[test]
fn closing_ends_pending_sends_as_aborted_and_indicates_each_once() {
    let mut pair = Pair::with_room(1);
    let event = pair.provider.create_event();
    let with_event = pair.provider.create_overlapped(Some(event));
    let with_routine = pair.provider.create_overlapped(None);
    for (overlapped, routine) in [(with_event, None), (with_routine, routine(5))] {
        let sent = pair
            .provider
            .send(pair.a, &array(&["ab"]), PLAIN, Some(overlapped), routine);
        assert_eq!(sent, Err(WsaError::IoPending));
    }
    pair.provider.close_socket(pair.a).unwrap();
    assert!(pair.provider.event_is_set(event));
    let status = pair.provider.overlapped_status(with_event);
    assert_eq!((status.offset_high, status.internal_high), (995, 1));
    let call = pair.provider.next_completion(THREAD).unwrap();
    assert_eq!(call.error, Some(WsaError::OperationAborted));
    pair.provider.routine_returned(call.socket);
    assert_eq!(pair.provider.next_completion(THREAD), None);
    let result = pair
        .provider
        .get_overlapped_result(pair.a, with_event, false);
    assert_eq!(result, Err(WsaError::NotSock));
}

#[test]
fn a_nonblocking_socket_that_lingers_stays_open_while_data_are_unsent() {
    let mut pair = Pair::with_room(10);
    let linger = SocketOption::Linger(Linger(Some(1)));
    pair.provider.set_option(pair.a, linger).unwrap();
    pair.provider.set_nonblocking(pair.a, true).unwrap();
    assert_eq!(pair.send(&["abc"]), Ok(3));
    assert_eq!(
        pair.provider.close_socket(pair.a),
        Err(WsaError::WouldBlock)
    );
    assert_eq!(pair.send(&["d"]), Ok(1));
    pair.peer_reads();
    assert_eq!(pair.provider.close_socket(pair.a), Ok(()));
}

#[test]
fn the_end_of_a_stream_follows_the_pending_sends() {
    let mut pair = Pair::with_room(1);
    let overlapped = pair.provider.create_overlapped(None);
    let sent = pair
        .provider
        .send(pair.a, &array(&["abc"]), PLAIN, Some(overlapped), None);
    assert_eq!(sent, Err(WsaError::IoPending));
    pair.provider.shutdown(pair.a, ShutdownHow::Send).unwrap();
    pair.provider.shutdown(pair.a, ShutdownHow::Send).unwrap();
    assert!(!pair.network.borrow_mut().ended(0));
    assert_eq!(pair.peer_reads(), "abc");
    assert!(pair.network.borrow_mut().ended(0));
    assert_eq!(pair.provider.overlapped_status(overlapped).internal_high, 3);
}

#[test]
fn a_lost_connection_fails_every_later_send_alike() {
    for (error, code) in [
        (TransportError::ConnectionReset, WsaError::ConnReset),
        (TransportError::TimedOut, WsaError::ConnAborted),
        (TransportError::KeepAliveFailed, WsaError::NetReset),
    ] {
        let mut pair = Pair::with_room(1);
        let overlapped = pair.provider.create_overlapped(None);
        let sent = pair
            .provider
            .send(pair.a, &array(&["ab"]), PLAIN, Some(overlapped), None);
        assert_eq!(sent, Err(WsaError::IoPending));
        pair.network.borrow_mut().fails(0, error);
        let result = pair
            .provider
            .get_overlapped_result(pair.a, overlapped, false);
        assert_eq!(result, Err(code));
        assert_eq!(pair.send(&["x"]), Err(code));
        assert_eq!(pair.send(&["x"]), Err(code));
        let so_error = pair.provider.get_option(pair.a, SocketOptionName::Error);
        assert_eq!(so_error, Ok(SocketOption::Error(0)));
    }
}

#[test]
fn what_the_transport_lacks_is_reported_truthfully_and_starts_nothing() {
    for (error, code) in [
        (TransportError::TooManyOperations, WsaError::WouldBlock),
        (TransportError::OutOfBuffers, WsaError::NoBufs),
        (TransportError::NetworkDown, WsaError::NetDown),
        (TransportError::AccessDenied, WsaError::Acces),
    ] {
        let mut pair = Pair::with_room(100);
        pair.network.borrow_mut().fail_next_send = Some(error);
        let event = pair.provider.create_event();
        let overlapped = pair.provider.create_overlapped(Some(event));
        let sent = pair
            .provider
            .send(pair.a, &array(&["x"]), PLAIN, Some(overlapped), None);
        assert_eq!(sent, Err(code));
        assert!(!pair.provider.event_is_set(event));
        assert_eq!(pair.send(&["y"]), Ok(1), "{code} is not for ever");
    }
}

#[test]
fn a_gather_is_one_datagram_and_a_long_one_is_refused() {
    let mut pair = Pair::with_room(0);
    let datagram = pair
        .provider
        .socket(
            AddressFamily::Inet,
            SocketType::Datagram,
            SocketAttributes::default(),
        )
        .unwrap();
    pair.provider
        .connect(datagram, "127.0.0.1:9".parse().unwrap())
        .unwrap();
    let sent = pair
        .provider
        .send(datagram, &array(&["ab", "cd"]), PLAIN, None, None);
    assert_eq!(sent, Ok(4));
    let long = vec![vec![0; 65_508]];
    let sent = pair.provider.send(datagram, &long, PLAIN, None, None);
    assert_eq!(sent, Err(WsaError::MsgSize));
    assert_eq!(pair.network.borrow_mut().datagrams(1), [b"abcd"]);
    let limit = pair
        .provider
        .get_option(datagram, SocketOptionName::MaxMsgSize);
    assert_eq!(limit, Ok(SocketOption::MaxMsgSize(65_507)));
}

#[test]
fn nobody_can_be_sent_to_at_the_unspecified_address_or_port_0() {
    let mut pair = Pair::with_room(100);
    for (family, nobody) in [
        (AddressFamily::Inet, "0.0.0.0:9"),
        (AddressFamily::Inet, "0.0.0.0:0"),
        (AddressFamily::Inet, "127.0.0.1:0"),
        (AddressFamily::Inet6, "[::]:9"),
        (AddressFamily::Inet6, "[fe80::1%3]:0"),
    ] {
        let attributes = SocketAttributes { overlapped: true };
        let s = pair
            .provider
            .socket(family, SocketType::Datagram, attributes)
            .unwrap();
        let to = nobody.parse().unwrap();
        let overlapped = pair.provider.create_overlapped(None);
        for o in [None, Some(overlapped)] {
            for buffers in [array(&["x"]), array(&[""])] {
                let sent = pair.provider.send_to(s, &buffers, PLAIN, Some(to), o, None);
                assert_eq!(sent, Err(WsaError::AddrNotAvail), "{nobody}");
            }
        }
        // The page's order: the array and the flags before it, the state after it.
        let to = Some(to);
        let sent = pair.provider.send_to(s, &array(&[]), PLAIN, to, None, None);
        assert_eq!(sent, Err(WsaError::Inval), "{nobody}");
        let oob = MessageFlags::OOB;
        let sent = pair
            .provider
            .send_to(s, &array(&["x"]), oob, to, None, None);
        assert_eq!(sent, Err(WsaError::OpNotSupp), "{nobody}");
        pair.provider.shutdown(s, ShutdownHow::Send).unwrap();
        let sent = pair
            .provider
            .send_to(s, &array(&["x"]), PLAIN, to, None, None);
        assert_eq!(sent, Err(WsaError::AddrNotAvail), "{nobody}");
        // Nothing was started, and so nothing bound.
        assert_eq!(pair.provider.local_address(s), Err(WsaError::Inval));
    }
    let sent = pair.provider.send_to(
        pair.a,
        &array(&["x"]),
        PLAIN,
        Some("0.0.0.0:0".parse().unwrap()),
        None,
        None,
    );
    assert_eq!(sent, Ok(1), "a stream ignores it");
}

#[test]
fn a_datagram_socket_is_connected_to_no_port_0_and_disconnected_by_the_unspecified_address() {
    let mut pair = Pair::with_room(100);
    let s = pair
        .provider
        .socket(
            AddressFamily::Inet,
            SocketType::Datagram,
            SocketAttributes::default(),
        )
        .unwrap();
    let peer = "127.0.0.1:9".parse().unwrap();
    pair.provider.connect(s, peer).unwrap();
    let refused = pair.provider.connect(s, "127.0.0.1:0".parse().unwrap());
    assert_eq!(refused, Err(WsaError::AddrNotAvail));
    assert_eq!(pair.provider.peer_address(s), Ok(peer));
    for nobody in ["0.0.0.0:9", "0.0.0.0:0"] {
        pair.provider.connect(s, peer).unwrap();
        pair.provider.connect(s, nobody.parse().unwrap()).unwrap();
        assert_eq!(pair.provider.peer_address(s), Err(WsaError::NotConn));
    }
}

#[test]
fn send_to_on_a_stream_ignores_the_address_and_on_datagrams_checks_its_family() {
    let mut pair = Pair::with_room(100);
    let elsewhere = Some("[::1]:1".parse().unwrap());
    let sent = pair
        .provider
        .send_to(pair.a, &array(&["x"]), PLAIN, elsewhere, None, None);
    assert_eq!(sent, Ok(1));
    let datagram = pair
        .provider
        .socket(
            AddressFamily::Inet,
            SocketType::Datagram,
            SocketAttributes::default(),
        )
        .unwrap();
    let sent = pair
        .provider
        .send_to(datagram, &array(&["x"]), PLAIN, elsewhere, None, None);
    assert_eq!(sent, Err(WsaError::Fault));
}

#[test]
fn a_refused_connection_leaves_its_reason_in_so_error_until_one_is_made() {
    let mut pair = Pair::with_room(100);
    let socket = pair
        .provider
        .socket(
            AddressFamily::Inet,
            SocketType::Stream,
            SocketAttributes::default(),
        )
        .unwrap();
    pair.provider.set_nonblocking(socket, true).unwrap();
    let peer = "127.0.0.1:9".parse().unwrap();
    assert_eq!(
        pair.provider.connect(socket, peer),
        Err(WsaError::WouldBlock)
    );
    assert_eq!(pair.provider.connect(socket, peer), Err(WsaError::Already));
    let refused = Err(TransportError::ConnectionRefused);
    pair.network.borrow_mut().connects(1, refused);
    let so_error = |pair: &mut Pair| pair.provider.get_option(socket, SocketOptionName::Error);
    assert_eq!(so_error(&mut pair), Ok(SocketOption::Error(10061)));
    assert_eq!(so_error(&mut pair), Ok(SocketOption::Error(10061)));
    assert_eq!(
        pair.provider.connect(socket, peer),
        Err(WsaError::WouldBlock)
    );
    pair.network.borrow_mut().connects(1, Ok(()));
    assert_eq!(pair.provider.connect(socket, peer), Err(WsaError::IsConn));
    assert_eq!(so_error(&mut pair), Ok(SocketOption::Error(0)));
}

#[test]
fn cleanup_closes_every_socket_after_the_last_startup() {
    let mut pair = Pair::with_room(1);
    pair.provider.startup(VERSION).unwrap();
    pair.provider.cleanup().unwrap();
    assert_eq!(pair.send(&["x"]), Ok(1));
    pair.provider.cleanup().unwrap();
    assert_eq!(pair.send(&["x"]), Err(WsaError::NotSock));
    assert_eq!(pair.provider.cleanup(), Err(WsaError::NotInitialised));
    assert_eq!(
        pair.provider.startup(0x0101),
        Err(WsaError::VerNotSupported)
    );
}

#[test]
fn cancelling_one_send_ends_only_that_one() {
    let mut pair = Pair::with_room(1);
    let mut posted = Vec::new();
    for part in ["aa", "bb", "cc"] {
        let overlapped = pair.provider.create_overlapped(None);
        let sent = pair
            .provider
            .send(pair.a, &array(&[part]), PLAIN, Some(overlapped), None);
        assert_eq!(sent, Err(WsaError::IoPending));
        posted.push(overlapped);
    }
    let [first, second, third] = posted.try_into().unwrap();
    assert_eq!(pair.provider.cancel_io_ex(pair.a, Some(second)), Ok(1));
    assert_eq!(pair.provider.overlapped_status(second).offset_high, 995);
    assert_eq!(pair.peer_reads(), "aacc");
    for overlapped in [first, third] {
        assert_eq!(pair.provider.overlapped_status(overlapped).internal_high, 2);
    }
    assert_eq!(pair.provider.cancel_io_ex(pair.a, None), Ok(0));
}

#[test]
fn a_number_that_names_nothing_is_told_apart_before_anything_is_sent() {
    let mut pair = Pair::with_room(100);
    let overlapped = pair.provider.create_overlapped(None);
    let socket = SocketId::from_number(pair.a.to_number());
    let structure = OverlappedId::from_number(overlapped.to_number());
    let begin = |pair: &mut Pair, s, overlapped| {
        let begun = pair.provider.begin_send(s, request(overlapped));
        begun.map(|ticket| ticket.rest)
    };
    assert_eq!(
        begin(&mut pair, socket, Some(structure)),
        Ok(Rest::Captured)
    );

    pair.provider.drop_overlapped(overlapped);
    let dropped = begin(&mut pair, socket, Some(structure));
    assert_eq!(dropped, Err(WsaError::Fault));
    // Of two errors the socket's comes first.
    let nobody = SocketId::from_number(socket.to_number() + 1);
    let both = begin(&mut pair, nobody, Some(structure));
    assert_eq!(both, Err(WsaError::NotSock));
    for number in [0, 1, u64::MAX] {
        let made_up = begin(&mut pair, SocketId::from_number(number), None);
        assert_eq!(made_up, Err(WsaError::NotSock));
    }
    pair.provider.close_socket(pair.a).unwrap();
    assert_eq!(begin(&mut pair, socket, None), Err(WsaError::NotSock));
}

#[test]
fn a_ticket_ends_once_with_an_outcome_that_it_can_have() {
    let mut pair = Pair::with_room(100);
    let event = pair.provider.create_event();
    let overlapped = pair.provider.create_overlapped(Some(event));
    let begin = |pair: &mut Pair| {
        let ticket = pair.provider.begin_send(pair.a, request(Some(overlapped)));
        ticket.unwrap().operation
    };
    let end =
        |pair: &mut Pair, operation, outcome| pair.provider.end_send(pair.a, operation, outcome);
    // None of these is one that the host goes on with without its caller.
    for outcome in [SendOutcome::Blocked(1), SendOutcome::TimedOut] {
        let operation = begin(&mut pair);
        assert_eq!(end(&mut pair, operation, outcome), Err(WsaError::Inval));
        assert!(!pair.provider.event_is_set(event));
        assert_eq!(pair.provider.outstanding(), 0);
    }
    // Another socket's, a made up one, and one that has ended.
    let operation = begin(&mut pair);
    let attributes = SocketAttributes { overlapped: true };
    let other = pair
        .provider
        .socket(AddressFamily::Inet, SocketType::Stream, attributes)
        .unwrap();
    let done = SendOutcome::Done(1);
    let stolen = pair.provider.end_send(other, operation, done);
    assert_eq!(stolen, Err(WsaError::Inval));
    assert_eq!(end(&mut pair, operation + 1, done), Err(WsaError::Inval));
    assert_eq!(end(&mut pair, operation, done), Ok(1));
    assert!(pair.provider.event_is_set(event));
    assert_eq!(end(&mut pair, operation, done), Err(WsaError::Inval));
    // A send that waits for nobody cannot be pending.
    let pending = pair.provider.end_send(pair.a, 0, SendOutcome::Pending);
    assert_eq!(pending, Err(WsaError::Inval));
}

#[test]
fn no_ticket_ends_an_operation_that_is_under_way() {
    let mut pair = Pair::with_room(0);
    let overlapped = pair.provider.create_overlapped(None);
    let ticket = pair.provider.begin_send(pair.a, request(Some(overlapped)));
    let operation = ticket.unwrap().operation;
    let accepted = pair
        .provider
        .end_send(pair.a, operation, SendOutcome::Pending);
    assert_eq!(accepted, Err(WsaError::IoPending));
    let again = pair
        .provider
        .end_send(pair.a, operation, SendOutcome::Done(1));
    assert_eq!(again, Err(WsaError::Inval));
    assert!(pair.provider.overlapped_in_progress(overlapped));
}

#[test]
fn a_send_follows_another_one_unless_the_client_has_looked_at_something() {
    let mut pair = Pair::with_room(100);
    let event = pair.provider.create_event();
    let at_once = pair.provider.create_overlapped(Some(event));
    let later = [(); 2].map(|()| pair.provider.create_overlapped(None));
    let follows = |pair: &mut Pair, overlapped, outcome| {
        let ticket = pair.provider.begin_send(pair.a, request(Some(overlapped)));
        let ticket = ticket.unwrap();
        let _ = pair.provider.end_send(pair.a, ticket.operation, outcome);
        ticket.follows
    };
    let done = SendOutcome::Done(1);
    assert!(!follows(&mut pair, at_once, done));
    assert!(follows(&mut pair, at_once, done));
    // A look that the transport does not hear of.
    assert!(pair.provider.event_is_set(event));
    assert!(!follows(&mut pair, at_once, done));
    // With others under way, what is known already is the way to post one more of many.
    assert!(follows(&mut pair, later[0], SendOutcome::Pending));
    assert!(pair.provider.event_is_set(event));
    assert!(follows(&mut pair, later[1], SendOutcome::Pending));
    assert!(pair.provider.overlapped_in_progress(later[0]));
    assert!(!follows(&mut pair, at_once, done));
    // Sends that are not overlapped are nothing to follow.
    let blocking = pair.provider.begin_send(pair.a, request(None));
    assert!(!blocking.unwrap().follows);
    assert!(!follows(&mut pair, at_once, done));
}

/// A send of one byte.
fn request(overlapped: Option<OverlappedId>) -> SendRequest {
    SendRequest {
        parts: 1,
        total_length: 1,
        flags: PLAIN,
        to: None,
        overlapped,
        routine: None,
    }
}

#[test]
fn a_peer_is_known_while_connect_is_under_way_and_unknown_while_connect_ex_is() {
    let mut pair = Pair::with_room(100);
    let provider = &mut pair.provider;
    let peer = "127.0.0.1:9".parse().unwrap();
    let socket = |provider: &mut Provider<Simulated>| {
        let attributes = SocketAttributes { overlapped: true };
        let s = provider.socket(AddressFamily::Inet, SocketType::Stream, attributes);
        let s = s.unwrap();
        provider.set_nonblocking(s, true).unwrap();
        s
    };
    let s = socket(provider);
    assert_eq!(provider.connect(s, peer), Err(WsaError::WouldBlock));
    assert_eq!(provider.peer_address(s), Ok(peer));
    let s = socket(provider);
    provider.bind(s, "127.0.0.1:0".parse().unwrap()).unwrap();
    let overlapped = provider.create_overlapped(None);
    let started = provider.connect_ex(s, peer, None, overlapped);
    assert_eq!(started, Err(WsaError::IoPending));
    assert_eq!(provider.peer_address(s), Err(WsaError::NotConn));
    assert_eq!(provider.connect(s, peer), Err(WsaError::Inval));
}

#[test]
fn what_the_transport_does_not_keep_leaves_no_operation_behind() {
    let room = || RefCell::new(vec![0; 8]);
    for overlapped in [false, true] {
        // Refused, because no operation may be pending.
        let mut pair = Pair::new(0, overlapped);
        pair.network.borrow_mut().maximum_operations = Some(0);
        let o = overlapped.then(|| pair.provider.create_overlapped(None));
        let (a, provider) = (pair.a, &mut pair.provider);
        let refused = Err(WsaError::WouldBlock);
        let sent = provider.send(a, &array(&["x"]), PLAIN, o, None);
        assert_eq!(sent, refused);
        let received = provider.receive(a, &room(), PLAIN, o, None);
        assert_eq!(received.map(|received| received.transfer.bytes), refused);
        assert_eq!(provider.outstanding(), 0);
        let socket = |provider: &mut Provider<Simulated>| {
            let attributes = SocketAttributes { overlapped };
            let s = provider.socket(AddressFamily::Inet, SocketType::Stream, attributes);
            s.unwrap()
        };
        let connecting = socket(provider);
        let connected = provider.connect(connecting, "127.0.0.1:9".parse().unwrap());
        assert_eq!(connected, Err(WsaError::WouldBlock));
        let listening = socket(provider);
        let local = "127.0.0.1:0".parse().unwrap();
        provider.bind(listening, local).unwrap();
        provider.listen(listening, 0).unwrap();
        assert_eq!(provider.accept(listening), Err(WsaError::WouldBlock));
        assert_eq!(provider.outstanding(), 0);

        // Done at once.
        pair.network.borrow_mut().peer_sends(0, b"received");
        let received = pair.provider.receive(a, &room(), PLAIN, o, None);
        assert_eq!(received.map(|received| received.transfer.bytes), Ok(8));
        assert_eq!(pair.provider.outstanding(), 0);
    }
}
