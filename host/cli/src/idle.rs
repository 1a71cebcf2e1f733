//! How long a peer may be silent, as people write it.

use std::time::Duration;

/// The limit, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Idle(pub(crate) Option<Duration>);

impl Idle {
    /// Reads a duration, or `none` for no limit.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let limit = wsp_guard::duration::parse(text);
        limit
            .map(|limit| Self(Some(limit)))
            .map_err(|error| format!("{error}; none is no limit"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn silence_has_a_limit_or_none() {
        let seconds = |seconds| Ok(Idle(Some(Duration::from_secs(seconds))));
        assert_eq!(Idle::parse("2m"), seconds(120));
        assert_eq!(Idle::parse("none"), Ok(Idle(None)));
        for text in ["0", "never", ""] {
            assert!(
                Idle::parse(text)
                    .unwrap_err()
                    .ends_with("; none is no limit"),
                "{text}"
            );
        }
    }
}
