//! Durations as people write them, on command lines and in policy files.

use std::time::Duration;

/// A text that is no duration above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a time above 0, as in 500ms, 5s, 1.5h or 1m30s; a bare number is seconds")]
pub struct DurationError;

/// Reads `500ms`, `5s`, `1.5h`, `1m30s` or `1h 30min`, in [humantime]'s units, or a bare
/// number of seconds such as `5` or `0.25`.
///
/// # Errors
///
/// If the text is something else, or the time is 0 or longer than a [`Duration`] holds.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(wsp_guard::duration::parse("1m30s"), Ok(Duration::from_secs(90)));
/// assert_eq!(wsp_guard::duration::parse("0.25"), Ok(Duration::from_millis(250)));
/// assert!(wsp_guard::duration::parse("soon").is_err());
/// ```
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let duration = fraction(text).or_else(|| humantime::parse_duration(text).ok());
    duration
        .filter(|duration| !duration.is_zero())
        .ok_or(DurationError)
}

/// One number, with a fraction or without a unit, which humantime does not read.
fn fraction(text: &str) -> Option<Duration> {
    let digits = text
        .find(|c: char| c != '.' && !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let scale = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * scale).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_or_are_seconds() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("5s", 5_000),
            ("5", 5_000),
            ("0.25", 250),
            ("2m", 120_000),
            ("1.5h", 5_400_000),
            ("1m30s", 90_000),
            ("1h 30min", 5_400_000),
            ("2days", 172_800_000),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_time_above_zero_is_refused() {
        for text in [
            "",
            "s",
            "5x",
            "-1s",
            "0",
            "0ms",
            "0s",
            "1.2.3",
            "inf",
            "99999999999999999999h",
            "∞",
        ] {
            assert_eq!(parse(text), Err(DurationError), "{text}");
        }
    }
}
