//! Only decisions: a policy as people write it, and what it says of some addresses.
//!
//! `cargo run -p wsp-guard --example policy`

use std::error::Error;
use std::net::SocketAddr;

use wsp_guard::policy::{Policy, Protocol, Request, Usage};

fn main() -> Result<(), Box<dyn Error>> {
    for line in decisions()? {
        println!("{line}");
    }
    Ok(())
}

fn decisions() -> Result<Vec<String>, Box<dyn Error>> {
    // `*` covers no private address and no loopback; a rule that denies wins over every other.
    let policy = Policy::deny_all()
        .allow_outbound("tcp://*:443".parse()?)?
        .allow_outbound("tcp://10.0.0.0/8:5432".parse()?)?
        .deny_outbound("tcp://10.9.0.0/16:*".parse()?)?;
    let peers = [
        "1.1.1.1:443",
        "10.1.2.3:5432",
        "10.9.2.3:5432",
        "127.0.0.1:443",
    ];
    peers
        .into_iter()
        .map(|peer| {
            let peer: SocketAddr = peer.parse()?;
            let decision = policy.decide(&Request::socket(Protocol::Tcp, Usage::Connect(peer)));
            Ok(match decision.denial() {
                None => format!("{peer}: {}", decision.label()),
                Some(denial) => format!("{peer}: {}: {denial}", decision.label()),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn private_addresses_need_a_rule_and_denials_win() -> Result<(), Box<dyn std::error::Error>> {
        let lines = super::decisions()?;
        let allowed: Vec<bool> = lines
            .iter()
            .map(|line| line.ends_with(": allowed"))
            .collect();
        assert_eq!(allowed, [true, true, false, false], "{lines:?}");
        Ok(())
    }
}
