//! Provider start and socket creation.

use wsp_core::{SocketType, WsaError};

use crate::world::*;

pub fn c001_startup_agrees_on_version_2_2(world: &mut dyn World) {
    assert_eq!(world.startup(0x0202), Ok(0x0202));
    assert_eq!(world.cleanup(), Ok(()));
}

pub fn c003_a_version_below_2_2_is_not_supported(world: &mut dyn World) {
    for version in [0x0001, 0x0101, 0x0002, 0x0102] {
        assert_eq!(world.startup(version), Err(WsaError::VerNotSupported));
    }
    assert_eq!(world.cleanup(), Err(WsaError::NotInitialised));
}

pub fn c005_after_the_last_cleanup_sockets_are_gone(world: &mut dyn World) {
    start(world);
    let mut pair = stream_pair(world);
    assert_eq!(world.cleanup(), Ok(()));
    assert_eq!(world.send(pair.a, &[b"still"], How::PLAIN), Ok(5));
    pair.expected.extend(b"still");
    assert_eq!(world.cleanup(), Ok(()));
    let sent = world.send(pair.a, &[b"gone"], How::PLAIN);
    assert_eq!(sent, Err(WsaError::NotSock));
    assert_eq!(
        world.peer_reads_to_end(pair.b),
        (b"still".to_vec(), End::Graceful)
    );
}

pub fn c006_four_slots_always_refuse(world: &mut dyn World) {
    let pair = stream_pair(world);
    let refused = world.refused_slots(pair.a);
    assert_eq!(refused, [Err(WsaError::SyscallFailure); 4]);
}

pub fn c007_only_an_overlapped_socket_honours_an_overlapped_structure(world: &mut dyn World) {
    start(world);
    let mut overlapped = another_pair(world, Attribute::Overlapped);
    let plain = another_pair(world, Attribute::Plain);
    assert_ne!(overlapped.a, plain.a);
    world.set_nonblocking(plain.a, true).unwrap();

    let o = world.overlapped(None);
    overlapped.post(world, How::overlapped(o), 1);
    let bytes = pattern(MORE_THAN_ROOM, 2);
    let other = world.overlapped(None);
    let sent = world.send(plain.a, &[&bytes], How::overlapped(other));
    assert!(matches!(sent, Ok(sent) if (sent as usize) < bytes.len()));
    assert_eq!(world.socket(SocketType::Datagram, false).map(drop), Ok(()));
}
