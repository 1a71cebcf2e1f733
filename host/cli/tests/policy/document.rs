//! `docs/policy.md` says what the code does.

use std::fs;
use std::path::Path;

use wsp::policy::{DenialReason, PolicyConfig, SpecialRange};

fn page() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join("docs/policy.md")).unwrap()
}

#[test]
fn the_file_of_the_page_is_a_policy_file() {
    let page = page();
    let (_, after) = page.split_once("```toml\n").unwrap();
    let (file, _) = after.split_once("```").unwrap();
    let config: PolicyConfig = file.parse().unwrap();
    assert_eq!(config.outbound.allow.len(), 2);
    assert_eq!(config.resolve.allow.len(), 1);
}

#[test]
fn every_special_network_is_in_the_table_in_the_row_of_its_range() {
    let page = page();
    for (network, range) in SpecialRange::networks() {
        let start = format!("| {range} |");
        let row = page.lines().find(|line| line.starts_with(&start)).unwrap();
        let text = if network.prefix_len() == network.max_prefix_len() {
            network.addr().to_string()
        } else {
            network.to_string()
        };
        let found = row.split(['|', ',']).any(|cell| cell.trim() == text);
        assert!(found, "{text} in {row}");
    }
}

#[test]
fn every_reason_is_on_the_page() {
    let page = page();
    for reason in [
        DenialReason::NoGrantForProtocol,
        DenialReason::NoOutboundGrant,
        DenialReason::OutboundAddressNotAllowed,
        DenialReason::InboundAddressNotAllowed,
        DenialReason::PeerNotAllowed,
        DenialReason::SpecialRangeNeedsExplicitRule,
        DenialReason::NameNotAllowed,
        DenialReason::DeniedByRule,
    ] {
        assert!(
            page.contains(&format!("`{}`", reason.as_str())),
            "{reason:?}"
        );
    }
}
