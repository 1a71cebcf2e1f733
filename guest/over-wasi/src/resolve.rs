//! Names to addresses.

use std::net::IpAddr;

use wsp_core::TransportError;

use crate::wasi::Wasi;

/// The longest name, with a final dot (RFC 1035, as text).
const LONGEST_NAME: usize = 254;

/// The longest part between two dots.
const LONGEST_LABEL: usize = 63;

/// Addresses in one answer.
const MOST_ADDRESSES: usize = 64;

/// Why a name has no addresses here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResolveError {
    /// The host forbids it.
    Acces,
    /// It is not a DNS name.
    Inval,
    /// There are no addresses for it. Hosts answer so too if they resolve nothing at all.
    HostNotFound,
}

/// What is found out of a name.
pub(crate) type Answer = Result<Vec<IpAddr>, ResolveError>;

/// A name that is being looked up: its addresses, in the host's order and without repetition.
pub(crate) struct Lookup<W: Wasi> {
    // It is of the names, and dropped before them.
    pollable: Option<W::Pollable>,
    names: W::Names,
    found: Vec<IpAddr>,
}

impl<W: Wasi> Lookup<W> {
    /// Asks for a name.
    ///
    /// # Errors
    ///
    /// [`ResolveError`].
    pub(crate) fn start(wasi: &W, name: &str) -> Result<Lookup<W>, ResolveError> {
        if !is_name(name) {
            return Err(ResolveError::Inval);
        }
        Ok(Lookup {
            pollable: None,
            names: wasi.resolve(name).map_err(refused)?,
            found: Vec::new(),
        })
    }

    /// Takes what the host has found by now; the answer, once that is all.
    pub(crate) fn look(&mut self, wasi: &W) -> Option<Answer> {
        while self.found.len() < MOST_ADDRESSES {
            match wasi.next_address(&self.names) {
                Ok(Some(address)) if self.found.contains(&address) => {}
                Ok(Some(address)) => self.found.push(address),
                Ok(None) => break,
                Err(TransportError::WouldBlock) => return None,
                Err(error) => return Some(Err(refused(error))),
            }
        }
        if self.found.is_empty() {
            return Some(Err(ResolveError::HostNotFound));
        }
        Some(Ok(std::mem::take(&mut self.found)))
    }

    /// What says that there may be more to take.
    pub(crate) fn pollable(&mut self, wasi: &W) -> &W::Pollable {
        let names = &self.names;
        self.pollable
            .get_or_insert_with(|| wasi.subscribe_names(names))
    }
}

/// The addresses of a name. It waits for them.
///
/// # Errors
///
/// [`ResolveError`].
pub(crate) fn resolve<W: Wasi>(wasi: &W, name: &str) -> Answer {
    let mut lookup = Lookup::start(wasi, name)?;
    loop {
        if let Some(answer) = lookup.look(wasi) {
            return answer;
        }
        wasi.poll(&[lookup.pollable(wasi)]);
    }
}

fn refused(error: TransportError) -> ResolveError {
    match error {
        TransportError::AccessDenied => ResolveError::Acces,
        TransportError::InvalidArgument => ResolveError::Inval,
        _ => ResolveError::HostNotFound,
    }
}

/// Whether a resolver takes it for a DNS name, and not for an address as text.
fn is_name(name: &str) -> bool {
    let labels = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=LONGEST_LABEL).contains(&label.len()) && label.bytes().all(is_known)
    };
    name.len() <= LONGEST_NAME && labels.split('.').all(is_label) && !is_number(labels)
}

/// The last label of an address of IPv4 is a number, in any of its forms.
fn is_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_decimal = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal || last.starts_with("0x") || last.starts_with("0X")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_addresses_and_nonsense() {
        for name in ["localhost", "a.example.", "x-1.example.org", "_srv.example"] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(64);
        for text in [
            "",
            ".",
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "::1",
            "a..b",
            "a b",
            "é.example",
            &long,
        ] {
            assert!(!is_name(text), "{text}");
        }
    }
}
