//! Conversions of generated types that are the same on both sides.

/// Implements the conversions between enumerations that have the same cases on both sides,
/// for code between an interface and the core.
#[macro_export]
macro_rules! same_cases {
    ($($from:path => $to:path { $($case:ident),* $(,)? })*) => {$(
        impl From<$from> for $to {
            fn from(value: $from) -> $to {
                match value { $(<$from>::$case => <$to>::$case,)* }
            }
        }
    )*};
}

/// As [`same_cases`], of flags that have the same names on both sides.
#[macro_export]
macro_rules! same_flags {
    ($($from:path => $to:path { $($flag:ident),* $(,)? })*) => {$(
        impl From<$from> for $to {
            fn from(flags: $from) -> $to {
                let mut converted = <$to>::empty();
                $(if flags.contains(<$from>::$flag) {
                    converted |= <$to>::$flag;
                })*
                converted
            }
        }
    )*};
}
