//! What a library that runs several threads by turns is told of its sockets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::rc::Rc;

use wsp_core::{
    AddressFamily, Interest, Provider, SocketAttributes, SocketId, SocketType, Transport,
    TransportError, WsaError,
};
use wsp_simulated::{Network, Simulated};

fn provider() -> (Provider<Simulated>, Rc<RefCell<Network>>) {
    let simulated = Simulated::new(100);
    let network = Rc::clone(&simulated.0);
    let mut provider = Provider::new(simulated);
    provider.startup(0x0202).unwrap();
    (provider, network)
}

fn stream(provider: &mut Provider<Simulated>) -> SocketId {
    let attributes = SocketAttributes { overlapped: true };
    let s = provider
        .socket(AddressFamily::Inet, SocketType::Stream, attributes)
        .unwrap();
    provider.set_nonblocking(s, true).unwrap();
    s
}

/// A connected socket, and its number in the network.
fn connected(
    provider: &mut Provider<Simulated>,
    network: &Rc<RefCell<Network>>,
) -> (SocketId, u32) {
    let s = stream(provider);
    let number = provider.endpoint(s).unwrap().number;
    let address = "127.0.0.1:9".parse().unwrap();
    assert_eq!(provider.connect(s, address), Err(WsaError::WouldBlock));
    network.borrow_mut().connects(number, Ok(()));
    provider.pump();
    (s, number)
}

#[test]
fn a_watch_is_made_once_and_ends_with_progress() {
    let (mut provider, network) = provider();
    let (s, number) = connected(&mut provider, &network);
    let outstanding = provider.outstanding();
    assert_eq!(provider.watch_for_call(s, Interest::Readable), Ok(true));
    assert_eq!(provider.watch_for_call(s, Interest::Readable), Ok(true));
    assert_eq!(provider.outstanding(), outstanding + 1);
    let seen = provider.pump();
    network.borrow_mut().peer_sends(number, b"x");
    assert_eq!(provider.wait_for_progress(seen, None), Ok(seen + 1));
    assert!(!provider.is_watched(s, Interest::Readable));
    assert_eq!(provider.outstanding(), outstanding);
}

#[test]
fn what_has_changed_is_told_once_and_of_nobody_else() {
    let (mut provider, network) = provider();
    let (first, number) = connected(&mut provider, &network);
    let (second, other) = connected(&mut provider, &network);
    let (closed, third) = connected(&mut provider, &network);
    // Nobody has watched so far.
    assert_eq!(provider.next_changed(), None);
    for s in [first, second, closed] {
        assert_eq!(provider.watch_for_call(s, Interest::Readable), Ok(true));
    }
    network.borrow_mut().peer_sends(other, b"x");
    provider.pump();
    assert_eq!(provider.next_changed(), Some(second));
    assert_eq!(provider.next_changed(), None);

    // Twice before it is told, and beside one that is gone.
    network.borrow_mut().peer_sends(third, b"x");
    network.borrow_mut().peer_sends(number, b"x");
    provider.pump();
    provider.watch_for_call(first, Interest::Writable).unwrap();
    provider.pump();
    provider.close_socket(closed).unwrap();
    assert_eq!(provider.next_changed(), Some(first));
    assert_eq!(provider.next_changed(), None);

    // A thread that waits for a socket of nobody may go on once another one has bound it.
    let fresh = provider.socket(
        AddressFamily::Inet,
        SocketType::Datagram,
        SocketAttributes { overlapped: true },
    );
    let fresh = fresh.unwrap();
    provider
        .bind(fresh, "127.0.0.1:0".parse().unwrap())
        .unwrap();
    assert_eq!(provider.next_changed(), Some(fresh));
}

#[test]
fn what_holds_already_is_not_waited_for() {
    let (mut provider, network) = provider();
    let (s, number) = connected(&mut provider, &network);
    network.borrow_mut().peer_sends(number, b"x");
    // A transport may say at once that it holds, or report it later.
    for (awaited, holds) in [
        (Interest::Readable, true),
        (Interest::Writable, true),
        (Interest::Drained, true),
        (Interest::Urgent, false),
    ] {
        provider.watch_for_call(s, awaited).unwrap();
        provider.pump();
        assert_eq!(provider.is_watched(s, awaited), !holds, "{awaited:?}");
    }
}

#[test]
fn the_end_of_an_attempt_is_progress_however_it_ends() {
    for outcome in [Ok(()), Err(TransportError::ConnectionRefused)] {
        let (mut provider, network) = provider();
        let s = stream(&mut provider);
        let number = provider.endpoint(s).unwrap().number;
        // Nothing becomes of a socket that is not connected.
        assert_eq!(provider.watch_for_call(s, Interest::Writable), Ok(true));
        let address = "127.0.0.1:9".parse().unwrap();
        assert_eq!(provider.connect(s, address), Err(WsaError::WouldBlock));
        assert_eq!(provider.watch_for_call(s, Interest::Writable), Ok(true));
        let seen = provider.pump();
        assert_eq!(provider.is_connected(s), Ok(false));
        network.borrow_mut().connects(number, outcome);
        assert_eq!(provider.wait_for_progress(seen, None), Ok(seen + 1));
        assert!(!provider.is_watched(s, Interest::Writable));
        match outcome {
            Ok(()) => assert_eq!(provider.is_connected(s), Ok(true)),
            Err(_) => {
                assert_eq!(provider.is_connected(s), Err(WsaError::ConnRefused));
                assert_eq!(provider.is_connected(s), Err(WsaError::NotConn));
            }
        }
    }
}

#[test]
fn a_wait_for_nothing_ends_at_once_and_a_time_out_is_kept() {
    let (mut provider, network) = provider();
    let seen = provider.pump();
    assert_eq!(provider.wait_for_progress(seen, None), Ok(seen));
    assert_eq!(provider.wait_for_progress(seen, Some(7)), Ok(seen));
    assert_eq!(provider.transport_mut().now(), 7);
    let (s, _) = connected(&mut provider, &network);
    assert_eq!(provider.watch_for_call(s, Interest::Readable), Ok(true));
    let seen = provider.pump();
    assert_eq!(provider.wait_for_progress(seen, Some(0)), Ok(seen));
    // What has ended since the count was seen is progress without a wait.
    provider.close_socket(s).unwrap();
    assert_ne!(provider.wait_for_progress(seen, None), Ok(seen));
}

#[test]
fn closed_sockets_and_too_many_watches_are_refused() {
    let (mut provider, network) = provider();
    let (s, _) = connected(&mut provider, &network);
    network.borrow_mut().maximum_operations = Some(0);
    assert_eq!(
        provider.watch_for_call(s, Interest::Readable),
        Err(WsaError::NoBufs)
    );
    provider.close_socket(s).unwrap();
    assert_eq!(
        provider.watch_for_call(s, Interest::Readable),
        Err(WsaError::NotSock)
    );
    network.borrow_mut().cannot_block = true;
    let seen = provider.pump();
    assert_eq!(
        provider.wait_for_progress(seen, Some(5)),
        Err(WsaError::WouldBlock)
    );
}
