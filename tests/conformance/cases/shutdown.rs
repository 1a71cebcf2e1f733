//! Shutdown.

use wsp_core::{OverlappedStatus, ShutdownHow, SocketType, WsaError};

use crate::world::*;

pub fn c131_after_sd_send_a_send_is_refused(world: &mut dyn World) {
    let mut pair = stream_pair(world);
    let o = world.overlapped(None);
    let length = pair.post(world, How::overlapped(o), 1);
    assert_eq!(world.shutdown(pair.a, ShutdownHow::Send), Ok(()));
    assert_eq!(
        world.send(pair.a, &[b"x"], How::PLAIN),
        Err(WsaError::ShutDown)
    );
    // What was accepted goes on; the end follows it.
    let (read, end) = world.peer_reads_to_end(pair.b);
    crate::same(&read, &pair.expected);
    assert_eq!(end, End::Graceful);
    assert_eq!(ends(world, pair.a, o), transferred(length));
}

pub fn c132_after_sd_both_a_send_is_refused(world: &mut dyn World) {
    let pair = stream_pair(world);
    assert_eq!(world.shutdown(pair.a, ShutdownHow::Both), Ok(()));
    assert_eq!(
        world.send(pair.a, &[b"x"], How::PLAIN),
        Err(WsaError::ShutDown)
    );
    assert_eq!(world.peer_reads_to_end(pair.b), (Vec::new(), End::Graceful));
}

pub fn c134_datagram_sockets_are_shut_down_too(world: &mut dyn World) {
    let (a, _) = datagram_pair(world);
    let (_, address) = world.datagram_peer();
    assert_eq!(world.shutdown(a, ShutdownHow::Send), Ok(()));
    assert_eq!(world.send(a, &[b"x"], How::PLAIN), Err(WsaError::ShutDown));
    assert_eq!(
        world.send_to(a, &[b"x"], Some(address), How::PLAIN),
        Err(WsaError::ShutDown)
    );
}

pub fn c136_an_overlapped_send_after_shutdown_indicates_nothing(world: &mut dyn World) {
    let pair = stream_pair(world);
    assert_eq!(world.shutdown(pair.a, ShutdownHow::Send), Ok(()));
    for signalled in [false, true] {
        let event = world.event();
        if signalled {
            world.set_event(event);
        }
        let o = world.overlapped(Some(event));
        let sent = world.send(pair.a, &[b"x"], How::overlapped(o));
        assert_eq!(sent, Err(WsaError::ShutDown));
        assert_eq!(world.is_set(event), signalled);
        assert_eq!(world.status(o), OverlappedStatus::default());
    }
}

pub fn c137_a_stream_that_is_not_connected_cannot_be_shut_down(world: &mut dyn World) {
    start(world);
    let s = world.socket(SocketType::Stream, true).unwrap();
    let refused = world.shutdown(s, ShutdownHow::Send);
    assert_eq!(refused, Err(WsaError::NotConn));
    world.bind(s, "127.0.0.1:0".parse().unwrap()).unwrap();
    world.listen(s).unwrap();
    let refused = world.shutdown(s, ShutdownHow::Send);
    assert_eq!(refused, Err(WsaError::NotConn));
    let datagrams = world.socket(SocketType::Datagram, true).unwrap();
    assert_eq!(world.shutdown(datagrams, ShutdownHow::Send), Ok(()));
}

pub fn c138_shutdown_can_be_repeated(world: &mut dyn World) {
    let pair = stream_pair(world);
    for _ in 0..2 {
        assert_eq!(world.shutdown(pair.a, ShutdownHow::Send), Ok(()));
    }
    assert_eq!(world.peer_reads_to_end(pair.b), (Vec::new(), End::Graceful));
}
