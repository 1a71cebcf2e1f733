//! Mode selection.

use wsp_core::{OverlappedStatus, Waited, WsaError};

use crate::world::*;

pub fn c008_without_an_overlapped_structure_the_call_is_synchronous(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let bytes = pattern(100, 1);
    assert_eq!(world.send(pair.a, &[&bytes], How::PLAIN), Ok(100));
    assert_eq!(world.next_completion(THREAD), None);
    pair.expected.extend(&bytes);
    pair.drain(world);
}

pub fn c010_a_synchronous_send_is_never_pending(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    world.set_nonblocking(pair.a, true).unwrap();
    let bytes = pattern(MORE_THAN_ROOM, 1);
    match world.send(pair.a, &[&bytes], How::PLAIN) {
        Err(WsaError::WouldBlock) => {}
        Ok(sent) if sent > 0 && (sent as usize) < bytes.len() => {
            pair.expected.extend(&bytes[..sent as usize]);
        }
        other => panic!("{other:?}"),
    }
    pair.drain(world);
}

pub fn c011_a_routine_without_an_overlapped_structure_is_ignored(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let how = How {
        routine: Some((THREAD, 1)),
        ..How::PLAIN
    };
    let bytes = pattern(100, 1);
    assert_eq!(world.send(pair.a, &[&bytes], how), Ok(100));
    pair.expected.extend(&bytes);
    pair.drain(world);
    assert_eq!(world.sleep(Some(0), Some(THREAD)), Ok(Waited::TimedOut));
    assert_eq!(world.next_completion(THREAD), None);
}

pub fn c012_an_overlapped_send_pends_on_a_nonblocking_socket_too(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    world.set_nonblocking(pair.a, true).unwrap();
    let event = world.event();
    let o = world.overlapped(Some(event));
    let length = pair.post(world, How::overlapped(o), 1);
    pair.drain(world);
    assert_eq!(ends(world, pair.a, o), transferred(length));
}

pub fn c013_an_operation_without_an_event_is_polled(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    let o = world.overlapped(None);
    let length = pair.post(world, How::overlapped(o), 1);
    let polled = world.overlapped_result(pair.a, o, false);
    assert_eq!(polled, Err(WsaError::IoIncomplete));
    pair.drain(world);
    assert_eq!(ends(world, pair.a, o), transferred(length));
    assert_eq!(world.next_completion(THREAD), None);
}

pub fn c014_a_plain_socket_ignores_the_overlapped_structure(world: &mut dyn World) {
    let mut pair = plain_pair(world);
    let bytes = pattern(100, 1);
    for signalled in [false, true] {
        let event = world.event();
        if signalled {
            world.set_event(event);
        }
        let o = world.overlapped(Some(event));
        assert_eq!(world.send(pair.a, &[&bytes], How::overlapped(o)), Ok(100));
        pair.expected.extend(&bytes);
        assert_eq!(world.is_set(event), signalled);
        assert_eq!(world.status(o), OverlappedStatus::default());
    }
    pair.drain(world);
}

pub fn c016_a_plain_nonblocking_socket_would_block(world: &mut dyn World) {
    start(world);
    let mut pair = another_pair(world, Attribute::Plain);
    world.set_nonblocking(pair.a, true).unwrap();
    let event = world.event();
    let o = world.overlapped(Some(event));
    let bytes = pattern(MORE_THAN_ROOM, 1);
    loop {
        match world.send(pair.a, &[&bytes], How::overlapped(o)) {
            Ok(sent) => pair.expected.extend(&bytes[..sent as usize]),
            Err(error) => {
                assert_eq!(error, WsaError::WouldBlock);
                break;
            }
        }
    }
    assert!(!world.is_set(event));
    pair.drain(world);
}

pub fn c017_a_plain_socket_does_not_look_at_the_thread(world: &mut dyn World) {
    let mut pair = plain_pair(world);
    let o = world.overlapped(None);
    for thread in [0, THREAD, u32::MAX] {
        let how = How {
            routine: Some((thread, 1)),
            ..How::overlapped(o)
        };
        assert_eq!(world.send(pair.a, &[b"x"], how), Ok(1));
        pair.expected.push(b'x');
        assert_eq!(world.next_completion(thread), None);
    }
    pair.drain(world);
}

pub fn c018_the_result_alone_decides_success(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    // An error of an earlier call changes nothing.
    assert_eq!(world.send(pair.a, &[], How::PLAIN), Err(WsaError::Inval));
    assert_eq!(world.send(pair.a, &[b"x"], How::PLAIN), Ok(1));
    pair.expected.push(b'x');
    pair.drain(world);
}
