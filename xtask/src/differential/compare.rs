//! Two transcripts, line by line.

use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Lines that stand at the same place and are not the same. One of them may
/// be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    /// What Wine prints there, or what is written down.
    pub(super) wine: Option<String>,
    /// What wsp prints there.
    pub(super) wsp: Option<String>,
}

/// Where the transcripts differ.
pub(super) fn differences(wine: &[String], wsp: &[String]) -> Vec<Difference> {
    if wine.len() == wsp.len() {
        return pairs(wine, wsp).filter(differs).collect();
    }
    capture_diff_slices(Algorithm::Myers, wine, wsp)
        .iter()
        .filter(|operation| !matches!(operation, DiffOp::Equal { .. }))
        .flat_map(|operation| {
            let wine = wine.get(operation.old_range()).unwrap_or_default();
            let wsp = wsp.get(operation.new_range()).unwrap_or_default();
            pairs(wine, wsp)
        })
        .filter(differs)
        .collect()
}

fn differs(difference: &Difference) -> bool {
    difference.wine != difference.wsp
}

fn pairs(wine: &[String], wsp: &[String]) -> impl Iterator<Item = Difference> {
    (0..wine.len().max(wsp.len())).map(|line| Difference {
        wine: wine.get(line).cloned(),
        wsp: wsp.get(line).cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn difference(wine: Option<&str>, wsp: Option<&str>) -> Difference {
        Difference {
            wine: wine.map(str::to_owned),
            wsp: wsp.map(str::to_owned),
        }
    }

    #[test]
    fn equal_transcripts_do_not_differ() {
        assert_eq!(differences(&lines("a b c"), &lines("a b c")), []);
    }

    #[test]
    fn transcripts_of_the_same_length_are_compared_line_by_line() {
        assert_eq!(
            differences(&lines("a b c"), &lines("b b a")),
            [
                difference(Some("a"), Some("b")),
                difference(Some("c"), Some("a"))
            ]
        );
    }

    #[test]
    fn a_line_that_only_one_side_has_is_found_without_disturbing_the_others() {
        assert_eq!(
            differences(&lines("a c d"), &lines("a b c d")),
            [difference(None, Some("b"))]
        );
        assert_eq!(
            differences(&lines("a x c d"), &lines("a y z c d")),
            [
                difference(Some("x"), Some("y")),
                difference(None, Some("z"))
            ]
        );
    }
}
