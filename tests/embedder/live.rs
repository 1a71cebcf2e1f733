//! Policies that are replaced while sockets are open.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use wsp::policy::{Policy, PolicyConfig, Protocol};
use wsp::{AddressFamily, AuditLog, Notify, Provider, Settings, SocketType, WsaError};
use wsp_tests::peer::{self, Datagrams, Listener, V4};
use wsp_tests::{until, within};

use super::support::{
    EVERY_NOTIFY, assert_no_more, block, code, completions, connected, host, listening, no_flags,
    provider, send, send_too_much, stream_socket,
};

fn policy(text: &str) -> Policy {
    text.parse::<PolicyConfig>().unwrap().resolve().unwrap()
}

/// A provider with an audit log, whose lines are to be had so far.
fn audited(policy: Policy) -> (Provider, impl Fn() -> Vec<serde_json::Value>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut settings = Settings::new(policy);
    settings.audit = Some(AuditLog::append_to(file.path()).unwrap());
    let lines = move || {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    (host().provider(settings).unwrap(), lines)
}

/// The lines about that, without the time.
fn about(lines: &[serde_json::Value], what: &str) -> Vec<serde_json::Value> {
    let mut about = lines.to_vec();
    about.retain(|line| line["what"] == what);
    about
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_a_new_policy_does_not_allow_is_aborted_with_all_that_is_pending() {
    let mut connected = connected().await;
    let (sends, _) = send_too_much(&connected.socket);
    let receives = EVERY_NOTIFY.map(|notify| {
        let posted = connected.socket.receive_overlapped(64, no_flags(), notify);
        posted.unwrap().operation
    });
    assert_no_more(&connected.provider);
    let live = connected.provider.live_policy();
    assert_eq!(live.replace(Policy::deny_all()), 1);

    let ended = completions(&connected.provider, 6).await;
    for operation in sends.iter().chain(&receives) {
        assert_eq!(ended[operation].error, Some(WsaError::ConnAborted));
    }
    assert_no_more(&connected.provider);
    let more = send(&connected.socket, &block(0, 1), Notify::Event);
    assert_eq!(code(more), WsaError::ConnAborted);
    let more = connected
        .socket
        .receive_overlapped(1, no_flags(), Notify::Event);
    assert_eq!(code(more), WsaError::ConnAborted);
    // The peer learns of it by a reset, not by an end that looks like the program's.
    let (_, end) = peer::read_until_gone(&mut connected.peer).await;
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);

    // The descriptor is the program's to close, once.
    let monitor = connected.provider.monitor();
    assert_eq!(monitor.report().held.sockets, 1);
    assert_eq!(monitor.report().revoked, 1);
    connected.socket.close().unwrap();
    assert_eq!(monitor.report().held.sockets, 0);
    assert_eq!(live.replace(Policy::deny_all()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_both_policies_allow_goes_on_as_if_nothing_had_happened() {
    let listener = Listener::on(V4);
    let provider = provider(Policy::naming(Protocol::Tcp, &[listener.address()]));
    let socket = stream_socket(&provider);
    socket.connect(listener.address()).await.unwrap();
    let mut peer = listener.accept().await;
    let live = provider.live_policy();
    // By another rule than before.
    let wider = policy("outbound.allow = ['tcp://127.0.0.0/8:*']");
    assert_eq!(live.replace(wider), 0);
    send(&socket, &Bytes::from_static(b"hello"), Notify::Event).unwrap();
    assert_eq!(peer::read_exactly(&mut peer, 5).await, b"hello");
    // A rule is needed for what is new, as before.
    assert_eq!(
        live.replace(Policy::naming(Protocol::Tcp, &[listener.address()])),
        0
    );
    let elsewhere = stream_socket(&provider);
    let outcome = elsewhere.connect((V4, 9).into()).await;
    assert_eq!(code(outcome), WsaError::Acces);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_is_no_longer_allowed_accepts_nobody_and_its_connections_stay() {
    let inbound = "inbound.allow = ['tcp://127.0.0.1:0']";
    let provider = provider(policy(inbound));
    let server = listening(&provider);
    let address = server.local_addr().unwrap();
    let mut client = peer::connect(address).await;
    let (accepted, _) = within("the connection", server.accept()).await.unwrap();
    let live = provider.live_policy();

    let mut accepting = Box::pin(server.accept());
    assert!(accepting.as_mut().now_or_never().is_none());
    assert_eq!(live.replace(policy("peer.deny = ['tcp://192.0.2.1:*']")), 2);
    let refused = within("the end of the wait", accepting).await;
    assert_eq!(code(refused), WsaError::Acces);
    // Nobody is listening any more.
    tokio::net::TcpStream::connect(address).await.unwrap_err();
    // Without a rule the accepted connection is not allowed either.
    assert_eq!(
        code(send(&accepted, &block(0, 1), Notify::Event)),
        WsaError::ConnAborted
    );
    let (bytes, _) = peer::read_until_gone(&mut client).await;
    assert_eq!(bytes, b"");

    live.replace(policy(inbound));
    let again = listening(&provider);
    let _client = peer::connect(again.local_addr().unwrap()).await;
    within("the connection", again.accept()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_is_no_longer_welcome_is_sent_away_and_the_others_stay() {
    let provider = provider(policy("inbound.allow = ['tcp://127.0.0.1:0']"));
    let server = listening(&provider);
    let address = server.local_addr().unwrap();
    let mut stranger = peer::connect(address).await;
    let (_first, from) = within("the connection", server.accept()).await.unwrap();
    let mut friend = peer::connect(address).await;
    let (second, _) = within("the connection", server.accept()).await.unwrap();
    let denying = policy(&format!(
        "inbound.allow = ['tcp://127.0.0.1:0']\npeer.deny = ['tcp://{from}']"
    ));
    assert_eq!(provider.live_policy().replace(denying), 1);
    let (bytes, _) = peer::read_until_gone(&mut stranger).await;
    assert_eq!(bytes, b"");
    send(&second, &Bytes::from_static(b"hello"), Notify::Event).unwrap();
    assert_eq!(peer::read_exactly(&mut friend, 5).await, b"hello");
    let _another = peer::connect(address).await;
    within("the connection", server.accept()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_are_sent_and_received_by_the_policy_in_force() {
    let peer = Datagrams::on(V4).await;
    let both = policy(&format!(
        "inbound.allow = ['udp://127.0.0.1:0']\noutbound.allow = ['udp://{}']",
        peer.address()
    ));
    let provider = provider(both.clone());
    let socket = provider
        .socket(AddressFamily::Inet, SocketType::Dgram)
        .unwrap();
    socket.bind((V4, 0).into()).unwrap();
    let local = socket.local_addr().unwrap();
    let send_to = |to: SocketAddr| {
        let posted = socket.send_to_overlapped([block(0, 1)], no_flags(), to, Notify::Event);
        posted.map(drop)
    };
    send_to(peer.address()).unwrap();
    peer.receive().await;
    let live = provider.live_policy();

    // What was received already is for the policy in force when it is taken.
    peer.send(b"before", local).await;
    let denying = format!(
        "inbound.allow = ['udp://127.0.0.1:0']\npeer.deny = ['udp://{}']",
        peer.address()
    );
    assert_eq!(live.replace(policy(&denying)), 0);
    assert_eq!(code(send_to(peer.address())), WsaError::Acces);
    let received = socket.receive_overlapped(64, no_flags(), Notify::Event);
    let received = received.unwrap();
    assert_eq!(received.transferred, None, "it was dropped unseen");
    assert_eq!(live.replace(both), 0);
    peer.send(b"after", local).await;
    let ended = completions(&provider, 2).await;
    assert_eq!(ended[&received.operation].data.as_ref().unwrap(), "after");

    // Without a rule to receive there it is over.
    let waiting = socket.receive_overlapped(64, no_flags(), Notify::Event);
    let waiting = waiting.unwrap().operation;
    assert_eq!(live.replace(Policy::deny_all()), 1);
    let ended = completions(&provider, 1).await;
    assert_eq!(ended[&waiting].error, Some(WsaError::Acces));
    assert_eq!(code(send_to(peer.address())), WsaError::Acces);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_to_connect_ends_with_the_policy_that_allowed_it() {
    let full = Listener::with_room_for_one();
    let _room = peer::connect(full.address()).await;
    let provider = provider(Policy::naming(Protocol::Tcp, &[full.address()]));
    let socket = stream_socket(&provider);
    let mut connecting = Box::pin(socket.connect(full.address()));
    while connecting.as_mut().now_or_never().is_none() && provider.monitor().report().connects == 0
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(provider.live_policy().replace(Policy::deny_all()), 1);
    let outcome = within("the end of the attempt", connecting).await;
    assert!(matches!(
        code(outcome),
        WsaError::ConnAborted | WsaError::Acces
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_tells_of_the_policy_and_of_each_socket_it_ended() {
    let listener = Listener::on(V4);
    let (provider, lines) = audited(Policy::naming(Protocol::Tcp, &[listener.address()]));
    let socket = stream_socket(&provider);
    socket.connect(listener.address()).await.unwrap();
    let mut peer = listener.accept().await;
    send(&socket, &Bytes::from_static(b"hello"), Notify::Event).unwrap();
    assert_eq!(peer::read_exactly(&mut peer, 5).await, b"hello");
    let denying = format!(
        "outbound.allow = ['tcp://127.0.0.0/8:*']\noutbound.deny = ['tcp://{}']",
        listener.address()
    );
    provider.live_policy().replace(policy(&denying));
    let lines = lines();
    assert_eq!(about(&lines, "policy").len(), 1, "{lines:?}");
    let [revoked] = &about(&lines, "revoke")[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(revoked["address"], listener.address().to_string());
    assert_eq!(revoked["reason"], "denied-by-rule");
    let rule = format!("--deny-outbound=tcp://{}", listener.address());
    assert_eq!(revoked["rule"], rule);
    assert_eq!(
        (&revoked["sent"], &revoked["received"]),
        (&5.into(), &0.into())
    );
}

/// Sends as fast as it can until a send fails, and returns how many bytes were taken.
async fn send_all_you_can(provider: &Provider, socket: &wsp::Socket, until: &AtomicBool) -> u64 {
    let mut taken = 0;
    let mut number = 0;
    while !until.load(Ordering::Relaxed) {
        let Ok(_) = send(socket, &block(number, 1009), Notify::Event) else {
            break;
        };
        number += 1;
        let ended = completions(provider, 1).await;
        taken += ended
            .into_values()
            .map(|one| u64::from(one.transferred))
            .sum::<u64>();
    }
    taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_no_allowed_byte_is_lost_and_no_other_is_sent_after_the_audit_says_so() {
    for round in 0..20 {
        let (staying, leaving) = (Listener::on(V4), Listener::on(V4));
        let addresses = [staying.address(), leaving.address()];
        let (provider, lines) = audited(Policy::naming(Protocol::Tcp, &addresses));
        // The other provider has its own completions, so that each has one sender.
        let neighbour = host()
            .provider(Settings::new(Policy::naming(Protocol::Tcp, &addresses)))
            .unwrap();
        let (kept, lost) = (stream_socket(&neighbour), stream_socket(&provider));
        kept.connect(addresses[0]).await.unwrap();
        lost.connect(addresses[1]).await.unwrap();
        let read = |listener: Listener| async move {
            let mut stream = listener.accept().await;
            peer::read_until_gone(&mut stream).await
        };
        let kept_reader = tokio::spawn(read(staying));
        let lost_reader = tokio::spawn(read(leaving));
        let enough = Arc::new(AtomicBool::new(false));
        let sent = Arc::new(AtomicU64::new(0));
        let keep = {
            let (neighbour, enough, sent) = (neighbour.clone(), enough.clone(), sent.clone());
            tokio::spawn(async move {
                sent.store(
                    send_all_you_can(&neighbour, &kept, &enough).await,
                    Ordering::Relaxed,
                );
                kept.close().unwrap();
            })
        };
        let lose = {
            let provider = provider.clone();
            tokio::spawn(async move {
                let never = AtomicBool::new(false);
                let taken = send_all_you_can(&provider, &lost, &never).await;
                (taken, lost)
            })
        };
        // Some bytes, more in each round.
        let monitor = provider.monitor();
        within("bytes should be sent", async {
            while monitor.report().bytes_sent < round * 10_000 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let narrow = Policy::naming(Protocol::Tcp, &addresses[..1]);
        assert_eq!(neighbour.live_policy().replace(narrow.clone()), 0);
        assert_eq!(provider.live_policy().replace(narrow), 1);
        let audited = about(&lines(), "revoke")[0]["sent"].as_u64().unwrap();
        let (taken, _lost) = within("the sender is told", lose).await.unwrap();
        enough.store(true, Ordering::Relaxed);
        within("the other sender goes on", keep).await.unwrap();

        let (bytes, end) = within("the reset", lost_reader).await.unwrap();
        end.unwrap_err();
        assert!(bytes.len() as u64 <= audited, "{} {audited}", bytes.len());
        assert!(taken <= audited, "{taken} {audited}");
        let (bytes, end) = within("the end", kept_reader).await.unwrap();
        end.unwrap();
        assert_eq!(bytes.len() as u64, sent.load(Ordering::Relaxed));
        for (number, part) in bytes.chunks(1009).enumerate() {
            assert_eq!(part, block(number, 1009), "part {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_that_change_all_the_time_stop_nobody_for_long() {
    let stream = Listener::on(V4);
    let datagrams = Datagrams::on(V4).await;
    let wide = policy(&format!(
        "outbound.allow = ['tcp://{}', 'udp://{}']\ninbound.allow = ['tcp://127.0.0.1:0', 'udp://127.0.0.1:0']",
        stream.address(),
        datagrams.address()
    ));
    let provider = provider(wide.clone());
    let live = provider.live_policy();
    let done = Arc::new(AtomicBool::new(false));
    let changing = {
        let done = Arc::clone(&done);
        std::thread::spawn(move || {
            let mut ended = 0;
            while !done.load(Ordering::Relaxed) {
                ended += live.replace(Policy::deny_all());
                live.replace(wide.clone());
            }
            ended
        })
    };
    let to = stream.address();
    let accepting = tokio::spawn(async move {
        loop {
            let mut peer = stream.accept().await;
            tokio::spawn(async move { peer::read_until_gone(&mut peer).await });
        }
    });
    let mut outcomes = [0, 0];
    while outcomes[0] < 300 || outcomes[1] < 300 {
        let tcp = provider.socket(AddressFamily::Inet, SocketType::Stream);
        if let Ok(socket) = tcp {
            let connected = within("an attempt should end", socket.connect(to)).await;
            let sent =
                connected.and_then(|()| send(&socket, &block(0, 99), Notify::Event).map(drop));
            outcomes[usize::from(sent.is_ok())] += 1;
            let _ = socket.close();
        }
        if let Ok(socket) = provider.socket(AddressFamily::Inet, SocketType::Dgram) {
            let bound = socket.bind((V4, 0).into());
            let local = bound.and_then(|()| socket.local_addr());
            let waits = socket.receive_overlapped(64, no_flags(), Notify::Event);
            if let (Ok(local), Ok(_)) = (local, waits) {
                datagrams.send(b"anything", local).await;
            }
            let _ = socket.send_to_overlapped(
                [block(0, 1)],
                no_flags(),
                datagrams.address(),
                Notify::Event,
            );
            let _ = socket.close();
        }
    }
    done.store(true, Ordering::Relaxed);
    let ended = within(
        "the policies should end",
        tokio::task::spawn_blocking(|| changing.join().unwrap()),
    );
    assert_eq!(
        ended.await.unwrap() as u64,
        provider.monitor().report().revoked
    );
    accepting.abort();
    // What has ended is kept until it is told.
    let mut completions = provider.completions();
    until("everything is given back", async || {
        while completions.next().now_or_never().is_some() {}
        provider.monitor().report().held == wsp::quota::Held::default()
    })
    .await;
}
