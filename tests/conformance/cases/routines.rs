//! Completion routines.

use wsp_core::{Configuration, MessageFlags, RoutineModel, SocketType, Waited, WsaError};

use crate::world::*;

/// Nothing is there to be run, now or in an alertable wait.
fn no_routine(world: &mut dyn World) {
    assert_eq!(world.sleep(Some(0), Some(THREAD)), Ok(Waited::TimedOut));
    assert_eq!(world.next_completion(THREAD), None);
}

/// Two operations of one socket whose routines are ready to run.
fn two_ready(world: &mut dyn World, pair: &mut Pair, contexts: [u64; 2]) {
    for context in contexts {
        let o = world.overlapped(None);
        pair.post(world, How::routine(o, context), context as u8);
        pair.drain(world);
        ends(world, pair.a, o).unwrap();
    }
}

fn start_routine(world: &mut dyn World) -> Call {
    let waited = world.sleep(Some(30_000), Some(THREAD));
    assert_eq!(waited, Ok(Waited::IoCompletion));
    world.next_completion(THREAD).unwrap()
}

pub fn c099_an_immediate_completion_queues_the_routine(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let o = world.overlapped(None);
    let sent = world.send(pair.a, &[b"hello"], How::routine(o, 1));
    assert!(matches!(sent, Ok(5) | Err(WsaError::IoPending)));
    pair.expected.extend(b"hello");
    pair.drain(world);
    // A wait that is not alertable runs none.
    assert_eq!(world.sleep(Some(1), None), Ok(Waited::TimedOut));
    let call = run_routine(world);
    assert_eq!((call.error, call.transferred), (None, 5));
    no_routine(world);
}

pub fn c100_a_routine_is_told_the_outcome_once(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    let o = world.overlapped(None);
    let length = pair.post(world, How::routine(o, 42), 1);
    no_routine(world);
    pair.drain(world);
    let call = run_routine(world);
    assert_eq!(call.error, None);
    assert_eq!(call.transferred as usize, length);
    assert_eq!(call.flags, MessageFlags::empty());
    assert_eq!(call.context, 42);
    no_routine(world);
}

pub fn c102_with_a_routine_the_event_is_the_clients_own(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    for signalled in [false, true] {
        let event = world.event();
        if signalled {
            world.set_event(event);
        }
        let o = world.overlapped(Some(event));
        pair.post(world, How::routine(o, 1), 1);
        assert_eq!(world.is_set(event), signalled);
        pair.drain(world);
        run_routine(world);
        assert_eq!(world.is_set(event), signalled);
    }
}

pub fn c103_the_clients_word_reaches_the_routine(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    for context in [0, 1, 0x0123_4567_89AB_CDEF, u64::MAX] {
        let o = world.overlapped(None);
        pair.post(world, How::routine(o, context), 1);
        pair.drain(world);
        assert_eq!(run_routine(world).context, context);
    }
}

pub fn c105_routines_of_one_socket_do_not_nest(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    two_ready(world, &mut pair, [1, 2]);
    let first = start_routine(world);
    assert_eq!(first.context, 1);
    // The alertable wait inside the routine.
    no_routine(world);
    world.routine_returned(first);
    assert_eq!(run_routine(world).context, 2);
    no_routine(world);
}

pub fn c106_routines_of_other_sockets_may_run_inside(world: &mut dyn World) {
    let mut first = stream_pair(world);
    let mut second = another_pair(world, Attribute::Overlapped);
    two_ready(world, &mut first, [1, 2]);
    two_ready(world, &mut second, [3, 4]);
    let outer = start_routine(world);
    assert_eq!(outer.context, 1);
    let inner = start_routine(world);
    assert_eq!(inner.context, 3);
    no_routine(world);
    world.routine_returned(inner);
    world.routine_returned(outer);
    assert_eq!(run_routine(world).context, 2);
    assert_eq!(run_routine(world).context, 4);
    no_routine(world);
}

pub fn c107_a_routine_can_send_and_receive(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    two_ready(world, &mut pair, [1, 2]);
    world.peer_sends(pair.b, b"question");
    let call = start_routine(world);
    let mut received = Vec::new();
    while received.len() < 8 {
        received.extend(world.receive(pair.a, 8).unwrap());
    }
    assert_eq!(received, b"question");
    assert_eq!(world.send(pair.a, &[b"answer"], How::PLAIN), Ok(6));
    pair.expected.extend(b"answer");
    // An overlapped one too; its routine waits for this one's return.
    let o = world.overlapped(None);
    pair.post(world, How::routine(o, 3), 3);
    pair.drain(world);
    no_routine(world);
    world.routine_returned(call);
    assert_eq!(run_routine(world).context, 2);
    assert_eq!(run_routine(world).context, 3);
}

pub fn c109_an_operation_with_a_routine_can_be_polled(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let o = world.overlapped(None);
    let length = pair.post(world, How::routine(o, 1), 1);
    let polled = world.overlapped_result(pair.a, o, false);
    assert_eq!(polled, Err(WsaError::IoIncomplete));
    pair.drain(world);
    assert_eq!(ends(world, pair.a, o), transferred(length));
    // The poll took nothing from the routine.
    assert_eq!(run_routine(world).transferred as usize, length);
}

pub fn c110_a_routine_runs_on_the_thread_that_was_named(world: &mut dyn World) {
    const OTHER: u32 = THREAD + 1;
    let mut pair = stream_pair(world);
    let o = world.overlapped(None);
    let how = How {
        routine: Some((OTHER, 1)),
        ..How::overlapped(o)
    };
    pair.post(world, how, 1);
    pair.drain(world);
    ends(world, pair.a, o).unwrap();
    no_routine(world);
    let waited = world.sleep(Some(30_000), Some(OTHER));
    assert_eq!(waited, Ok(Waited::IoCompletion));
    let call = world.next_completion(OTHER).unwrap();
    assert_eq!(call.context, 1);
    world.routine_returned(call);
}

pub fn c111_where_any_thread_runs_routines_the_initiator_need_not_wait(world: &mut dyn World) {
    const OTHER: u32 = THREAD + 1;
    let any = Configuration {
        routines: RoutineModel::AnyThread,
        ..Configuration::default()
    };
    assert_eq!(world.configure(any), Ok(()));
    let mut pair = stream_pair(world);
    let o = world.overlapped(None);
    pair.post(world, How::routine(o, 1), 1);
    pair.drain(world);
    ends(world, pair.a, o).unwrap();
    let call = world.next_completion(OTHER).unwrap();
    assert_eq!(call.context, 1);
    world.routine_returned(call);
    no_routine(world);
}

pub fn c112_a_refused_send_calls_no_routine(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Stream, true).unwrap();
    let o = world.overlapped(None);
    let sent = world.send(s, &[b"x"], How::routine(o, 1));
    assert_eq!(sent, Err(WsaError::NotConn));
    no_routine(world);
}
