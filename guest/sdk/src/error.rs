//! Winsock errors, from the provider's own enumeration.

use wsp_core::WsaError;

use crate::bindings::winsock::spi::types::WsaError as Raw;

impl From<Raw> for WsaError {
    /// Both enumerations have the same codes, in numerical order.
    fn from(raw: Raw) -> WsaError {
        WsaError::ALL
            .get(raw as usize)
            .copied()
            .unwrap_or(WsaError::SyscallFailure)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        unsafe_code,
        reason = "the only way to all cases of a generated enumeration"
    )]

    use super::*;

    /// Name and number out of the WIT's documentation, such as `WSAEACCES (10013): …`.
    fn documented(raw: Raw) -> (&'static str, u32) {
        let (name, rest) = raw.message().split_once(" (").unwrap_or_default();
        let (number, _) = rest.split_once(')').unwrap_or_default();
        (name, number.parse().unwrap_or_default())
    }

    #[test]
    fn every_code_of_the_wit_becomes_the_error_of_that_name_and_number() {
        assert_eq!(Raw::SyscallFailure as usize + 1, WsaError::ALL.len());
        for (code, error) in (0u8..).zip(WsaError::ALL) {
            // SAFETY: the assertion above says that `code` is one of the enumeration's.
            let raw = unsafe { Raw::_lift(code) };
            assert_eq!(WsaError::from(raw), *error);
            assert_eq!(documented(raw), (error.name(), error.number()));
        }
    }
}
