//! Random scripts for the programs `hostile`, `hostile_async` and `hostile_caller`, and
//! for the component `hostile_provider`.

use fastrand::Rng;

use crate::peers::Peers;

/// Numbers of operations: few, so that they repeat.
const NUMBERS: [u64; 5] = [0, 1, 2, 3, u64::MAX];

/// A script for `hostile` that follows from the state of `random`.
pub(crate) fn script(random: &mut Rng, peers: &Peers) -> String {
    let mut commands = beginning(random, peers);
    let length = random.usize(5..60);
    commands.extend((0..length).map(|_| command(random, peers)));
    commands.join(";")
}

/// One for `hostile_async`: calls that wait for a finished operation are among the others.
pub(crate) fn waiting(random: &mut Rng, peers: &Peers) -> String {
    let mut commands = beginning(random, peers);
    let length = random.usize(5..80);
    commands.extend((0..length).map(|_| match random.u8(..5) {
        0..3 => command(random, peers),
        _ => wait(random),
    }));
    commands.join(";")
}

/// One for `hostile_provider`: what it does in each call, and what it answers.
pub(crate) fn provider(random: &mut Rng, peers: &Peers) -> String {
    let turns = (0..random.usize(3..20)).map(|turn| {
        let mut commands = match turn {
            0 => beginning(random, peers),
            _ => (0..random.usize(..6))
                .map(|_| command(random, peers))
                .collect(),
        };
        if random.u8(..100) == 0 {
            commands.push("trap".to_owned());
        }
        let number = match random.u8(..4) {
            0 => u64::from(extreme(random)),
            1 => random.u64(..),
            _ => random.u64(..100),
        };
        format!("{number};{}", commands.join(";"))
    });
    turns.collect::<Vec<String>>().join("|")
}

/// The names of what `hostile_caller` does.
const CALLS: [&str; 39] = [
    "accept",
    "accept-ex",
    "bind",
    "cancel",
    "cleanup",
    "close",
    "completion",
    "connect",
    "connect-ex",
    "disconnect-ex",
    "drop-completions",
    "drop-event",
    "drop-overlapped",
    "drop-socket",
    "event",
    "group",
    "ip-option",
    "poll",
    "events",
    "listen",
    "names",
    "option",
    "overlapped",
    "pump",
    "read-completion",
    "receive",
    "receive-from",
    "result",
    "select",
    "send",
    "send-with-ticket",
    "send-to",
    "set",
    "shutdown",
    "sleep",
    "startup",
    "status",
    "wait",
    "wait-for-ended",
];

/// One for `hostile_caller`, and for whoever else calls a provider.
pub(crate) fn calls(random: &mut Rng) -> String {
    let length = random.usize(5..80);
    let mut commands = vec!["socket 0".to_owned(), "socket 1".to_owned()];
    commands.extend((0..length).map(|_| {
        let name = match random.u8(..5) {
            0 => "socket",
            _ => random.choice(CALLS).unwrap(),
        };
        format!("{name} {}", random.u16(..))
    }));
    commands.join(";")
}

fn beginning(random: &mut Rng, peers: &Peers) -> Vec<String> {
    vec![
        "array 0 3 1000".to_owned(),
        "buffer 0 5000".to_owned(),
        first(random, peers),
    ]
}

/// A command about calls of `finished-after`.
fn wait(random: &mut Rng) -> String {
    let slot = random.u8(..3);
    match random.u8(..20) {
        0..8 => {
            let calls = random.choice([1, 1, 1, 2, 3, 7, 13, 200]).unwrap();
            let seen = random.choice([0, 0, 1, 2, 3, 10, u64::MAX - 1, u64::MAX, u64::MAX]);
            format!("after {slot} {calls} {}", seen.unwrap())
        }
        8..12 => format!("look {slot}"),
        12..15 => format!("give-up {slot} {}", size(random, 30)),
        15..18 => "turn".to_owned(),
        18 => format!("await {slot}"),
        _ => format!("forget {slot}"),
    }
}

/// Most sequences begin with an endpoint that has a peer.
fn first(random: &mut Rng, peers: &Peers) -> String {
    let stream = peers.stream;
    match random.u8(..4) {
        0 => format!("create 0 inet udp;connect 0 {} 9", peers.datagrams),
        1 => format!("create 0 inet tcp;bind 0 {};listen 0 3", peers.guest),
        _ => format!("create 0 inet tcp;connect 0 {stream} 9;wait 5;take 10"),
    }
}

fn command(random: &mut Rng, peers: &Peers) -> String {
    let slot = random.u8(..4);
    let array = random.u8(..2);
    let number = random.choice(NUMBERS).unwrap_or_default();
    match random.u8(..100) {
        0..8 => {
            let family = random.choice(["inet", "inet", "inet", "inet6"]).unwrap();
            let protocol = random.choice(["tcp", "udp"]).unwrap();
            format!("create {slot} {family} {protocol}")
        }
        8..12 => format!("drop {slot}"),
        12..16 => format!(
            "array {array} {} {}",
            size(random, 1200),
            size(random, 100_000)
        ),
        16..19 => format!("buffer {array} {}", size(random, 2_000_000)),
        19..21 => format!("drop-array {array}"),
        21..23 => format!("drop-buffer {array}"),
        23..31 => format!("connect {slot} {} {number}", address(random, peers)),
        31..34 => format!("bind {slot} {}", address(random, peers)),
        34..36 => format!("listen {slot} {}", extreme(random)),
        36..40 => format!("accept {slot} {}", random.u8(..4)),
        40..42 => format!("try-send {slot} {array} {}", random.u8(..8)),
        42..46 => format!("send {slot} {array} {} {number}", random.u8(..8)),
        46..48 => {
            let to = address(random, peers);
            format!("send-to {slot} {array} {} {to} {number}", random.u8(..8))
        }
        48..56 => format!("gather {slot} {}", gather(random, peers)),
        56..58 => format!(
            "gather-rest {slot} {} {} {} {} {}",
            size(random, 1200),
            size(random, 100_000),
            random.u8(..8),
            random.u8(1..5),
            extreme(random)
        ),
        58..61 => format!("try-receive {slot} {array} {}", random.u8(..8)),
        61..68 => format!("receive {slot} {array} {} {number}", random.u8(..8)),
        68..78 => {
            let interest = ["readable", "writable", "urgent", "drained"];
            let interest = random.choice(interest).unwrap();
            format!("watch {slot} {interest} {number}")
        }
        78..81 => format!("cancel {slot} {number}"),
        81..83 => {
            let direction = random.choice(["receive", "send", "both"]).unwrap();
            format!("shutdown {slot} {direction}")
        }
        83..85 => {
            let question = [
                "ready",
                "unacknowledged",
                "available",
                "local",
                "peer",
                "abort",
            ];
            format!("{} {slot}", random.choice(question).unwrap())
        }
        85..87 => format!("set {slot} {} {}", random.u8(..18), option_value(random)),
        87 => match random.u8(..4) {
            0 => format!("get {slot} {}", random.u8(..18)),
            1 => format!(
                "through {slot} {} {}",
                address(random, peers),
                random.u8(..6)
            ),
            2 => format!("leave {slot} {} {}", address(random, peers), random.u8(..6)),
            _ => format!("join {slot} {} {}", address(random, peers), random.u8(..6)),
        },
        88..93 => format!("take {}", extreme(random)),
        93..97 => format!("wait {}", random.u8(..4)),
        97 => format!("read {array} {} {}", extreme(random), size(random, 5000)),
        98 => {
            let name = ["localhost", "127.1", "a..b", "no.such.example"];
            format!("resolve {}", random.choice(name).unwrap())
        }
        // Some sequences end here.
        _ => match random.u8(..6) {
            0..3 => format!("forged-gather {} {}", forged(random), gather(random, peers)),
            3 => "wait-for-ever".to_owned(),
            _ => format!("count {array}"),
        },
    }
}

/// PARTS LENGTH FLAGS REST TIMEOUT OPERATION [ADDRESS]
fn gather(random: &mut Rng, peers: &Peers) -> String {
    let number = random.choice(NUMBERS).unwrap_or_default();
    let to = match random.u8(..3) {
        0 => address(random, peers),
        _ => String::new(),
    };
    format!(
        "{} {} {} {} {} {number} {to}",
        size(random, 1200),
        size(random, 100_000),
        random.u8(..8),
        random.u8(..4),
        random.u8(1..5)
    )
}

/// A number of an endpoint: one that was never given, or perhaps one of an early one's.
fn forged(random: &mut Rng) -> u64 {
    match random.u8(..2) {
        0 => random.u64(..),
        _ => random.u64(..8) << 32 | random.u64(..4),
    }
}

fn size(random: &mut Rng, below: u32) -> u32 {
    match random.u8(..8) {
        0 => 0,
        1 => 1,
        2 => below - 1,
        _ => random.u32(..below),
    }
}

fn extreme(random: &mut Rng) -> u32 {
    match random.u8(..6) {
        0 => 0,
        1 => 1,
        2 => u32::MAX,
        3 => i32::MAX as u32,
        _ => random.u32(..100_000),
    }
}

/// Options have small values, and booleans.
fn option_value(random: &mut Rng) -> u32 {
    match random.bool() {
        true => random.u32(..300),
        false => extreme(random),
    }
}

fn address(random: &mut Rng, peers: &Peers) -> String {
    match random.u8(..14) {
        0..4 => peers.stream.to_string(),
        4..8 => peers.datagrams.to_string(),
        8 => peers.refusing.to_string(),
        9 => peers.guest.to_string(),
        10 => "127.0.0.1:0".to_owned(),
        11 => "0.0.0.0:0".to_owned(),
        12 => "192.0.2.1:9".to_owned(),
        _ => format!("[::1]:{}", random.u16(..)),
    }
}
