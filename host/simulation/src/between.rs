//! Amounts that are drawn from a range.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wsp_guard::quota::Size;

/// An amount between two others, which are included: `1ms..20ms`, `4KiB..64KiB`, or one that
/// is always the same: `5ms`.
///
/// ```
/// use std::time::Duration;
/// use wsp_simulation::Between;
///
/// let delay: Between<Duration> = "1ms..20ms".parse()?;
/// assert_eq!(delay.high(), Duration::from_millis(20));
/// assert_eq!(delay.to_string(), "1ms..20ms");
/// assert!("20ms..1ms".parse::<Between<Duration>>().is_err());
/// # Ok::<(), wsp_simulation::BetweenError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between<T> {
    low: T,
    high: T,
}

/// A text is no amount and no range of amounts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no {what}: write one, as in {one}, or the lowest and the highest, as in {two}"
)]
pub struct BetweenError {
    text: String,
    what: &'static str,
    one: &'static str,
    two: &'static str,
}

/// What can be drawn from a range.
pub trait Amount: Copy + Ord {
    #[doc(hidden)]
    const WHAT: (&'static str, &'static str, &'static str);

    #[doc(hidden)]
    fn parse(text: &str) -> Option<Self>;

    #[doc(hidden)]
    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    #[doc(hidden)]
    fn of_number(number: u64) -> Option<Self>;
}

impl Amount for Duration {
    const WHAT: (&'static str, &'static str, &'static str) = ("time", "\"5ms\"", "\"1ms..20ms\"");

    fn parse(text: &str) -> Option<Duration> {
        match text {
            "0" | "0ms" | "0s" => Some(Duration::ZERO),
            text => wsp_guard::duration::parse(text).ok(),
        }
    }

    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }

    fn of_number(number: u64) -> Option<Duration> {
        (number == 0).then_some(Duration::ZERO)
    }
}

impl Amount for Size {
    const WHAT: (&'static str, &'static str, &'static str) =
        ("number of bytes", "\"64KiB\"", "\"4KiB..64KiB\"");

    fn parse(text: &str) -> Option<Size> {
        text.parse().ok()
    }

    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }

    fn of_number(number: u64) -> Option<Size> {
        Some(Size(number))
    }
}

impl<T: Amount> Between<T> {
    /// Between these two, in either order.
    #[must_use]
    pub fn new(one: T, other: T) -> Between<T> {
        Between {
            low: one.min(other),
            high: one.max(other),
        }
    }

    /// Always this one.
    #[must_use]
    pub fn always(amount: T) -> Between<T> {
        Between::new(amount, amount)
    }

    /// The lowest amount.
    #[must_use]
    pub fn low(&self) -> T {
        self.low
    }

    /// The highest amount.
    #[must_use]
    pub fn high(&self) -> T {
        self.high
    }
}

impl<T: Amount> FromStr for Between<T> {
    type Err = BetweenError;

    fn from_str(text: &str) -> Result<Between<T>, BetweenError> {
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        match (T::parse(low.trim()), T::parse(high.trim())) {
            (Some(low), Some(high)) if low <= high => Ok(Between { low, high }),
            _ => {
                let (what, one, two) = T::WHAT;
                let text = text.to_owned();
                Err(BetweenError {
                    text,
                    what,
                    one,
                    two,
                })
            }
        }
    }
}

impl<T: Amount> fmt::Display for Between<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.low.write(f)?;
        if self.low < self.high {
            f.write_str("..")?;
            self.high.write(f)?;
        }
        Ok(())
    }
}

impl<T: Amount> Serialize for Between<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Amount> Deserialize<'de> for Between<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Between<T>, D::Error> {
        struct Written<T>(PhantomData<T>);

        impl<T: Amount> Visitor<'_> for Written<T> {
            type Value = Between<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (what, one, two) = T::WHAT;
                write!(f, "a {what}, as in {one}, or two, as in {two}")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Between<T>, E> {
                let amount = T::of_number(number);
                amount
                    .map(Between::always)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Between<T>, E> {
                let amount = u64::try_from(number).ok().and_then(T::of_number);
                amount
                    .map(Between::always)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Between<T>, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Written(PhantomData))
    }
}
