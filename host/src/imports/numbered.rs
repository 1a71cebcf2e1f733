//! What a guest holds, by handles and by numbers.

use slab::Slab;

/// Things of one store. A handle's representation is the component model's affair; a
/// number stands for a thing in calls for which a borrowed handle costs too much. It is
/// never the number of another thing, not even once that thing is gone.
#[derive(Debug)]
pub(crate) struct Numbered<T> {
    slots: Slab<Slot<T>>,
    made: u32,
}

#[derive(Debug)]
struct Slot<T> {
    thing: T,
    /// The upper half of the number; the lower half is the slot.
    generation: u32,
}

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered {
            slots: Slab::new(),
            made: 0,
        }
    }
}

impl<T> Numbered<T> {
    /// Every thing there is.
    #[cfg(feature = "embed")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().map(|(_, slot)| &slot.thing)
    }

    /// The representation of the new thing's handle.
    pub(crate) fn insert(&mut self, thing: T) -> usize {
        // A number comes back after 2^32 things, if its slot does just then.
        self.made = self.made.wrapping_add(1);
        let generation = self.made;
        self.slots.insert(Slot { thing, generation })
    }

    pub(crate) fn get(&self, rep: u32) -> Option<&T> {
        self.slots.get(rep as usize).map(|slot| &slot.thing)
    }

    /// The number of the thing with that handle.
    pub(crate) fn number(&self, rep: u32) -> Option<u64> {
        let slot = self.slots.get(rep as usize)?;
        Some(u64::from(slot.generation) << 32 | u64::from(rep))
    }

    /// The thing with that number; none if it is gone, or never was.
    pub(crate) fn numbered(&self, number: u64) -> Option<&T> {
        // The lower half.
        let slot = self.slots.get((number as u32) as usize)?;
        (u64::from(slot.generation) == number >> 32).then_some(&slot.thing)
    }

    pub(crate) fn remove(&mut self, rep: u32) -> Option<T> {
        let slot = self.slots.try_remove(rep as usize);
        slot.map(|slot| slot.thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_of_one_thing_and_ends_with_it() {
        let mut things = Numbered::default();
        let (one, other) = (things.insert("one"), things.insert("other"));
        let number = things.number(one as u32).unwrap_or_default();
        assert_eq!(things.numbered(number), Some(&"one"));
        assert_ne!(Some(number), things.number(other as u32));
        assert_eq!(things.remove(one as u32), Some("one"));
        assert_eq!(things.insert("next"), one);
        assert_eq!(things.numbered(number), None);
    }

    #[test]
    fn a_handle_is_no_number() {
        let mut things = Numbered::default();
        let handles: Vec<usize> = (0..100).map(|thing| things.insert(thing)).collect();
        let found = |handle: &&usize| things.numbered(**handle as u64).is_some();
        assert_eq!(handles.iter().filter(found).count(), 0);
    }
}
