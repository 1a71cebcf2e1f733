//! DNS names, and patterns of them.

use std::fmt;
use std::str::FromStr;

use super::syntax::is_name;
use super::syntax_error::SyntaxError;

/// The names that a rule covers: `example.com`, everything below it as
/// `*.example.com`, or every name as `*`.
///
/// ```
/// let pattern: wsp_guard::policy::NamePattern = "*.Example.com".parse()?;
/// assert_eq!(pattern.to_string(), "*.example.com");
/// assert!(pattern.covers("www.example.com") && !pattern.covers("example.com"));
/// # Ok::<(), wsp_guard::policy::SyntaxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamePattern {
    /// Every name.
    Any,
    /// Every name below this one, which is in lower case.
    Below(String),
    /// This name, in lower case.
    Exact(String),
}

impl NamePattern {
    /// Whether it covers `name`, in whatever case and with or without a final dot.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        let name = canonical_name(name);
        match self {
            Self::Any => true,
            Self::Exact(exact) => *exact == name,
            Self::Below(parent) => name
                .strip_suffix(parent.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|rest| !rest.is_empty()),
        }
    }
}

impl FromStr for NamePattern {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let (name, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        if !is_name(name) {
            return Err(SyntaxError::BadName { text: text.into() });
        }
        let name = canonical_name(name);
        Ok(if below {
            Self::Below(name)
        } else {
            Self::Exact(name)
        })
    }
}

/// The form that `from_str` reads.
impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Below(name) => write!(f, "*.{name}"),
            Self::Exact(name) => f.write_str(name),
        }
    }
}

/// The form in which names are compared: lower case, without the final dot.
pub(crate) fn canonical_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}
