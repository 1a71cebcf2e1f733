//! Errors of arguments and states, and their order.

use wsp_core::{MessageFlags, OverlappedStatus, SocketType, WsaError};

use crate::world::*;

pub fn c021_a_closed_socket_is_no_socket(world: &mut dyn World) {
    let pair = stream_pair(world);
    assert_eq!(world.close(pair.a), Ok(()));
    // Before anything else is looked at: an empty array, flags that do not exist.
    for (buffers, flags) in [
        (&[b"x".as_slice()] as &[&[u8]], MessageFlags::empty()),
        (&[], MessageFlags::INTERRUPT),
    ] {
        let sent = world.send(pair.a, buffers, How::flags(flags));
        assert_eq!(sent, Err(WsaError::NotSock));
    }
    assert_eq!(world.close(pair.a), Err(WsaError::NotSock));
}

pub fn c029_an_empty_array_is_invalid(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    assert_eq!(world.send(pair.a, &[], How::PLAIN), Err(WsaError::Inval));
    // The earlier error of two: flags come after it.
    let flags = How::flags(MessageFlags::INTERRUPT);
    assert_eq!(world.send(pair.a, &[], flags), Err(WsaError::Inval));
    pair.nothing_else_arrives(world);
}

pub fn c032_a_fresh_stream_socket_is_not_connected(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Stream, true).unwrap();
    assert_eq!(world.send(s, &[b"x"], How::PLAIN), Err(WsaError::NotConn));
}

pub fn c033_a_bound_stream_socket_is_not_connected(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Stream, true).unwrap();
    world.bind(s, "127.0.0.1:0".parse().unwrap()).unwrap();
    assert_eq!(world.send(s, &[b"x"], How::PLAIN), Err(WsaError::NotConn));
}

pub fn c034_a_listening_socket_is_not_connected(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Stream, true).unwrap();
    world.bind(s, "127.0.0.1:0".parse().unwrap()).unwrap();
    world.listen(s).unwrap();
    assert_eq!(world.send(s, &[b"x"], How::PLAIN), Err(WsaError::NotConn));
}

pub fn c036_a_refused_overlapped_send_indicates_nothing(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Stream, true).unwrap();
    for signalled in [false, true] {
        let event = world.event();
        if signalled {
            world.set_event(event);
        }
        let o = world.overlapped(Some(event));
        let sent = world.send(s, &[b"x"], How::overlapped(o));
        assert_eq!(sent, Err(WsaError::NotConn));
        assert_eq!(world.is_set(event), signalled);
        assert_eq!(world.status(o), OverlappedStatus::default());
    }
}

pub fn c037_flags_of_other_calls_are_not_supported(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Stream, true).unwrap();
    for flags in [
        MessageFlags::INTERRUPT,
        MessageFlags::PEEK,
        MessageFlags::WAIT_ALL,
        MessageFlags::WAIT_ALL | MessageFlags::OOB,
    ] {
        // Before the state of the socket is looked at, which is not connected.
        let sent = world.send(s, &[b"x"], How::flags(flags));
        assert_eq!(sent, Err(WsaError::OpNotSupp));
    }
}

/// The operations that a case allows.
const K: usize = 3;

/// K operations are pending; the events and structures of them.
fn k_pending(world: &mut dyn World) -> (Pair, Vec<(Event, Overlapped)>) {
    world.limit_operations(K);
    let mut pair = stream_pair(world);
    let posted = (0..K).map(|at| {
        let event = world.event();
        let o = world.overlapped(Some(event));
        pair.post(world, How::overlapped(o), at as u8);
        (event, o)
    });
    let posted = posted.collect();
    (pair, posted)
}

pub fn c038_one_operation_too_many_would_block(world: &mut dyn World) {
    let (mut pair, posted) = k_pending(world);
    let event = world.event();
    let extra = world.overlapped(Some(event));
    let sent = world.send(pair.a, &[b"extra"], How::overlapped(extra));
    assert_eq!(sent, Err(WsaError::WouldBlock));
    pair.drain(world);
    for (event, o) in posted {
        signalled(world, event);
        let result = world.overlapped_result(pair.a, o, false);
        assert_eq!(result, transferred(MORE_THAN_ROOM));
    }
    assert!(!world.is_set(event));
    assert_eq!(world.status(extra), OverlappedStatus::default());
    pair.nothing_else_arrives(world);
}

pub fn c039_an_operation_that_completed_makes_room_for_another(world: &mut dyn World) {
    let (mut pair, posted) = k_pending(world);
    let first = world.peer_reads(pair.b, MORE_THAN_ROOM);
    crate::same(&first, &pair.expected[..MORE_THAN_ROOM]);
    pair.expected.drain(..MORE_THAN_ROOM);
    signalled(world, posted[0].0);
    let event = world.event();
    let o = world.overlapped(Some(event));
    pair.post(world, How::overlapped(o), 9);
    pair.drain(world);
    signalled(world, event);
}

pub fn c040_no_memory_for_the_request_is_no_buffers(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    world.inject(pair.a, Fault::OutOfBuffers);
    let sent = world.send(pair.a, &[b"x"], How::overlapped(o));
    assert_eq!(sent, Err(WsaError::NoBufs));
    assert!(!world.is_set(event));
    assert_eq!(world.status(o), OverlappedStatus::default());
    // The next one finds memory.
    pair.nothing_else_arrives(world);
}

pub fn c041_a_network_that_is_down_is_said_to_be(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    world.inject(pair.a, Fault::NetworkDown);
    let sent = world.send(pair.a, &[b"x"], How::PLAIN);
    assert_eq!(sent, Err(WsaError::NetDown));
    pair.nothing_else_arrives(world);
}
