//! Numbers of bytes as people write them.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use bytesize::ByteSize;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes, written as a number (`65536`) or with a unit (`64KiB`, `1.5MB`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// A text is not a number of bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a number of bytes: write a number, with a unit if you like, as in 65536, 64KiB or 1.5MB"
)]
pub struct SizeError(String);

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Size, SizeError> {
        let size: Result<ByteSize, _> = text.parse();
        size.map(|size| Size(size.as_u64()))
            .map_err(|_| SizeError(text.to_owned()))
    }
}

impl fmt::Display for Size {
    /// With a unit of 1024 if that is exact, and as a number otherwise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, name) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
            if self.0 > 0 && self.0.trailing_zeros() >= unit {
                return write!(f, "{}{name}", self.0 >> unit);
            }
        }
        write!(f, "{}", self.0)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes, as in 65536 or \"64KiB\"")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Size, E> {
                Ok(Size(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Size, E> {
                let size = u64::try_from(number).map(Size);
                size.map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Written)
    }
}

/// A field of [`super::Limits`] that counts bytes.
pub(super) trait Bytes: Copy {
    /// What is written; `None` if it is absent.
    fn size(self) -> Option<Size>;

    /// What was read, or why it cannot be.
    fn of(size: Size) -> Result<Self, &'static str>;
}

impl Bytes for usize {
    fn size(self) -> Option<Size> {
        Some(Size(self as u64))
    }

    fn of(Size(bytes): Size) -> Result<usize, &'static str> {
        Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
    }
}

impl Bytes for Option<usize> {
    fn size(self) -> Option<Size> {
        self.and_then(Bytes::size)
    }

    fn of(size: Size) -> Result<Option<usize>, &'static str> {
        usize::of(size).map(Some)
    }
}

/// A rate, in bytes per second.
impl Bytes for Option<NonZeroU64> {
    fn size(self) -> Option<Size> {
        self.map(|rate| Size(rate.get()))
    }

    fn of(Size(rate): Size) -> Result<Option<NonZeroU64>, &'static str> {
        NonZeroU64::new(rate)
            .map(Some)
            .ok_or("a rate of 0 lets nothing out ever: leave the sending out of the policy instead")
    }
}

/// For `serde(with)`: writes such a field as a [`Size`].
pub(super) fn serialize<B: Bytes, S: Serializer>(
    bytes: &B,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    bytes.size().serialize(serializer)
}

/// For `serde(with)`: reads such a field as a [`Size`].
pub(super) fn deserialize<'de, B: Bytes, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<B, D::Error> {
    B::of(Size::deserialize(deserializer)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_units_and_print_exactly() {
        for (text, bytes, printed) in [
            ("0", 0, "0"),
            ("65536", 65_536, "64KiB"),
            ("64KiB", 65_536, "64KiB"),
            ("64 MiB", 64 << 20, "64MiB"),
            ("1.5MB", 1_500_000, "1500000"),
            ("3GiB", 3 << 30, "3GiB"),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
            assert_eq!(Size(bytes).to_string(), printed);
            assert_eq!(printed.parse(), Ok(Size(bytes)), "{printed}");
        }
        for text in ["", "x", "-1", "64XiB", "64 MiB extra"] {
            let error = text.parse::<Size>().err();
            assert_eq!(error, Some(SizeError(text.to_owned())), "{text}");
        }
    }
}
