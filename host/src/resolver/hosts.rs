//! Asking the system for exactly the name that the policy decided on.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use wsp_guard::hosts_file;

/// The addresses of `name` itself. The system would complete a name by the domains of
/// its search list, and ask for one that the policy never saw; a final dot keeps it from
/// that, but also from looking into its own file.
pub(super) fn system(name: &str) -> io::Result<Vec<IpAddr>> {
    let listed = hosts_file::addresses(name);
    if !listed.is_empty() {
        return Ok(listed);
    }
    let bare = name.strip_suffix('.').unwrap_or(name);
    let addresses = (format!("{bare}."), 0).to_socket_addrs()?;
    Ok(addresses.map(|address| address.ip()).collect())
}
