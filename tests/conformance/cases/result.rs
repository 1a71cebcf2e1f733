//! WSPGetOverlappedResult.

use wsp_core::WsaError;

use crate::world::*;

pub fn c113_polling_a_pending_operation_is_incomplete(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    pair.post(world, How::overlapped(o), 1);
    for _ in 0..3 {
        let polled = world.overlapped_result(pair.a, o, false);
        assert_eq!(polled, Err(WsaError::IoIncomplete));
    }
    pair.drain(world);
    assert_eq!(ends(world, pair.a, o), transferred(MORE_THAN_ROOM));
}

pub fn c114_waiting_for_an_operation_ends_with_it(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    let length = pair.post(world, How::overlapped(o), 1);
    world.peer_reads_meanwhile(pair.b);
    assert_eq!(
        world.overlapped_result(pair.a, o, true),
        transferred(length)
    );
    let read = world.read_meanwhile(pair.b, pair.expected.len());
    crate::same(&read, &pair.expected);
}

pub fn c115_the_result_can_be_asked_for_again(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    let length = pair.post(world, How::overlapped(o), 1);
    pair.drain(world);
    assert_eq!(ends(world, pair.a, o), transferred(length));
    for wait in [false, true, false] {
        assert_eq!(
            world.overlapped_result(pair.a, o, wait),
            transferred(length)
        );
    }
}

pub fn c116_the_result_of_a_failed_operation_is_its_error(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    pair.post(world, How::overlapped(o), 1);
    world.peer_resets(pair.b);
    signalled(world, event);
    for _ in 0..2 {
        let result = world.overlapped_result(pair.a, o, false);
        assert_eq!(result, Err(WsaError::ConnReset));
    }
    assert_eq!(world.status(o).offset_high, WsaError::ConnReset.number());
}

pub fn c118_waiting_needs_an_event(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let o = world.overlapped(None);
    let length = pair.post(world, How::overlapped(o), 1);
    let waited = world.overlapped_result(pair.a, o, true);
    assert_eq!(waited, Err(WsaError::InvalidHandle));
    pair.drain(world);
    assert_eq!(ends(world, pair.a, o), transferred(length));
}

pub fn c119_waiting_for_an_operation_with_a_routine_is_invalid(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let o = world.overlapped(Some(event));
    pair.post(world, How::routine(o, 1), 1);
    let waited = world.overlapped_result(pair.a, o, true);
    assert_eq!(waited, Err(WsaError::Inval));
    pair.drain(world);
    assert_eq!(run_routine(world).context, 1);
}

pub fn c120_waiting_for_a_result_runs_no_routine(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let first = world.overlapped(None);
    pair.post(world, How::routine(first, 1), 1);
    let event = world.event();
    let second = world.overlapped(Some(event));
    let length = pair.post(world, How::overlapped(second), 2);
    world.peer_reads_meanwhile(pair.b);
    // The first operation, and so its routine, is ready before the second ends.
    let waited = world.overlapped_result(pair.a, second, true);
    assert_eq!(waited, transferred(length));
    assert_eq!(run_routine(world).context, 1);
    world.read_meanwhile(pair.b, pair.expected.len());
}
