//! Gather, zero length and capture.

use wsp_core::{SocketType, WsaError};

use crate::world::*;

pub fn c064_buffers_leave_in_order(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let sent = world.send(pair.a, &[b"ab", b"", b"cde"], How::PLAIN);
    assert_eq!(sent, Ok(5));
    pair.expected.extend(b"abcde");
    pair.drain(world);
}

pub fn c066_nothing_sent_on_a_stream_is_nothing_received(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    assert_eq!(world.send(pair.a, &[b""], How::PLAIN), Ok(0));
    assert_eq!(world.send(pair.a, &[b"z"], How::PLAIN), Ok(1));
    pair.expected.push(b'z');
    pair.drain(world);
}

pub fn c067_nothing_sent_on_datagrams_is_an_empty_datagram(world: &mut dyn World) {
    let (a, b) = datagram_pair(world);
    assert_eq!(world.send(a, &[b""], How::PLAIN), Ok(0));
    assert_eq!(world.peer_receives(b), b"");
    assert_eq!(world.send(a, &[b"z"], How::PLAIN), Ok(1));
    assert_eq!(world.peer_receives(b), b"z");
}

pub fn c068_a_gather_is_one_datagram(world: &mut dyn World) {
    let (a, b) = datagram_pair(world);
    assert_eq!(world.send(a, &[b"ab", b"cd"], How::PLAIN), Ok(4));
    assert_eq!(world.peer_receives(b), b"abcd");
}

pub fn c069_what_is_pending_was_captured(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    let mut bytes = pattern(MORE_THAN_ROOM, 1);
    let (front, back) = bytes.split_at(1000);
    let sent = world.send(pair.a, &[front, back], How::overlapped(o));
    assert_eq!(sent, Err(WsaError::IoPending));
    pair.expected.extend(&bytes);
    bytes.fill(0xEE);
    drop(bytes);
    pair.drain(world);
    signalled(world, event);
    assert_eq!(ends(world, pair.a, o), transferred(MORE_THAN_ROOM));
}

pub fn c070_empty_buffers_of_a_pending_send_count_nothing(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let o = world.overlapped(None);
    let bytes = pattern(MORE_THAN_ROOM, 1);
    let (front, back) = bytes.split_at(7);
    let sent = world.send(pair.a, &[b"", front, back, b""], How::overlapped(o));
    assert_eq!(sent, Err(WsaError::IoPending));
    pair.expected.extend(&bytes);
    pair.drain(world);
    assert_eq!(ends(world, pair.a, o), transferred(MORE_THAN_ROOM));
    pair.nothing_else_arrives(world);
}

pub fn c071_an_overlapped_send_of_nothing_is_indicated(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    match world.send(pair.a, &[b""], How::overlapped(o)) {
        Ok(sent) => {
            assert_eq!(sent, 0);
            assert!(world.is_set(event));
        }
        Err(error) => {
            assert_eq!(error, WsaError::IoPending);
            signalled(world, event);
        }
    }
    assert_eq!(world.overlapped_result(pair.a, o, false), transferred(0));
    pair.nothing_else_arrives(world);
}

pub fn c072_a_send_of_nothing_needs_a_connection_too(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Stream, true).unwrap();
    assert_eq!(world.send(s, &[b""], How::PLAIN), Err(WsaError::NotConn));
}
