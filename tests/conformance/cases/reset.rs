//! Reset and lost connections.

use wsp_core::{OverlappedStatus, ShutdownHow, SocketOption, SocketOptionName, WsaError};

use crate::world::*;

/// A pair whose peer reset the connection, which the socket knows.
fn reset_pair(world: &mut dyn World) -> Pair {
    let pair = stream_pair(world);
    world.peer_resets(pair.b);
    notices(world, pair.a);
    pair
}

/// Every send fails the same way, and an overlapped one starts nothing.
fn every_send_fails(world: &mut dyn World, s: Socket, error: WsaError) {
    for _ in 0..2 {
        assert_eq!(world.send(s, &[b"x"], How::PLAIN), Err(error));
    }
    let event = world.event();
    let o = world.overlapped(Some(event));
    assert_eq!(world.send(s, &[b"x"], How::overlapped(o)), Err(error));
    assert!(!world.is_set(event));
    assert_eq!(world.status(o), OverlappedStatus::default());
}

pub fn c139_after_a_reset_every_send_is_reset(world: &mut dyn World) {
    let pair = reset_pair(world);
    every_send_fails(world, pair.a, WsaError::ConnReset);
    // What was ended on this side is looked at before the connection.
    assert_eq!(world.shutdown(pair.a, ShutdownHow::Send), Ok(()));
    every_send_fails(world, pair.a, WsaError::ShutDown);
}

pub fn c140_after_a_reset_an_overlapped_send_starts_nothing(world: &mut dyn World) {
    let pair = reset_pair(world);
    for signalled in [false, true] {
        let event = world.event();
        if signalled {
            world.set_event(event);
        }
        let o = world.overlapped(Some(event));
        let sent = world.send(pair.a, &[b"x"], How::overlapped(o));
        assert_eq!(sent, Err(WsaError::ConnReset));
        assert_eq!(world.is_set(event), signalled);
        assert_eq!(world.status(o), OverlappedStatus::default());
    }
}

pub fn c142_a_connection_that_timed_out_was_aborted(world: &mut dyn World) {
    let pair = stream_pair(world);
    world.inject(pair.a, Fault::TimedOut);
    every_send_fails(world, pair.a, WsaError::ConnAborted);
}

pub fn c143_a_keep_alive_failure_is_a_net_reset(world: &mut dyn World) {
    let pair = stream_pair(world);
    world
        .set_option(pair.a, SocketOption::KeepAlive(true))
        .unwrap();
    world.inject(pair.a, Fault::KeepAlive);
    every_send_fails(world, pair.a, WsaError::NetReset);
}

pub fn c144_after_a_reset_the_socket_is_ready_and_has_no_error(world: &mut dyn World) {
    let pair = reset_pair(world);
    every_send_fails(world, pair.a, WsaError::ConnReset);
    assert_eq!(
        world.option(pair.a, SocketOptionName::Error),
        Ok(SocketOption::Error(0))
    );
    let s = [pair.a];
    let selected = world.select(&s, &s, &s, 0).unwrap();
    assert_eq!(selected.read, [0]);
    assert_eq!(selected.write, [0]);
    assert!(selected.except.is_empty());
}
