//! How a network behaves.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use wsp_guard::quota::Size;

use crate::between::Between;

/// How a network behaves. The default has delays and buffers like those of the internet, and
/// no faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct NetworkConfig {
    /// How long anything takes from one host to another, drawn for each segment and datagram.
    /// Within a host it takes no time.
    pub delay: Between<Duration>,
    /// How much of a stream is kept until it is acknowledged, drawn for each socket, in bytes.
    #[serde(deserialize_with = "of_a_byte_or_more")]
    pub send_buffer: Between<Size>,
    /// How much is kept for a socket until its program receives it, drawn for each socket, in
    /// bytes.
    #[serde(deserialize_with = "of_a_byte_or_more")]
    pub receive_buffer: Between<Size>,
    /// How long the segments of a stream are at most, drawn for each of them, in bytes.
    #[serde(deserialize_with = "of_a_byte_or_more")]
    pub segment: Between<Size>,
    /// What goes wrong.
    pub faults: Faults,
}

impl Default for NetworkConfig {
    fn default() -> NetworkConfig {
        NetworkConfig {
            delay: Between::new(Duration::from_millis(1), Duration::from_millis(20)),
            send_buffer: Between::new(Size(4 << 10), Size(64 << 10)),
            receive_buffer: Between::new(Size(4 << 10), Size(64 << 10)),
            segment: Between::new(Size(1), Size(1460)),
            faults: Faults::default(),
        }
    }
}

/// What goes wrong, and how likely: 0 is never, 1 is always. The default is never.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Faults {
    /// An attempt to connect is refused, even if somebody listens.
    #[serde(deserialize_with = "probability")]
    pub refused: f64,
    /// An attempt to connect finds its host out of reach.
    #[serde(deserialize_with = "probability")]
    pub unreachable: f64,
    /// A connection is reset.
    #[serde(deserialize_with = "probability")]
    pub reset: f64,
    /// A connection is lost: nothing comes through any more, and nobody is told. Who has sent
    /// something gives up after [`Faults::gives_up`].
    #[serde(deserialize_with = "probability")]
    pub lost: f64,
    /// A direction of a stream stands still for a time of [`Faults::stalled`].
    #[serde(deserialize_with = "probability")]
    pub stall: f64,
    /// A datagram is lost.
    #[serde(deserialize_with = "probability")]
    pub datagram_lost: f64,
    /// A datagram comes later than others, by a time of [`Faults::late`].
    #[serde(deserialize_with = "probability")]
    pub datagram_late: f64,
    /// After how many bytes of a connection it is reset, lost or stands still.
    pub after: Between<Size>,
    /// How long a stream stands still.
    pub stalled: Between<Duration>,
    /// How much later a datagram comes.
    pub late: Between<Duration>,
    /// How long a system waits for an acknowledgement before it ends the connection.
    pub gives_up: Between<Duration>,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            refused: 0.0,
            unreachable: 0.0,
            reset: 0.0,
            lost: 0.0,
            stall: 0.0,
            datagram_lost: 0.0,
            datagram_late: 0.0,
            after: Between::new(Size(0), Size(64 << 10)),
            stalled: Between::new(Duration::from_millis(10), Duration::from_secs(2)),
            late: Between::new(Duration::from_millis(10), Duration::from_millis(100)),
            gives_up: Between::always(Duration::from_secs(15)),
        }
    }
}

fn of_a_byte_or_more<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Between<Size>, D::Error> {
    let sizes = Between::<Size>::deserialize(deserializer)?;
    match sizes.low() {
        Size(0) => Err(D::Error::custom(
            "nothing goes through a buffer of 0 bytes: give it one byte or more",
        )),
        _ => Ok(sizes),
    }
}

fn probability<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let probability = f64::deserialize(deserializer)?;
    match (0.0..=1.0).contains(&probability) {
        true => Ok(probability),
        false => Err(D::Error::custom(format_args!(
            "{probability} is no probability: write a number from 0, never, to 1, always"
        ))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_network_is_read_as_it_is_written() {
        let config: NetworkConfig = toml::from_str(
            "delay = '5ms'\nsegment = 100\n[faults]\nreset = 1\nafter = '1KiB..2KiB'",
        )
        .unwrap();
        assert_eq!(config.delay, Between::always(Duration::from_millis(5)));
        assert_eq!(config.segment, Between::always(Size(100)));
        assert_eq!(config.faults.after, Between::new(Size(1024), Size(2048)));
        let written = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<NetworkConfig>(&written).unwrap(), config);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_way_out() {
        for (text, sentence) in [
            ("delay = 'soon'", "as in \"5ms\""),
            ("delay = '2ms..1ms'", "the lowest and the highest"),
            ("delay = 5", "a time, as in \"5ms\""),
            ("send-buffer = 0", "give it one byte or more"),
            ("segment = '0..5'", "give it one byte or more"),
            ("faults.reset = 1.5", "from 0, never, to 1, always"),
            (
                "faults.rests = 0.5",
                "unknown field `rests`, expected one of",
            ),
            (
                "bandwidth = '5'",
                "unknown field `bandwidth`, expected one of `delay`",
            ),
        ] {
            let error = toml::from_str::<NetworkConfig>(text).unwrap_err();
            assert!(error.message().contains(sentence), "{text}: {error}");
        }
    }
}
