//! Names that clients keep as numbers.

/// A name with [`slotmap`]'s generation in it, and the number that stands for it.
macro_rules! numbered {
    ($(#[$documentation:meta])* $name:ident) => {
        slotmap::new_key_type! {
            $(#[$documentation])*
            pub struct $name;
        }

        impl $name {
            /// The name as a number, for clients that keep numbers.
            #[must_use]
            pub fn to_number(self) -> u64 {
                slotmap::Key::data(&self).as_ffi()
            }

            /// The name that a number stands for, which may be unused. No two numbers stand
            /// for the same name.
            #[must_use]
            pub fn from_number(number: u64) -> $name {
                let name = $name::from(slotmap::KeyData::from_ffi(number));
                if name.to_number() == number {
                    name
                } else {
                    <$name as slotmap::Key>::null()
                }
            }
        }
    };
}

pub(crate) use numbered;
