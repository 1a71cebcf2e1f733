//! Synchronous transfer on streams.

use wsp_core::{Configuration, ShortRoom, SocketOption, WsaError};

use crate::world::*;

pub fn c053_a_blocking_send_returns_when_everything_is_consumed(world: &mut dyn World) {
    let pair = stream_pair(world);
    let bytes = pattern(MORE_THAN_ROOM, 1);
    world.peer_reads_meanwhile(pair.b);
    let sent = world.send(pair.a, &[&bytes], How::PLAIN);
    assert_eq!(sent, Ok(bytes.len() as u32));
    crate::same(&world.read_meanwhile(pair.b, bytes.len()), &bytes);
}

pub fn c055_a_nonblocking_send_consumes_what_fits(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    world.set_nonblocking(pair.a, true).unwrap();
    let bytes = pattern(MORE_THAN_ROOM, 1);
    let sent = world.send(pair.a, &[&bytes], How::PLAIN).unwrap() as usize;
    assert!((1..bytes.len()).contains(&sent), "{sent}");
    pair.expected.extend(&bytes[..sent]);
    pair.drain(world);
    pair.nothing_else_arrives(world);
}

pub fn c056_without_room_a_nonblocking_send_would_block(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    world.set_nonblocking(pair.a, true).unwrap();
    pair.send_until_no_room(world);
    // What was refused is not queued: only what was counted arrives.
    pair.drain(world);
    pair.nothing_else_arrives(world);
}

pub fn c058_all_or_nothing_consumes_everything_where_there_is_room(world: &mut dyn World) {
    let consume_all = Configuration {
        short_room: ShortRoom::ConsumeAll,
        ..Configuration::default()
    };
    assert_eq!(world.configure(consume_all), Ok(()));
    let mut pair = stream_pair(world);
    world.set_nonblocking(pair.a, true).unwrap();
    let bytes = pattern(MORE_THAN_ROOM, 1);
    let sent = world.send(pair.a, &[&bytes], How::PLAIN);
    assert_eq!(sent, Ok(bytes.len() as u32));
    let next = world.send(pair.a, &[b"next"], How::PLAIN);
    assert_eq!(next, Err(WsaError::WouldBlock));
    pair.expected.extend(&bytes);
    pair.drain(world);
    assert_eq!(
        world.select(&[], &[pair.a], &[], 30_000).unwrap().write,
        [0]
    );
    pair.nothing_else_arrives(world);
}

pub fn c059_after_would_block_there_is_room_again_when_the_peer_has_read(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    world.set_nonblocking(pair.a, true).unwrap();
    pair.send_until_no_room(world);
    pair.drain(world);
    assert_eq!(
        world.select(&[], &[pair.a], &[], 30_000).unwrap().write,
        [0]
    );
    pair.nothing_else_arrives(world);
}

pub fn c060_sndtimeo_bounds_a_blocking_send(world: &mut dyn World) {
    let pair = stalled_pair(world, Attribute::Overlapped);
    world
        .set_option(pair.a, SocketOption::SndTimeo(200))
        .unwrap();
    let before = world.now();
    let bytes = pattern(MORE_THAN_ROOM, 1);
    let sent = world.send(pair.a, &[&bytes], How::PLAIN);
    assert_eq!(sent, Err(WsaError::TimedOut));
    assert!(world.now() - before >= 200);
}

pub fn c061_after_a_blocking_send_the_buffer_is_free(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let mut bytes = pattern(100, 1);
    assert_eq!(world.send(pair.a, &[&bytes], How::PLAIN), Ok(100));
    pair.expected.extend(&bytes);
    bytes.fill(0);
    pair.drain(world);
}

pub fn c062_success_is_not_delivery(world: &mut dyn World) {
    let pair = stream_pair(world);
    world.peer_closes(pair.b);
    notices(world, pair.a);
    assert_eq!(world.send(pair.a, &[b"to nobody"], How::PLAIN), Ok(9));
}

/// Two threads of a program post records by turns; one call runs at a time, so
/// what could mix them is what is pending.
pub fn c063_the_bytes_of_a_call_stay_together(world: &mut dyn World) {
    const RECORD: usize = 1000;
    let mut pair = stream_pair(world);
    let first = world.overlapped(None);
    pair.post(world, How::overlapped(first), 9);
    let mut posted = Vec::new();
    for at in 0..200 {
        let o = world.overlapped(None);
        let thread = at % 2;
        let record = [thread as u8; RECORD];
        let how = How {
            routine: Some((thread, at.into())),
            ..How::overlapped(o)
        };
        assert_eq!(
            world.send(pair.a, &[&record], how),
            Err(WsaError::IoPending)
        );
        pair.expected.extend(record);
        posted.push(o);
    }
    pair.drain(world);
    for o in posted {
        assert_eq!(ends(world, pair.a, o), transferred(RECORD));
    }
}
