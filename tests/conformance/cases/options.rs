//! Socket options.

use wsp_core::{Linger, SocketOption, SocketOptionName, SocketType, WsaError};

use crate::world::*;

pub fn c151_sndbuf_reads_back_as_it_was_set(world: &mut dyn World) {
    start(world);
    for kind in [SocketType::Stream, SocketType::Datagram] {
        let s = world.socket(kind, true).unwrap();
        for bytes in [4096, 0] {
            assert_eq!(world.set_option(s, SocketOption::SndBuf(bytes)), Ok(()));
            assert_eq!(
                world.option(s, SocketOptionName::SndBuf),
                Ok(SocketOption::SndBuf(bytes))
            );
        }
    }
}

pub fn c153_without_a_send_buffer_a_send_waits_for_the_peer(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    world.set_option(pair.a, SocketOption::SndBuf(0)).unwrap();
    let event = world.event();
    let o = world.overlapped(Some(event));
    let length = pair.post(world, How::overlapped(o), 1);
    assert!(!world.is_set(event));
    pair.drain(world);
    signalled(world, event);
    assert_eq!(ends(world, pair.a, o), transferred(length));
}

pub fn c154_the_longest_datagram_has_at_least_65507_bytes(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Datagram, true).unwrap();
    let Ok(SocketOption::MaxMsgSize(bytes)) = world.option(s, SocketOptionName::MaxMsgSize) else {
        panic!("SO_MAX_MSG_SIZE cannot be read");
    };
    assert!(bytes >= 65_507);
}

pub fn c155_datagram_sockets_do_not_linger(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Datagram, true).unwrap();
    let linger = SocketOption::Linger(Linger(Some(1)));
    assert_eq!(world.set_option(s, linger), Err(WsaError::NoProtoOpt));
    assert_eq!(
        world.option(s, SocketOptionName::Linger),
        Err(WsaError::NoProtoOpt)
    );
}
