//! A line of the audit log, which is told as an event too.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

/// One line.
#[derive(Debug, Default, Serialize)]
pub(super) struct Line<'a> {
    pub(super) time: String,
    pub(super) tenant: &'a str,
    pub(super) what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) protocol: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<SocketAddr>,
    #[serde(skip)]
    pub(super) peer: Option<SocketAddr>,
    #[serde(skip)]
    pub(super) local: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) granted: Option<&'a [IpAddr]>,
    #[serde(rename = "left-out", skip_serializing_if = "Option::is_none")]
    pub(super) left_out: Option<&'a [IpAddr]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quota: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) received: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) omitted: Option<u64>,
}
