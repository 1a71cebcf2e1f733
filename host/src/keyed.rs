//! What a guest holds, by the numbers of its handles and by keys.

use std::hash::{BuildHasher, RandomState};

use slab::Slab;

/// Things of one store. A handle's number is the component model's affair; a key
/// stands for a thing in calls for which a borrowed handle costs too much, and
/// cannot be guessed.
#[derive(Debug)]
pub(crate) struct Keyed<T> {
    slots: Slab<Slot<T>>,
    /// Seeded by the system's random numbers, of which no guest learns.
    secrets: RandomState,
    made: u64,
}

#[derive(Debug)]
struct Slot<T> {
    thing: T,
    /// The upper half of the key: who holds no key cannot make one up, and a key
    /// ends with its thing.
    secret: u32,
}

impl<T> Default for Keyed<T> {
    fn default() -> Keyed<T> {
        Keyed {
            slots: Slab::new(),
            secrets: RandomState::new(),
            made: 0,
        }
    }
}

impl<T> Keyed<T> {
    /// Every thing there is.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().map(|(_, slot)| &slot.thing)
    }

    /// The number of the new thing.
    pub(crate) fn insert(&mut self, thing: T) -> usize {
        self.made = self.made.wrapping_add(1);
        let secret = self.secrets.hash_one(self.made) as u32;
        self.slots.insert(Slot { thing, secret })
    }

    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.slots.get(number as usize).map(|slot| &slot.thing)
    }

    pub(crate) fn key(&self, number: u32) -> Option<u64> {
        let slot = self.slots.get(number as usize)?;
        Some(u64::from(slot.secret) << 32 | u64::from(number))
    }

    pub(crate) fn with_key(&self, key: u64) -> Option<&T> {
        let slot = self.slots.get(number_of(key))?;
        (slot.secret == secret_of(key)).then_some(&slot.thing)
    }

    pub(crate) fn with_key_mut(&mut self, key: u64) -> Option<&mut T> {
        let slot = self.slots.get_mut(number_of(key))?;
        (slot.secret == secret_of(key)).then_some(&mut slot.thing)
    }

    pub(crate) fn remove(&mut self, number: u32) -> Option<T> {
        let slot = self.slots.try_remove(number as usize);
        slot.map(|slot| slot.thing)
    }
}

fn number_of(key: u64) -> usize {
    // The lower half.
    (key as u32) as usize
}

fn secret_of(key: u64) -> u32 {
    (key >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_one_thing_and_ends_with_it() {
        let mut things = Keyed::default();
        let (one, other) = (things.insert("one"), things.insert("other"));
        let key = things.key(one as u32).unwrap_or_default();
        assert_eq!(things.with_key(key), Some(&"one"));
        assert_ne!(Some(key), things.key(other as u32));
        assert_eq!(things.remove(one as u32), Some("one"));
        assert_eq!(things.insert("next"), one);
        assert_eq!(things.with_key(key), None);
    }

    #[test]
    fn a_number_is_no_key() {
        let mut things = Keyed::default();
        let numbers: Vec<usize> = (0..100).map(|thing| things.insert(thing)).collect();
        let found = numbers
            .iter()
            .filter(|number| things.with_key(**number as u64).is_some());
        assert!(found.count() < 2);
    }
}
