//! Asking the system for exactly the name that the policy decided on.

use std::fs;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};

/// Where systems keep names of their own.
const HOSTS: &str = "/etc/hosts";

/// The addresses of `name` itself. The system would complete a name by the domains of
/// its search list, and ask for one that the policy never saw; a final dot keeps it from
/// that, but also from looking into its own file.
pub(super) fn system(name: &str) -> io::Result<Vec<IpAddr>> {
    let listed = in_hosts_file(name);
    if !listed.is_empty() {
        return Ok(listed);
    }
    let bare = name.strip_suffix('.').unwrap_or(name);
    let addresses = (format!("{bare}."), 0).to_socket_addrs()?;
    Ok(addresses.map(|address| address.ip()).collect())
}

/// The addresses that the system's own file, `/etc/hosts`, has for a name; none if it cannot be
/// read.
pub fn in_hosts_file(name: &str) -> Vec<IpAddr> {
    let bare = name.strip_suffix('.').unwrap_or(name);
    fs::read_to_string(HOSTS).map_or(Vec::new(), |text| listed(&text, bare))
}

/// The addresses that a file as hosts(5) describes it has for a name.
fn listed(text: &str, name: &str) -> Vec<IpAddr> {
    let of_line = |line: &str| {
        let entry = line.split('#').next().unwrap_or_default();
        let mut words = entry.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words
            .any(|word| word.eq_ignore_ascii_case(name))
            .then_some(address)
    };
    text.lines().filter_map(of_line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_among_the_aliases_of_its_line_and_not_in_comments() {
        let text = "127.0.0.1 localhost\n# 192.0.2.9 db\n::1\tlocalhost ip6 # db\n\
                    192.0.2.1 db.example DB\nnonsense db\n192.0.2.2 database\n";
        let found = |name| {
            let addresses = listed(text, name);
            addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>()
        };
        assert_eq!(found("db"), ["192.0.2.1"]);
        assert_eq!(found("LOCALHOST"), ["127.0.0.1", "::1"]);
        assert_eq!(found("example"), [""; 0]);
    }
}
