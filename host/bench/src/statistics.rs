//! Medians and what lies around them.

use serde::Serialize;

/// How far apart the bounds of a median that is known are, at most, as a part of it.
const NARROW: f64 = 0.04;

/// Several measurements of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    /// A quarter of them are below.
    pub(crate) low: f64,
    /// The median.
    pub(crate) median: f64,
    /// A quarter of them are above.
    pub(crate) high: f64,
    /// The median of ever so many would lie between these two, at 95 %.
    pub(crate) certain: [f64; 2],
    /// How many there are.
    pub(crate) count: usize,
}

impl Spread {
    /// None of nothing.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
        let sorted = sorted(values);
        Some(Spread {
            low: quantile(&sorted, 0.25)?,
            median: quantile(&sorted, 0.5)?,
            high: quantile(&sorted, 0.75)?,
            certain: certain(&sorted)?,
            count: sorted.len(),
        })
    }

    /// Whether the median is known to a few hundredths.
    pub(crate) fn is_narrow(&self) -> bool {
        let [from, to] = self.certain;
        to - from <= NARROW * self.median
    }

    /// Of what has no spread.
    pub(crate) fn exactly(value: f64) -> Spread {
        Spread {
            low: value,
            median: value,
            high: value,
            certain: [value; 2],
            count: 1,
        }
    }

    /// The same in another unit.
    pub(crate) fn scaled(self, factor: f64) -> Spread {
        Spread {
            low: self.low * factor,
            median: self.median * factor,
            high: self.high * factor,
            certain: self.certain.map(|bound| bound * factor),
            ..self
        }
    }
}

/// Where the true median lies at 95 %, whatever the distribution is, also one of two
/// humps: as many of the values are below it as heads are in so many throws of a coin.
fn certain(sorted: &[f64]) -> Option<[f64; 2]> {
    let count = sorted.len() as f64;
    let outside = ((count - 1.96 * count.sqrt()) / 2.0).floor() as usize;
    // The one of that rank, counted from 1; the outermost where there are few.
    let rank = outside.saturating_sub(1);
    let last = sorted.len().checked_sub(1 + rank)?;
    Some([*sorted.get(rank)?, *sorted.get(last)?])
}

/// `above` over `below`, pair by pair.
pub(crate) fn ratio(above: &[f64], below: &[f64]) -> Option<Spread> {
    Spread::of(above.iter().zip(below).map(|(above, below)| above / below))
}

pub(crate) fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The value below which such a fraction of the sorted values lies.
pub(crate) fn quantile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = fraction * last as f64;
    let (below, above) = (position.floor(), position.ceil());
    let (low, high) = (sorted.get(below as usize)?, sorted.get(above as usize)?);
    Some(low + (high - low) * (position - below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_of_the_sorted_values() {
        let spread = Spread::of([5.0, 1.0, 4.0, 2.0, 3.0]);
        let expected = Spread {
            low: 2.0,
            median: 3.0,
            high: 4.0,
            certain: [1.0, 5.0],
            count: 5,
        };
        assert_eq!(spread, Some(expected));
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn the_median_of_more_values_is_more_certain() {
        let width = |count: u32| {
            let values = (0..count).map(|value| f64::from(value) / f64::from(count));
            Spread::of(values).map(|spread| spread.certain[1] - spread.certain[0])
        };
        assert!(width(1000) < width(100));
        assert!(width(100) < width(10));
        assert_eq!(Spread::exactly(7.0).certain, [7.0; 2]);
    }

    #[test]
    fn a_median_between_two_humps_is_as_uncertain_as_they_are_apart_and_one_inside_a_hump_is_not() {
        let humps = |low: usize, high: usize| {
            let values = std::iter::repeat_n(1.0, low).chain(std::iter::repeat_n(2.0, high));
            Spread::of(values).map(|spread| spread.certain)
        };
        assert_eq!(humps(22, 23), Some([1.0, 2.0]));
        assert_eq!(humps(10, 35), Some([2.0, 2.0]));
    }

    #[test]
    fn a_quantile_between_two_values_lies_between_them() {
        assert_eq!(quantile(&[1.0, 2.0], 0.5), Some(1.5));
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
