//! What the sink of a trace is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use wsp::policy::Policy;
use wsp::trace::{Event, Kind, Submission, What};
use wsp::{Limits, Notify, Settings, WsaError};
use wsp_tests::peer;

use super::support::{
    Connected, TOO_MANY, block, code, completions, connected_by, host, little_room, send,
    send_too_much, stream_socket,
};

/// What a sink was told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Event>>>);

impl Told {
    fn apply(&self, settings: Settings) -> Settings {
        let told = Arc::clone(&self.0);
        settings.with_trace(Arc::new(move |events: &[Event]| {
            told.lock().unwrap().extend_from_slice(events);
        }))
    }

    async fn connected(&self) -> Connected {
        connected_by(|settings| self.apply(settings), little_room).await
    }

    fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    /// The sends, by their numbers, with what became of each.
    fn sends(&self) -> BTreeMap<u64, Vec<Event>> {
        let mut sends: BTreeMap<u64, Vec<Event>> = BTreeMap::new();
        for event in self.events() {
            let operation = match &event.what {
                What::Submitted(Submission {
                    kind: Kind::Send,
                    operation,
                    ..
                }) => {
                    sends.insert(*operation, Vec::new());
                    *operation
                }
                What::Moved { operation, .. }
                | What::Ended { operation, .. }
                | What::Indicated { operation } => *operation,
                _ => continue,
            };
            if let Some(send) = sends.get_mut(&operation) {
                send.push(event);
            }
        }
        sends
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pending_send_is_told_from_its_submission_to_its_indication() {
    let told = Told::default();
    let mut connected = told.connected().await;
    let (_, all) = send_too_much(&connected.socket);
    peer::read_exactly(&mut connected.peer, all.len()).await;
    completions(&connected.provider, TOO_MANY).await;
    let sends = told.sends();
    assert_eq!(sends.len(), TOO_MANY);
    for send in sends.values() {
        let [submitted, moved @ .., ended, indicated] = send.as_slice() else {
            panic!("{send:?}");
        };
        let What::Submitted(Submission { bytes, .. }) = submitted.what else {
            panic!("{submitted:?}");
        };
        assert_eq!(bytes, 1 << 20);
        let moved = moved.iter().map(|event| match event.what {
            What::Moved { bytes, .. } => bytes,
            _ => panic!("{event:?}"),
        });
        assert_eq!(moved.sum::<u64>(), 1 << 20);
        assert!(
            matches!(ended.what, What::Ended { bytes, error: None, .. } if bytes == 1 << 20),
            "{ended:?}"
        );
        assert!(matches!(indicated.what, What::Indicated { .. }));
        assert!(send.is_sorted_by_key(|event| event.at), "{send:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_pending_send_ends_once_however_its_socket_does() {
    let told = Told::default();
    let connected = told.connected().await;
    send_too_much(&connected.socket);
    drop(connected);
    let sends = told.sends();
    assert_eq!(sends.len(), TOO_MANY);
    for send in sends.values() {
        let ends = send
            .iter()
            .filter(|event| matches!(event.what, What::Ended { error: Some(_), .. }));
        assert_eq!(ends.count(), 1, "{send:?}");
    }
    let closed = told.events();
    let closed = closed
        .iter()
        .filter(|event| matches!(event.what, What::Closed { .. }));
    assert_eq!(closed.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_went_out_in_one_system_call_has_one_number() {
    const SENDS: usize = 100;
    let told = Told::default();
    let mut connected = told.connected().await;
    for number in 0..SENDS {
        send(&connected.socket, &block(number, 10), Notify::Event).unwrap();
    }
    completions(&connected.provider, SENDS).await;
    peer::read_exactly(&mut connected.peer, SENDS * 10).await;
    let sends = told.sends();
    let mut calls: Vec<u64> = Vec::new();
    for event in sends.values().flatten() {
        if let What::Moved { call, bytes, .. } = event.what {
            assert_eq!(bytes, 10);
            calls.push(call);
        }
    }
    assert_eq!(calls.len(), sends.len());
    calls.dedup();
    let joined = connected.provider.monitor().report().sends_joined;
    // Those that went out with others, and a number for each call of them.
    assert!(joined > 0 && calls.len() < sends.len(), "{calls:?}");
    let at_once = told.events();
    let at_once = at_once.iter().filter(|event| match &event.what {
        What::AtOnce {
            submission, bytes, ..
        } => submission.kind == Kind::Send && *bytes == 10,
        _ => false,
    });
    assert_eq!(at_once.count() + sends.len(), SENDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_denied_and_refused_is_told() {
    let told = Told::default();
    let settings = Settings::new(
        Policy::deny_all()
            .allow_outbound("tcp://*:1".parse().unwrap())
            .unwrap(),
    );
    let mut limits = Limits::default();
    limits.sockets = 1;
    let settings = told.apply(settings.with_limits(limits));
    let provider = host().provider(settings).unwrap();
    let socket = stream_socket(&provider);
    let denied = socket.connect(([192, 0, 2, 1], 2).into()).await;
    assert_eq!(code(denied), WsaError::Acces);
    let refused = provider.socket(wsp::AddressFamily::Inet, wsp::SocketType::Stream);
    assert_eq!(code(refused), WsaError::Mfile);
    let events = told.events();
    let denials: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Denied(denied) => Some((denied.usage, denied.address, denied.verdict)),
            _ => None,
        })
        .collect();
    let address = "192.0.2.1:2".parse().ok();
    assert_eq!(denials, [("connect", address, "denied")]);
    let refused = events.iter().any(|event| {
        matches!(
            event.what,
            What::Refused {
                quota: "sockets",
                scope: "instance"
            }
        )
    });
    assert!(refused, "{events:?}");
}
