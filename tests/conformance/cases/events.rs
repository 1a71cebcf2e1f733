//! Overlapped sends with events.

use wsp_core::{WSS_OPERATION_IN_PROGRESS, WsaError};

use crate::world::*;

/// Posts that many bytes; they stay pending behind what fills the room.
fn post_bytes(
    world: &mut dyn World,
    pair: &mut Pair,
    how: How,
    length: usize,
    seed: u8,
) -> Result<u32, WsaError> {
    let bytes = pattern(length, seed);
    let posted = world.send(pair.a, &[&bytes], how);
    pair.expected.extend(&bytes);
    posted
}

pub fn c087_an_immediate_completion_sets_the_event(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    match post_bytes(world, &mut pair, How::overlapped(o), 100, 1) {
        Ok(sent) => {
            assert_eq!(sent, 100);
            assert!(world.is_set(event));
            let result = world.overlapped_result(pair.a, o, false);
            assert_eq!(result, transferred(100));
        }
        Err(error) => assert_eq!(error, WsaError::IoPending),
    }
    pair.drain(world);
    signalled(world, event);
}

pub fn c088_a_pending_operation_is_in_progress(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    let event = world.event();
    let o = world.overlapped(Some(event));
    pair.post(world, How::overlapped(o), 1);
    assert_eq!(world.status(o).internal, WSS_OPERATION_IN_PROGRESS);
    assert!(!world.is_set(event));
    pair.drain(world);
}

pub fn c089_the_event_is_reset_when_the_operation_starts(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    let event = world.event();
    world.set_event(event);
    let o = world.overlapped(Some(event));
    pair.post(world, How::overlapped(o), 1);
    assert!(!world.is_set(event));
    pair.drain(world);
    signalled(world, event);
}

pub fn c090_completion_sets_the_event_and_the_fields(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    let event = world.event();
    let o = world.overlapped(Some(event));
    let length = pair.post(world, How::overlapped(o), 1);
    pair.drain(world);
    signalled(world, event);
    assert_eq!(
        world.overlapped_result(pair.a, o, false),
        transferred(length)
    );
    let status = world.status(o);
    assert_ne!(status.internal, WSS_OPERATION_IN_PROGRESS);
    assert_eq!(status.internal_high as usize, length);
    assert_eq!((status.offset, status.offset_high), (0, 0));
    // Once: nothing sets it a second time.
    world.reset_event(event);
    pair.nothing_else_arrives(world);
    assert!(!world.is_set(event));
}

pub fn c091_an_operation_never_completes_short(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let o = world.overlapped(None);
    let length = pair.post(world, How::overlapped(o), 1);
    for left in [length / 2, 1] {
        let count = pair.expected.len() - left;
        let read = world.peer_reads(pair.b, count);
        crate::same(&read, &pair.expected[..count]);
        pair.expected.drain(..count);
        match world.overlapped_result(pair.a, o, false) {
            Err(error) => assert_eq!(error, WsaError::IoIncomplete),
            done => assert_eq!(done, transferred(length)),
        }
    }
    pair.drain(world);
    assert_eq!(ends(world, pair.a, o), transferred(length));
}

pub fn c092_operations_report_their_own_counts_in_posting_order(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    let posted = [MORE_THAN_ROOM, 1, 70_000].map(|length| {
        let event = world.event();
        let o = world.overlapped(Some(event));
        let sent = post_bytes(world, &mut pair, How::overlapped(o), length, length as u8);
        assert_eq!(sent, Err(WsaError::IoPending));
        (event, o, length)
    });
    pair.drain(world);
    for (event, o, length) in posted {
        signalled(world, event);
        assert_eq!(
            world.overlapped_result(pair.a, o, false),
            transferred(length)
        );
    }
}

pub fn c094_a_synchronous_send_does_not_overtake_pending_ones(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let posted = [1, 2].map(|seed| {
        let o = world.overlapped(None);
        pair.post(world, How::overlapped(o), seed);
        o
    });
    // There may be room now that what is pending has not used yet.
    let read = world.peer_reads(pair.b, 10_000);
    crate::same(&read, &pair.expected[..10_000]);
    pair.expected.drain(..10_000);
    world.peer_reads_meanwhile(pair.b);
    let sent = post_bytes(world, &mut pair, How::PLAIN, 5000, 3);
    assert_eq!(sent, Ok(5000));
    for o in posted {
        assert_eq!(
            world.overlapped_result(pair.a, o, false),
            transferred(MORE_THAN_ROOM)
        );
    }
    let read = world.read_meanwhile(pair.b, pair.expected.len());
    crate::same(&read, &pair.expected);
}

pub fn c095_an_event_that_is_none_is_not_signalled(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    world.drop_event(event);
    let length = pair.post(world, How::overlapped(o), 1);
    pair.drain(world);
    assert_eq!(ends(world, pair.a, o), transferred(length));
}

pub fn c097_an_event_of_two_operations_is_not_their_result(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let first = world.overlapped(Some(event));
    let second = world.overlapped(Some(event));
    pair.post(world, How::overlapped(first), 1);
    let length = 5000;
    let posted = post_bytes(world, &mut pair, How::overlapped(second), length, 2);
    assert_eq!(posted, Err(WsaError::IoPending));
    // Somebody sets it; neither operation has ended by that.
    world.set_event(event);
    for o in [first, second] {
        let result = world.overlapped_result(pair.a, o, false);
        assert_eq!(result, Err(WsaError::IoIncomplete));
    }
    pair.drain(world);
    assert_eq!(ends(world, pair.a, first), transferred(MORE_THAN_ROOM));
    assert_eq!(ends(world, pair.a, second), transferred(length));
}

pub fn c098_a_structure_can_be_used_again(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    let length = pair.post(world, How::overlapped(o), 1);
    pair.drain(world);
    signalled(world, event);
    assert_eq!(ends(world, pair.a, o), transferred(length));

    let bytes = pattern(MORE_THAN_ROOM / 2 * 3, 2);
    let sent = world.send(pair.a, &[&bytes], How::overlapped(o));
    assert_eq!(sent, Err(WsaError::IoPending));
    assert!(!world.is_set(event));
    pair.expected.extend(&bytes);
    pair.drain(world);
    signalled(world, event);
    assert_eq!(ends(world, pair.a, o), transferred(bytes.len()));
}
