//! The ports of a rule.

use std::fmt;
use std::ops::RangeInclusive;

use super::syntax_error::SyntaxError;

/// The ports that a rule covers: every port, or a list of ports and ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    /// None: every port.
    ranges: Option<Vec<RangeInclusive<u16>>>,
}

impl Ports {
    /// One port.
    pub(super) fn one(port: u16) -> Self {
        Self {
            ranges: Some(vec![port..=port]),
        }
    }

    /// Reads what stands after the last colon of `text`.
    pub(super) fn parse(ports: &str, text: &str) -> Result<Self, SyntaxError> {
        if ports == "*" {
            return Ok(Self { ranges: None });
        }
        let parts: Vec<&str> = ports.split(',').collect();
        let alone = parts.len() == 1;
        let ranges = parts.into_iter().map(|part| parse_range(part, alone, text));
        Ok(Self {
            ranges: Some(ranges.collect::<Result<_, _>>()?),
        })
    }

    /// Whether `port` is one of them. Port 0 stands for a port that the system chooses.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        match &self.ranges {
            None => true,
            Some(ranges) => ranges.iter().any(|range| range.contains(&port)),
        }
    }

    /// Whether port 0 is written out, and not merely part of `*`.
    pub(crate) fn has_ephemeral(&self) -> bool {
        self.ranges.is_some() && self.contains(0)
    }

    /// The ranges, in the order they were written; `None` for every port.
    pub(super) fn ranges(&self) -> Option<&[RangeInclusive<u16>]> {
        self.ranges.as_deref()
    }
}

/// Reads `80` or `8000-8099`. `alone` says that nothing else is in the list.
fn parse_range(part: &str, alone: bool, text: &str) -> Result<RangeInclusive<u16>, SyntaxError> {
    if part.is_empty() {
        return Err(SyntaxError::EmptyPort { text: text.into() });
    }
    let Some((first, last)) = part.split_once('-') else {
        let port = parse_port(part, text)?;
        if port == 0 && !alone {
            return Err(SyntaxError::PortZeroInList { text: text.into() });
        }
        return Ok(port..=port);
    };
    let range = parse_port(first, text)?..=parse_port(last, text)?;
    if range.contains(&0) {
        return Err(SyntaxError::PortZeroInList { text: text.into() });
    }
    if range.is_empty() {
        return Err(SyntaxError::BackwardRange {
            first: *range.start(),
            last: *range.end(),
            text: text.into(),
        });
    }
    Ok(range)
}

/// Reads one port number: digits only, so that `+80` is refused.
pub(super) fn parse_port(port: &str, text: &str) -> Result<u16, SyntaxError> {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(number) if digits => Ok(number),
        _ => Err(SyntaxError::BadPort {
            port: port.into(),
            text: text.into(),
        }),
    }
}

/// The grammar that `Ports::parse` reads.
impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(ranges) = &self.ranges else {
            return f.write_str("*");
        };
        for (index, range) in ranges.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            if range.start() == range.end() {
                write!(f, "{}", range.start())?;
            } else {
                write!(f, "{}-{}", range.start(), range.end())?;
            }
        }
        Ok(())
    }
}
