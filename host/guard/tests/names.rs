//! Names of rules whose addresses change, by a clock of the test's own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use futures::FutureExt;
use wsp_guard::Guard;
use wsp_guard::config::PolicyConfig;
use wsp_guard::names::{Answer, Resolver, Resolving};
use wsp_guard::policy::{Policy, Protocol, Request, Usage};
use wsp_guard::quota::{HostQuota, Limits, ManualClock};
use wsp_guard::witness::AuditLog;

const FIRST: &str = "93.184.215.1";
const SECOND: &str = "93.184.215.2";
const THIRD: &str = "93.184.215.3";

/// Answers with what it was told last, and counts how often it was asked.
#[derive(Default)]
struct Dns {
    answer: Mutex<Option<Answer>>,
    asked: Mutex<Vec<String>>,
}

impl Dns {
    fn answering(addresses: &[&str], ttl: u64) -> Dns {
        let dns = Dns::default();
        dns.answers(addresses, ttl);
        dns
    }

    fn answers(&self, addresses: &[&str], ttl: u64) {
        let addresses = addresses.iter().map(|address| address.parse().unwrap());
        let answer = Answer::new(addresses, Some(Duration::from_secs(ttl)));
        *self.answer.lock().unwrap() = Some(answer);
    }

    fn fails(&self) {
        *self.answer.lock().unwrap() = None;
    }

    /// The names that it was asked for since the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Resolver for Dns {
    fn resolve(&self, name: &str) -> Resolving {
        self.asked.lock().unwrap().push(name.to_owned());
        let answer = self.answer.lock().unwrap().clone();
        Box::pin(future::ready(
            answer.ok_or_else(|| io::ErrorKind::TimedOut.into()),
        ))
    }
}

fn policy(text: &str, dns: &Dns) -> Policy {
    let config: PolicyConfig = text.parse().unwrap();
    let resolved = config.resolve_by(dns).now_or_never().unwrap();
    resolved.unwrap()
}

/// A guard whose names are kept by hand.
struct Kept<'a> {
    guard: &'a Guard,
    time: ManualClock,
    keeping: Pin<Box<dyn Future<Output = ()> + 'a>>,
}

impl Kept<'_> {
    /// Lets so many seconds pass, one after the other.
    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.time.advance(Duration::from_secs(1));
            self.look();
        }
    }

    fn look(&mut self) {
        assert!(self.keeping.as_mut().now_or_never().is_none());
    }

    /// Which of the three addresses may be connected to.
    fn reached(&self) -> Vec<&str> {
        let mut addresses = vec![FIRST, SECOND, THIRD];
        addresses.retain(|address| self.permits(address));
        addresses
    }

    fn permits(&self, ip: &str) -> bool {
        permits(self.guard, ip)
    }
}

fn permits(guard: &Guard, ip: &str) -> bool {
    let peer = (ip.parse::<IpAddr>().unwrap(), 443).into();
    guard.permits(&Request::socket(Protocol::Tcp, Usage::Connect(peer)))
}

fn guard(policy: Policy, time: &ManualClock) -> Guard {
    let limits = Limits::default();
    Guard::new(policy, &limits).with_host_quota(&limits, HostQuota::default(), &time.clock())
}

fn kept<'a>(guard: &'a Guard, dns: &'a Dns, time: ManualClock) -> Kept<'a> {
    let keeping = guard.keep_names(dns, |_| future::pending());
    let mut kept = Kept {
        guard,
        time,
        keeping: Box::pin(keeping),
    };
    kept.look();
    kept
}

const RULE: &str = "outbound.allow = ['tcp://service.example:443']";

#[test]
fn a_service_that_moves_is_followed_and_its_old_address_given_up() {
    let dns = Dns::answering(&[FIRST], 20);
    let time = ManualClock::new();
    let guard = guard(policy(RULE, &dns), &time);
    let mut kept = kept(&guard, &dns, time);
    assert_eq!(kept.reached(), [FIRST]);
    dns.asked();

    kept.pass(19);
    assert!(dns.asked().is_empty(), "its time to live is not over");
    dns.answers(&[SECOND], 20);
    kept.pass(1);
    assert_eq!(dns.asked(), ["service.example"]);
    // Those who asked before still have the old one.
    assert_eq!(kept.reached(), [FIRST, SECOND]);
    kept.pass(20);
    assert_eq!(kept.reached(), [SECOND]);
    dns.answers(&[THIRD], 20);
    kept.pass(20);
    assert_eq!(kept.reached(), [SECOND, THIRD]);
}

#[test]
fn an_old_address_is_given_up_within_a_minute_however_long_the_new_one_holds() {
    let dns = Dns::answering(&[FIRST], 1);
    let time = ManualClock::new();
    let guard = guard(policy(RULE, &dns), &time);
    let mut kept = kept(&guard, &dns, time);
    dns.answers(&[SECOND], 100_000);
    kept.pass(1);
    assert_eq!(kept.reached(), [FIRST, SECOND]);
    kept.pass(60);
    assert_eq!(kept.reached(), [SECOND]);
}

#[test]
fn no_special_address_is_granted_by_an_answer_and_the_audit_says_which_were_left_out() {
    let dns = Dns::answering(&[FIRST], 1);
    let time = ManualClock::new();
    let log = tempfile::NamedTempFile::new().unwrap();
    let audit = AuditLog::append_to(log.path()).unwrap();
    let guard =
        guard(policy(RULE, &dns), &time).with_witness("tenant".to_owned(), Some(audit), None);
    let mut kept = kept(&guard, &dns, time);
    let special = [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "fd00:ec2::254",
        "fe80::1",
    ];
    dns.answers(&[&special[..], &[SECOND]].concat(), 1);
    kept.pass(1);
    for address in special {
        assert!(!kept.permits(address), "{address}");
    }
    assert_eq!(kept.reached(), [FIRST, SECOND]);
    // Also if there is nothing else.
    dns.answers(&special, 1);
    kept.pass(2);
    for address in special {
        assert!(!kept.permits(address), "{address}");
    }
    assert!(kept.reached().is_empty());

    let text = std::fs::read_to_string(log.path()).unwrap();
    let line = text.lines().find(|line| line.contains(r#""what":"name""#));
    let line: serde_json::Value = serde_json::from_str(line.unwrap()).unwrap();
    assert_eq!(line["name"], "service.example");
    assert_eq!(line["granted"], serde_json::json!([SECOND, FIRST]));
    assert_eq!(line["left-out"].as_array().unwrap().len(), special.len());
}

#[test]
fn what_was_known_stays_while_nobody_answers_and_is_asked_for_again() {
    let dns = Dns::answering(&[FIRST], 10);
    let time = ManualClock::new();
    let guard = guard(policy(RULE, &dns), &time);
    let mut kept = kept(&guard, &dns, time);
    dns.fails();
    kept.pass(10);
    dns.asked();
    kept.pass(15);
    assert_eq!(dns.asked().len(), 3);
    assert_eq!(kept.reached(), [FIRST]);
    dns.answers(&[SECOND], 10);
    kept.pass(5);
    assert_eq!(kept.reached(), [FIRST, SECOND]);
}

#[test]
fn a_resolver_that_never_answers_is_asked_again() {
    let dns = Dns::answering(&[FIRST], 10);
    let time = ManualClock::new();
    let guard = guard(policy(RULE, &dns), &time);
    let asked = Mutex::new(0);
    let silent = |_: &str| -> Resolving {
        *asked.lock().unwrap() += 1;
        Box::pin(future::pending())
    };
    // The time for an answer is over at once.
    let mut keeping = Box::pin(guard.keep_names(&silent, |_| future::ready(())));
    assert!(keeping.as_mut().now_or_never().is_none());
    assert_eq!(*asked.lock().unwrap(), 1);
    time.advance(Duration::from_secs(5));
    assert!(keeping.as_mut().now_or_never().is_none());
    assert_eq!(*asked.lock().unwrap(), 2);
    assert!(permits(&guard, FIRST));
}

#[test]
fn no_time_to_live_makes_a_name_be_asked_for_all_the_time_or_never_again() {
    let dns = Dns::answering(&[FIRST], 0);
    let time = ManualClock::new();
    let guard = guard(policy(RULE, &dns), &time);
    let mut kept = kept(&guard, &dns, time);
    dns.asked();
    kept.look();
    assert!(dns.asked().is_empty());
    dns.answers(&[FIRST], u64::MAX);
    kept.pass(1);
    assert_eq!(dns.asked().len(), 1);
    kept.pass(3599);
    assert!(dns.asked().is_empty());
    kept.pass(1);
    assert_eq!(dns.asked().len(), 1);
}

#[test]
fn a_name_that_is_gone_grants_nothing_and_a_denied_one_stays_denied() {
    let dns = Dns::answering(&[FIRST], 1);
    let time = ManualClock::new();
    let allowing = guard(policy(RULE, &dns), &time);
    let mut kept_allowing = kept(&allowing, &dns, time);
    let time = ManualClock::new();
    let rules = "outbound.allow = ['tcp://*:443']\noutbound.deny = ['tcp://service.example:*']";
    let denying = guard(policy(rules, &dns), &time);
    let mut kept_denying = kept(&denying, &dns, time);
    assert_eq!(kept_denying.reached(), [SECOND, THIRD]);
    dns.answers(&[SECOND, "10.0.0.1"], 1);
    kept_denying.pass(1);
    assert_eq!(kept_denying.reached(), [THIRD]);
    dns.answers(&[], 1);
    kept_denying.pass(1);
    kept_allowing.pass(2);
    assert!(kept_allowing.reached().is_empty());
    assert_eq!(kept_denying.reached(), [FIRST, THIRD]);
    kept_denying.pass(5);
    assert_eq!(kept_denying.reached(), [FIRST, THIRD]);
}

#[test]
fn a_program_that_asks_is_told_what_it_may_connect_to() {
    let dns = Dns::answering(&[FIRST], 10);
    let time = ManualClock::new();
    let guard = guard(policy(RULE, &dns), &time);
    let mut kept = kept(&guard, &dns, time);
    // A rebinding server has another answer for everybody who asks.
    dns.answers(&[SECOND], 0);
    dns.asked();
    let told = |guard: &Guard, name: &str| {
        let told = guard.resolve(name, &dns).now_or_never().unwrap().unwrap();
        told.iter().map(IpAddr::to_string).collect::<Vec<_>>()
    };
    assert_eq!(told(&guard, "Service.Example."), [FIRST]);
    assert!(dns.asked().is_empty());
    kept.time.advance(Duration::from_secs(10));
    // If it asks first, the rule stands for what it is told.
    assert_eq!(told(&guard, "service.example"), [SECOND]);
    assert_eq!(kept.reached(), [FIRST, SECOND]);
    // Any other name grants nothing.
    dns.answers(&[THIRD], 10);
    assert_eq!(told(&guard, "other.example"), [THIRD]);
    kept.look();
    assert_eq!(kept.reached(), [FIRST, SECOND]);
}

#[test]
fn a_new_policy_keeps_what_names_were_known_for_and_brings_its_own() {
    let dns = Dns::answering(&[FIRST], 10);
    let time = ManualClock::new();
    let guard = guard(policy(RULE, &dns), &time);
    let mut kept = kept(&guard, &dns, time);
    dns.answers(&[SECOND], 10);
    let both = "outbound.allow = ['tcp://service.example:443', 'tcp://other.example:443']";
    guard.replace_policy(policy(both, &dns));
    assert_eq!(kept.reached(), [FIRST, SECOND]);
    dns.asked();
    kept.look();
    assert_eq!(dns.asked().len(), 2, "nobody knows how long they hold");
    guard.replace_policy(Policy::deny_all());
    assert!(kept.reached().is_empty());
    kept.pass(100);
    assert!(dns.asked().is_empty());
    dns.answers(&[THIRD], 10);
    guard.replace_policy(policy(RULE, &dns));
    kept.look();
    assert_eq!(kept.reached(), [THIRD]);
}
