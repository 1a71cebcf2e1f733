//! Medians and what lies around them.

use serde::Serialize;

/// Several measurements of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    /// A quarter of them are below.
    pub(super) low: f64,
    /// The median.
    pub(super) median: f64,
    /// A quarter of them are above.
    pub(super) high: f64,
    /// How many there are.
    pub(super) count: usize,
}

impl Spread {
    /// None of nothing.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
        let sorted = sorted(values);
        Some(Spread {
            low: quantile(&sorted, 0.25)?,
            median: quantile(&sorted, 0.5)?,
            high: quantile(&sorted, 0.75)?,
            count: sorted.len(),
        })
    }

    /// Of what has no spread.
    pub(super) fn exactly(value: f64) -> Spread {
        Spread {
            low: value,
            median: value,
            high: value,
            count: 1,
        }
    }

    /// The same in another unit.
    pub(super) fn scaled(self, factor: f64) -> Spread {
        Spread {
            low: self.low * factor,
            median: self.median * factor,
            high: self.high * factor,
            ..self
        }
    }

    /// How far the median may be from the true one, at about 95 % (McGill, Tukey and
    /// Larsen 1978: the notches of box plots).
    pub(super) fn uncertainty(&self) -> f64 {
        1.57 * (self.high - self.low) / (self.count as f64).sqrt()
    }
}

pub(super) fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The value below which such a fraction of the sorted values lies.
pub(super) fn quantile(sorted: &[f64], fraction: f64) -> Option<f64> {
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
            count: 5,
        };
        assert_eq!(spread, Some(expected));
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn the_median_of_more_values_is_more_certain() {
        let few = Spread::of((0..10).map(f64::from)).map(|spread| spread.uncertainty());
        let many = (0..1000).map(|value| f64::from(value) / 100.0);
        let many = Spread::of(many).map(|spread| spread.uncertainty());
        assert!(many < few);
        assert_eq!(Spread::exactly(7.0).uncertainty(), 0.0);
    }

    #[test]
    fn a_quantile_between_two_values_lies_between_them() {
        assert_eq!(quantile(&[1.0, 2.0], 0.5), Some(1.5));
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
