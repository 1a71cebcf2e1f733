//! A queue whose entries are found by their positions, also to be taken out of the middle.

use std::collections::VecDeque;

/// The longest empty queue that is kept for the entries to come, and the most holes that are
/// left alone.
const KEPT: usize = 1024;
/// See [`KEPT`].
const FEW_HOLES: usize = 32;

/// Entries in the order of their positions. What was taken out of the middle leaves a hole
/// until there are more holes than entries, so that taking all out one by one moves each only
/// a few times.
#[derive(Debug)]
pub(super) struct Queue<T> {
    /// The first one is no hole.
    entries: VecDeque<(u64, Option<T>)>,
    holes: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue {
            entries: VecDeque::new(),
            holes: 0,
        }
    }
}

impl<T> Queue<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Oldest first, with their positions.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let entries = self.entries.iter();
        entries.filter_map(|(position, entry)| Some((*position, entry.as_ref()?)))
    }

    pub(super) fn front(&self) -> Option<&T> {
        self.entries.front()?.1.as_ref()
    }

    pub(super) fn front_mut(&mut self) -> Option<&mut T> {
        self.entries.front_mut()?.1.as_mut()
    }

    pub(super) fn get(&self, position: u64) -> Option<&T> {
        let index = self.index(position)?;
        self.entries.get(index)?.1.as_ref()
    }

    /// Adds one, whose position is beyond all others.
    pub(super) fn push(&mut self, position: u64, entry: T) {
        self.entries.push_back((position, Some(entry)));
    }

    pub(super) fn pop_front(&mut self) -> Option<T> {
        let (_, entry) = self.entries.pop_front()?;
        while let Some((_, None)) = self.entries.front() {
            self.entries.pop_front();
            self.holes -= 1;
        }
        if self.entries.is_empty() && self.entries.capacity() > KEPT {
            self.entries = VecDeque::new();
        }
        entry
    }

    /// Takes one out, if it is there.
    pub(super) fn remove(&mut self, position: u64) -> Option<T> {
        let index = self.index(position)?;
        if index == 0 {
            return self.pop_front();
        }
        let entry = self.entries.get_mut(index)?.1.take()?;
        self.holes += 1;
        if self.holes > FEW_HOLES && self.holes > self.entries.len() / 2 {
            self.entries.retain(|(_, entry)| entry.is_some());
            self.holes = 0;
        }
        Some(entry)
    }

    /// Takes all of them, oldest first.
    pub(super) fn take(&mut self) -> impl Iterator<Item = T> + use<T> {
        let all = std::mem::take(self).entries.into_iter();
        all.filter_map(|(_, entry)| entry)
    }

    fn index(&self, position: u64) -> Option<usize> {
        let found = self
            .entries
            .binary_search_by_key(&position, |entry| entry.0);
        found.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: u64) -> Queue<u64> {
        let mut queue = Queue::default();
        for position in 0..count {
            queue.push(position, position * 10);
        }
        queue
    }

    fn left(queue: &Queue<u64>) -> Vec<u64> {
        queue.iter().map(|(position, _)| position).collect()
    }

    #[test]
    fn entries_are_found_and_taken_out_wherever_they_are() {
        let mut queue = of(6);
        assert_eq!((queue.remove(3), queue.remove(3)), (Some(30), None));
        assert_eq!(
            (queue.get(2), queue.get(3), queue.get(9)),
            (Some(&20), None, None)
        );
        assert_eq!(left(&queue), [0, 1, 2, 4, 5]);
        assert_eq!(queue.remove(1), Some(10));
        // What is behind a hole comes to the front.
        assert_eq!((queue.pop_front(), queue.front()), (Some(0), Some(&20)));
        assert_eq!(queue.remove(2), Some(20));
        assert_eq!(left(&queue), [4, 5]);
        queue.push(6, 60);
        assert_eq!(queue.take().collect::<Vec<_>>(), [40, 50, 60]);
        assert!(queue.is_empty() && queue.pop_front().is_none());
    }

    #[test]
    fn holes_never_outnumber_entries_by_much_and_an_empty_queue_holds_little() {
        let mut queue = of(10_000);
        for position in (1..10_000).rev() {
            assert_eq!(queue.remove(position), Some(position * 10));
            let live = queue.entries.len() - queue.holes;
            assert!(queue.holes <= live + FEW_HOLES + 1);
        }
        assert_eq!(left(&queue), [0]);
        queue.pop_front();
        assert!(queue.entries.capacity() <= KEPT);
    }
}
