//! Programs that resolve names.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wsp::policy::{Policy, PolicyConfig};
use wsp::{Answer, Resolving};
use wsp_tests::peer::{Listener, V4};

use crate::program;

pub(crate) fn policy(text: &str) -> Policy {
    text.parse::<PolicyConfig>().unwrap().resolve().unwrap()
}

/// A resolver that has the answers, one after the other, and the last one for
/// ever; and how often it was asked.
pub(crate) fn answering(
    answers: Vec<Vec<IpAddr>>,
) -> (
    Arc<impl Fn(&str) -> Resolving + Send + Sync>,
    Arc<AtomicUsize>,
) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let resolver = move |name: &str| -> Resolving {
        assert!(name.ends_with(".example"), "asked for {name}");
        let number = count.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
        let answer = Answer::new(answers[number].clone(), None);
        Box::pin(async move { Ok(answer) })
    };
    (Arc::new(resolver), asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_changes_gains_nothing() {
    let listener = Listener::on(V4);
    let port = listener.address().port();
    // First an address that is allowed, then one that a rebinding server would give.
    let metadata = Ipv4Addr::new(169, 254, 169, 254).into();
    let mapped = "::ffff:127.0.0.2".parse().unwrap();
    let (resolver, asked) = answering(vec![
        vec![V4],
        vec![metadata, mapped, Ipv4Addr::new(127, 0, 0, 2).into()],
    ]);
    let program = program("resolve_and_connect")
        .argument("rebinding.example")
        .argument(port)
        .policy(policy(&format!(
            "outbound.allow = ['tcp://127.0.0.1:{port}', 'tcp://*:*']\nresolve.allow = ['*.example']"
        )))
        .resolver(resolver);
    program.start().end().await.assert_printed(&[
        "127.0.0.1: ok",
        "169.254.169.254: WSAEACCES (10013)",
        "::ffff:127.0.0.2: WSAEACCES (10013)",
        "127.0.0.2: WSAEACCES (10013)",
    ]);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_no_rule_covers_is_not_even_asked_for() {
    let (resolver, asked) = answering(vec![vec![V4]]);
    let program = program("resolve_and_connect")
        .argument("secret.other.example")
        .argument(80)
        .policy(policy(
            "outbound.allow = ['tcp://*:*']\n[resolve]\nallow = ['*.example']\ndeny = ['*.other.example']",
        ))
        .resolver(resolver);
    let refused = "WSAEACCES (10013)";
    program
        .start()
        .end()
        .await
        .assert_printed(&[refused, refused]);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_bounded_and_repeats_nothing() {
    let many: Vec<IpAddr> = (0..1000_u16)
        .map(|number| {
            let [high, low] = number.to_be_bytes();
            Ipv4Addr::new(10, 0, high, low).into()
        })
        .collect();
    let (resolver, _) = answering(vec![[many.clone(), many].concat(), Vec::new()]);
    let program = program("resolve_and_connect")
        .argument("many.example")
        .argument(80)
        .policy(policy("resolve.allow = ['many.example']"))
        .resolver(resolver);
    let mut lines: Vec<String> = (0..64)
        .map(|number| format!("10.0.0.{number}: WSAEACCES (10013)"))
        .collect();
    lines.push("WSAHOST_NOT_FOUND (11001)".to_owned());
    program.start().end().await.assert_printed(&lines);
}
