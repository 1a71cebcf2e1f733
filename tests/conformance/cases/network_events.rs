//! Network events and readiness.

use wsp_core::{NetworkEvents, WsaError};

use crate::world::*;

fn recorded(world: &mut dyn World, s: Socket, event: Event) -> NetworkEvents {
    world.enum_network_events(s, Some(event)).unwrap().events
}

pub fn c145_fd_write_is_recorded_once(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    let selected = world.event_select(pair.a, event, NetworkEvents::WRITE);
    assert_eq!(selected, Ok(()));
    signalled(world, event);
    assert_eq!(recorded(world, pair.a, event), NetworkEvents::WRITE);
    assert_eq!(recorded(world, pair.a, event), NetworkEvents::empty());
    assert!(!world.is_set(event));
    // A send that succeeds records nothing.
    pair.nothing_else_arrives(world);
    assert_eq!(recorded(world, pair.a, event), NetworkEvents::empty());
}

pub fn c147_fd_write_is_recorded_again_when_there_is_room(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    world
        .event_select(pair.a, event, NetworkEvents::WRITE)
        .unwrap();
    assert_eq!(recorded(world, pair.a, event), NetworkEvents::WRITE);
    // A system makes more room of itself, until what it may keep for the peer is there.
    pair.send_until_no_room(world);
    while recorded(world, pair.a, event) == NetworkEvents::WRITE {
        let before = pair.expected.len();
        pair.send_until_no_room(world);
        assert!(pair.expected.len() > before, "there is room if it says so");
    }
    pair.drain(world);
    signalled(world, event);
    assert_eq!(recorded(world, pair.a, event), NetworkEvents::WRITE);
}

pub fn c148_selecting_events_makes_a_socket_nonblocking(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let event = world.event();
    world
        .event_select(pair.a, event, NetworkEvents::WRITE)
        .unwrap();
    // Were it blocking, this would never end.
    pair.send_until_no_room(world);
    assert_eq!(world.set_nonblocking(pair.a, false), Err(WsaError::Inval));
    let none = NetworkEvents::empty();
    assert_eq!(world.event_select(pair.a, event, none), Ok(()));
    assert_eq!(world.set_nonblocking(pair.a, false), Ok(()));
    pair.drain(world);
}

pub fn c149_select_tells_whether_there_is_room(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let s = [pair.a];
    assert_eq!(world.select(&[], &s, &[], 0).unwrap().write, [0]);
    // What is pending keeps later sends waiting, whatever the system has room for.
    let o = world.overlapped(None);
    pair.post(world, How::overlapped(o), 1);
    assert_eq!(world.select(&[], &s, &[], 0).unwrap().write.len(), 0);
    pair.drain(world);
    assert_eq!(world.select(&[], &s, &[], 30_000).unwrap().write, [0]);
}

pub fn c150_a_reset_is_recorded_as_an_abort(world: &mut dyn World) {
    let pair = stream_pair(world);
    let event = world.event();
    world
        .event_select(pair.a, event, NetworkEvents::CLOSE)
        .unwrap();
    assert_eq!(recorded(world, pair.a, event), NetworkEvents::empty());
    world.peer_resets(pair.b);
    signalled(world, event);
    let closed = world.enum_network_events(pair.a, Some(event)).unwrap();
    assert_eq!(closed.events, NetworkEvents::CLOSE);
    assert_eq!(
        closed.errors,
        [(NetworkEvents::CLOSE, WsaError::ConnAborted)]
    );
}
