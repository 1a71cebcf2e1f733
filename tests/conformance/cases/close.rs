//! Close and linger.

use wsp_core::{Linger, SocketOption, WSS_OPERATION_IN_PROGRESS, Waited, WsaError};

use crate::world::*;

fn lingers(world: &mut dyn World, s: Socket, seconds: u16) {
    let linger = SocketOption::Linger(Linger(Some(seconds)));
    world.set_option(s, linger).unwrap();
}

pub fn c122_close_ends_an_operation_with_a_routine(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    let o = world.overlapped(None);
    pair.post(world, How::routine(o, 1), 1);
    assert_eq!(world.close(pair.a), Ok(()));
    let call = run_routine(world);
    assert_eq!(call.error, Some(WsaError::OperationAborted));
    assert_eq!(call.context, 1);
    assert_eq!(world.sleep(Some(0), Some(THREAD)), Ok(Waited::TimedOut));
}

pub fn c123_close_ends_an_operation_with_an_event(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    let event = world.event();
    let o = world.overlapped(Some(event));
    pair.post(world, How::overlapped(o), 1);
    assert_eq!(world.close(pair.a), Ok(()));
    signalled(world, event);
    let status = world.status(o);
    assert_ne!(status.internal, WSS_OPERATION_IN_PROGRESS);
    assert_eq!(status.offset_high, WsaError::OperationAborted.number());
}

pub fn c125_the_result_of_a_closed_sockets_operation_is_no_socket(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    let event = world.event();
    let o = world.overlapped(Some(event));
    pair.post(world, How::overlapped(o), 1);
    assert_eq!(world.close(pair.a), Ok(()));
    for wait in [false, true] {
        let result = world.overlapped_result(pair.a, o, wait);
        assert_eq!(result, Err(WsaError::NotSock));
    }
}

pub fn c127_lingering_for_no_time_resets_the_connection(world: &mut dyn World) {
    let pair = stalled_pair(world, Attribute::Overlapped);
    lingers(world, pair.a, 0);
    let before = world.now();
    assert_eq!(world.close(pair.a), Ok(()));
    assert!(world.now() - before < 1000);
    assert_eq!(world.peer_reads_to_end(pair.b).1, End::Reset);
}

pub fn c128_lingering_waits_and_then_resets_the_connection(world: &mut dyn World) {
    let pair = stalled_pair(world, Attribute::Overlapped);
    lingers(world, pair.a, 1);
    let before = world.now();
    assert_eq!(world.close(pair.a), Ok(()));
    assert!(world.now() - before >= 1000);
    assert_eq!(world.peer_reads_to_end(pair.b).1, End::Reset);
}

pub fn c129_a_nonblocking_socket_does_not_linger(world: &mut dyn World) {
    let mut pair = stalled_pair(world, Attribute::Overlapped);
    lingers(world, pair.a, 1);
    world.set_nonblocking(pair.a, true).unwrap();
    assert_eq!(world.close(pair.a), Err(WsaError::WouldBlock));
    // It is open as before.
    pair.drain(world);
    assert_eq!(
        world.select(&[], &[pair.a], &[], 30_000).unwrap().write,
        [0]
    );
    pair.nothing_else_arrives(world);
}

/// One call runs at a time in a component, so nobody but its host can end a
/// socket under a call that waits.
pub fn c130_a_blocked_send_fails_when_its_socket_is_ended(world: &mut dyn World) {
    let pair = stalled_pair(world, Attribute::Overlapped);
    world.inject_meanwhile(pair.a, pair.b, Fault::Aborted);
    let bytes = pattern(MORE_THAN_ROOM, 1);
    let sent = world.send(pair.a, &[&bytes], How::PLAIN);
    assert_eq!(sent, Err(WsaError::ConnAborted));
    assert_eq!(world.close(pair.a), Ok(()));
}
