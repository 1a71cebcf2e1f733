//! Why the text of a rule or a target cannot be read.

use std::net::IpAddr;

use ipnet::IpNet;

/// Why a rule or a target cannot be read. Each one is a sentence that names the text and the right form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxError {
    /// There is no `://`.
    #[error("no scheme in {text:?}: write tcp://HOST:PORT or udp://HOST:PORT")]
    MissingScheme {
        /// The whole text.
        text: String,
    },
    /// The scheme is neither `tcp` nor `udp`.
    #[error("unknown scheme {scheme:?} in {text:?}: it must start with tcp:// or udp://")]
    UnknownScheme {
        /// The scheme.
        scheme: String,
        /// The whole text.
        text: String,
    },
    /// It names a Unix socket. Neither the addresses of the WIT interfaces nor those of
    /// wasi:sockets have a family for these, and a pool of cap-std grants IP addresses alone.
    #[error(
        "{text:?} names a Unix socket, which no program here can reach: neither wsp's interfaces nor wasi:sockets have addresses for them, so write tcp://HOST:PORT or udp://HOST:PORT"
    )]
    UnixSocket {
        /// The whole text.
        text: String,
    },
    /// There is no host before the port.
    #[error("no host in {text:?}: write tcp://HOST:PORT or udp://HOST:PORT")]
    MissingHost {
        /// The whole text.
        text: String,
    },
    /// There is no port after the host.
    #[error("no port in {text:?}: write a port after the host, as in tcp://HOST:80")]
    MissingPort {
        /// The whole text.
        text: String,
    },
    /// A path, query or fragment follows.
    #[error(
        "{text:?} goes on with {rest:?} after its port: leave that out, only HOST:PORT can be named"
    )]
    PathOrQuery {
        /// What follows.
        rest: String,
        /// The whole text.
        text: String,
    },
    /// An IPv6 address is not in brackets.
    #[error("the IPv6 address in {text:?} needs brackets: write it as in tcp://[::1]:80")]
    BracketsMissing {
        /// The whole text.
        text: String,
    },
    /// The host has none of the accepted forms.
    #[error(
        "bad host {host:?} in {text:?}: write an IPv4 address, an IPv6 address in brackets, or a DNS name"
    )]
    BadHost {
        /// The host.
        host: String,
        /// The whole text.
        text: String,
    },
    /// The number after the slash of a network is wrong.
    #[error("bad prefix length {prefix:?} in {text:?}: write a number from 0 to {longest}")]
    BadPrefix {
        /// What stands after the slash.
        prefix: String,
        /// The longest prefix of the address family.
        longest: u8,
        /// The whole text.
        text: String,
    },
    /// A network's address has bits beyond its prefix.
    #[error("the network in {text:?} has address bits beyond its prefix: write {network}")]
    HostBits {
        /// The network that the prefix describes.
        network: IpNet,
        /// The whole text.
        text: String,
    },
    /// A port is not a number from 0 to 65535.
    #[error("bad port {port:?} in {text:?}: a port is a number from 1 to 65535")]
    BadPort {
        /// The port.
        port: String,
        /// The whole text.
        text: String,
    },
    /// A list of ports has an empty place.
    #[error(
        "a port is missing in the list of {text:?}: write numbers or ranges between the commas, as in 80,8000-8099"
    )]
    EmptyPort {
        /// The whole text.
        text: String,
    },
    /// A range ends before it begins.
    #[error("the port range {first}-{last} in {text:?} runs backwards: write {last}-{first}")]
    BackwardRange {
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
        /// The whole text.
        text: String,
    },
    /// Port 0 is part of a list or range.
    #[error(
        "port 0 in {text:?} means a port that the system chooses: write it alone, as in tcp://127.0.0.1:0"
    )]
    PortZeroInList {
        /// The whole text.
        text: String,
    },
    /// An IPv6 address or network of a form that carries an IPv4 address.
    #[error(
        "{text:?} has an IPv6 form of IPv4 addresses, which are decided on as IPv4: write {embedded}, or an IPv4 network"
    )]
    EmbeddedIpv4 {
        /// The IPv4 address.
        embedded: IpAddr,
        /// The whole text.
        text: String,
    },
    /// Not a pattern of names.
    #[error(
        "bad name {text:?}: write a DNS name such as example.com, *.example.com for what is below it, or *"
    )]
    BadName {
        /// The whole text.
        text: String,
    },
    /// A target names more than one host or port.
    #[error("{text:?} names more than one address: write a single host and a single port")]
    NotSingle {
        /// The whole text.
        text: String,
    },
}
