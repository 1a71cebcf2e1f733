//! Message sockets and WSPSendTo.

use std::net::{Ipv4Addr, SocketAddr};

use wsp_core::{SocketOption, SocketOptionName, SocketType, WsaError};

use crate::world::*;

/// The broadcast address of the loopback interface.
const BROADCAST: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

fn longest(world: &mut dyn World, s: Socket) -> usize {
    match world.option(s, SocketOptionName::MaxMsgSize) {
        Ok(SocketOption::MaxMsgSize(bytes)) => bytes as usize,
        other => panic!("{other:?}"),
    }
}

pub fn c073_the_longest_message_is_accepted(world: &mut dyn World) {
    let (a, b) = datagram_pair(world);
    let bytes = pattern(longest(world, a), 1);
    let sent = world.send(a, &[&bytes], How::PLAIN);
    assert_eq!(sent, Ok(bytes.len() as u32));
    crate::same(&world.peer_receives(b), &bytes);
}

pub fn c074_a_longer_message_is_refused(world: &mut dyn World) {
    let (a, b) = datagram_pair(world);
    let bytes = pattern(longest(world, a) + 1, 1);
    let (front, back) = bytes.split_at(1000);
    let sent = world.send(a, &[front, back], How::PLAIN);
    assert_eq!(sent, Err(WsaError::MsgSize));
    assert_eq!(world.send(a, &[b"small"], How::PLAIN), Ok(5));
    assert_eq!(world.peer_receives(b), b"small");
}

pub fn c076_a_message_socket_without_a_peer_is_not_connected(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Datagram, true).unwrap();
    assert_eq!(world.send(s, &[b"x"], How::PLAIN), Err(WsaError::NotConn));
    world.bind(s, "127.0.0.1:0".parse().unwrap()).unwrap();
    assert_eq!(world.send(s, &[b"x"], How::PLAIN), Err(WsaError::NotConn));
    let nowhere = world.send_to(s, &[b"x"], None, How::PLAIN);
    assert_eq!(nowhere, Err(WsaError::NotConn));
}

pub fn c078_each_send_is_one_datagram_to_the_peer(world: &mut dyn World) {
    let (a, b) = datagram_pair(world);
    assert_eq!(world.send(a, &[b"one"], How::PLAIN), Ok(3));
    assert_eq!(world.send(a, &[b"two"], How::PLAIN), Ok(3));
    assert_eq!(world.peer_receives(b), b"one");
    assert_eq!(world.peer_receives(b), b"two");
}

pub fn c079_another_connect_changes_the_peer(world: &mut dyn World) {
    let (a, b) = datagram_pair(world);
    let (other, address) = world.datagram_peer();
    assert_eq!(world.send(a, &[b"first"], How::PLAIN), Ok(5));
    assert_eq!(world.connect(a, address), Ok(()));
    assert_eq!(world.send(a, &[b"second"], How::PLAIN), Ok(6));
    assert_eq!(world.peer_receives(b), b"first");
    assert_eq!(world.peer_receives(other), b"second");
}

pub fn c080_sends_to_a_dead_port_succeed(world: &mut dyn World) {
    start(world);
    let dead = world.dead_address();
    let s = world.socket(SocketType::Datagram, true).unwrap();
    world.connect(s, dead).unwrap();
    for _ in 0..10 {
        assert_eq!(world.send(s, &[b"hello"], How::PLAIN), Ok(5));
    }
}

pub fn c081_a_broadcast_peer_needs_so_broadcast(world: &mut dyn World) {
    let (_, b) = datagram_pair(world);
    let s = world.socket(SocketType::Datagram, true).unwrap();
    let peer = SocketAddr::from((BROADCAST, 9));
    assert_eq!(world.connect(s, peer), Ok(()));
    assert_eq!(world.send(s, &[b"all"], How::PLAIN), Err(WsaError::Acces));
    world.set_option(s, SocketOption::Broadcast(true)).unwrap();
    assert_eq!(world.send(s, &[b"all"], How::PLAIN), Ok(3));
    let _ = b;
}

pub fn c082_sending_to_a_broadcast_address_needs_so_broadcast(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Datagram, true).unwrap();
    let to = Some(SocketAddr::from((BROADCAST, 9)));
    assert_eq!(
        world.send_to(s, &[b"all"], to, How::PLAIN),
        Err(WsaError::Acces)
    );
    world.set_option(s, SocketOption::Broadcast(true)).unwrap();
    assert_eq!(world.send_to(s, &[b"all"], to, How::PLAIN), Ok(3));
}

pub fn c083_sending_binds_a_message_socket(world: &mut dyn World) {
    start(world);
    let (b, address) = world.datagram_peer();
    let s = world.socket(SocketType::Datagram, true).unwrap();
    assert_eq!(world.local_address(s), Err(WsaError::Inval));
    let sent = world.send_to(s, &[b"hello"], Some(address), How::PLAIN);
    assert_eq!(sent, Ok(5));
    assert_ne!(world.local_address(s).unwrap().port(), 0);
    assert_eq!(world.peer_receives(b), b"hello");
}

pub fn c084_a_stream_ignores_the_address(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let garbage = Some("[2001:db8::1]:1".parse().unwrap());
    let sent = world.send_to(pair.a, &[b"to b"], garbage, How::PLAIN);
    assert_eq!(sent, Ok(4));
    pair.expected.extend(b"to b");
    pair.drain(world);
}

pub fn c085_an_address_of_another_family_is_a_fault(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Datagram, true).unwrap();
    let to = Some("[::1]:9".parse().unwrap());
    let sent = world.send_to(s, &[b"x"], to, How::PLAIN);
    assert_eq!(sent, Err(WsaError::Fault));
    // Nothing was started, and so nothing bound.
    assert_eq!(world.local_address(s), Err(WsaError::Inval));
}

pub fn c086_a_datagram_without_room_is_not_sent_in_part(world: &mut dyn World) {
    let (a, b) = datagram_pair(world);
    world.set_nonblocking(a, true).unwrap();
    world.inject(a, Fault::WouldBlock);
    let bytes = pattern(1000, 1);
    assert_eq!(
        world.send(a, &[&bytes], How::PLAIN),
        Err(WsaError::WouldBlock)
    );
    assert_eq!(world.send(a, &[b"later"], How::PLAIN), Ok(5));
    assert_eq!(world.peer_receives(b), b"later");
}
