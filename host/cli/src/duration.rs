//! Durations as people write them.

use std::time::Duration;

/// Reads `500ms`, `5s`, `2m`, `1h`, or a bare number of seconds.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|c: char| c != '.' && !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let scale = match unit {
        "ms" => Some(0.001),
        "" | "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    };
    let seconds = number
        .parse::<f64>()
        .ok()
        .zip(scale)
        .map(|(number, scale)| number * scale);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "write a number above 0 with ms, s, m or h, as in 500ms or 5s".to_owned())
}

/// How long a peer may be silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Idle(pub(crate) Option<Duration>);

impl Idle {
    /// Reads a duration, or `none` for no limit.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let limit = parse(text);
        limit
            .map(|limit| Self(Some(limit)))
            .map_err(|error| format!("{error}, or none"))
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
                Idle::parse(text).unwrap_err().ends_with(", or none"),
                "{text}"
            );
        }
    }

    #[test]
    fn durations_have_a_unit_or_are_seconds() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("5s", 5_000),
            ("5", 5_000),
            ("0.25", 250),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in [
            "",
            "s",
            "5x",
            "-1s",
            "0",
            "0ms",
            "1.2.3",
            "5 s",
            "99999999999999999999h",
            "∞",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
