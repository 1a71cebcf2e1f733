//! Flags of WSPSend.

use wsp_core::{Configuration, MessageFlags, OptionalServices, WsaError};

use crate::world::*;

const OOB: How = with(MessageFlags::OOB);
const PARTIAL: How = with(MessageFlags::PARTIAL);
const DONT_ROUTE: How = with(MessageFlags::DONT_ROUTE);

const fn with(flags: MessageFlags) -> How {
    How {
        flags,
        ..How::PLAIN
    }
}

pub fn c042_dontroute_is_accepted_on_a_stream(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let bytes = pattern(10, 1);
    assert_eq!(world.send(pair.a, &[&bytes], DONT_ROUTE), Ok(10));
    pair.expected.extend(&bytes);
    pair.drain(world);
}

pub fn c043_dontroute_is_accepted_on_datagrams(world: &mut dyn World) {
    let (a, b) = datagram_pair(world);
    assert_eq!(world.send(a, &[b"near"], DONT_ROUTE), Ok(4));
    assert_eq!(world.peer_receives(b), b"near");
}

pub fn c044_datagrams_have_no_urgent_data(world: &mut dyn World) {
    let (a, b) = datagram_pair(world);
    assert_eq!(world.send(a, &[b"X"], OOB), Err(WsaError::OpNotSupp));
    assert_eq!(world.send(a, &[b"next"], How::PLAIN), Ok(4));
    assert_eq!(world.peer_receives(b), b"next");
}

pub fn c045_urgent_data_arrive_out_of_band(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    assert_eq!(world.send(pair.a, &[b"X"], OOB), Ok(1));
    assert_eq!(world.peer_reads_urgent(pair.b), b'X');
    assert_eq!(world.send(pair.a, &[b"ab"], How::PLAIN), Ok(2));
    pair.expected.extend(b"ab");
    pair.drain(world);
}

pub fn c047_a_stream_without_expedited_data_refuses_urgent_data(world: &mut dyn World) {
    let none = Configuration {
        stream: OptionalServices::empty(),
        ..Configuration::default()
    };
    assert_eq!(world.configure(none), Ok(()));
    let mut pair = stream_pair(world);
    assert_eq!(world.send(pair.a, &[b"X"], OOB), Err(WsaError::OpNotSupp));
    pair.nothing_else_arrives(world);
}

pub fn c048_urgent_data_stay_out_of_the_stream(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    assert_eq!(world.send(pair.a, &[b"ab"], How::PLAIN), Ok(2));
    assert_eq!(world.send(pair.a, &[b"X"], OOB), Ok(1));
    assert_eq!(world.peer_reads_urgent(pair.b), b'X');
    assert_eq!(world.send(pair.a, &[b"cd"], How::PLAIN), Ok(2));
    pair.expected.extend(b"abcd");
    pair.drain(world);
}

pub fn c049_datagrams_have_no_partial_messages(world: &mut dyn World) {
    let (a, b) = datagram_pair(world);
    assert_eq!(world.send(a, &[b"part"], PARTIAL), Err(WsaError::OpNotSupp));
    assert_eq!(world.send(a, &[b"whole"], How::PLAIN), Ok(5));
    assert_eq!(world.peer_receives(b), b"whole");
}

pub fn c050_streams_have_no_partial_messages(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    assert_eq!(
        world.send(pair.a, &[b"part"], PARTIAL),
        Err(WsaError::OpNotSupp)
    );
    pair.nothing_else_arrives(world);
}

pub fn c051_partial_messages_become_one_where_there_are_any(world: &mut dyn World) {
    let partial = Configuration {
        datagram: OptionalServices::PARTIAL_MESSAGE,
        ..Configuration::default()
    };
    assert_eq!(world.configure(partial), Ok(()));
    let (a, b) = datagram_pair(world);
    assert_eq!(world.send(a, &[b"one, "], PARTIAL), Ok(5));
    assert_eq!(world.send(a, &[b"two, "], PARTIAL), Ok(5));
    assert_eq!(world.send(a, &[b"three"], How::PLAIN), Ok(5));
    assert_eq!(world.peer_receives(b), b"one, two, three");
}

pub fn c052_a_receive_only_protocol_refuses_every_send(world: &mut dyn World) {
    let receive_only = Configuration {
        stream: OptionalServices::UNI_RECV,
        datagram: OptionalServices::UNI_RECV,
        ..Configuration::default()
    };
    assert_eq!(world.configure(receive_only), Ok(()));
    let pair = stream_pair(world);
    let (datagrams, _) = datagram_pair(world);
    for s in [pair.a, datagrams] {
        for how in [How::PLAIN, DONT_ROUTE] {
            let sent = world.send(s, &[b"x"], how);
            assert_eq!(sent, Err(WsaError::OpNotSupp));
        }
    }
}
