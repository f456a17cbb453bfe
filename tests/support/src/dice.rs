//! Random choices that a seed makes again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::time::Duration;

/// A stream of choices (SplitMix64, of Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The stream that follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A seed for when none was given, short enough to be typed.
    #[must_use]
    pub fn any_seed() -> u64 {
        RandomState::new().build_hasher().finish() % 1_000_000
    }

    /// A stream of its own for `name`, which does not depend on what was drawn by others.
    #[must_use]
    pub fn fork(&self, name: &str) -> Self {
        // FNV-1a.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self { state: self.state ^ hash }
    }

    /// A number of the range, which is not empty.
    pub fn number(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// A duration of less than `most`, in milliseconds.
    pub fn below(&mut self, most: Duration) -> Duration {
        Duration::from_millis(self.number(0..u64::try_from(most.as_millis()).unwrap_or(u64::MAX).max(1)))
    }

    /// True `percent` times of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.number(0..100) < percent
    }

    /// One of `choices`, of which there is at least one.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = self.number(0..choices.len() as u64);
        choices[usize::try_from(index).unwrap_or_default()]
    }

    /// `count` cards, from decks of `one_of_each` shuffled one after the other: each kind comes as often as any other.
    pub fn deal<T>(&mut self, count: usize, one_of_each: impl Fn(&mut Self) -> Vec<T>) -> Vec<T> {
        let mut cards = Vec::new();
        while cards.len() < count {
            let mut deck = one_of_each(self);
            while !deck.is_empty() {
                let index = self.number(0..deck.len() as u64);
                cards.push(deck.swap_remove(usize::try_from(index).unwrap_or_default()));
            }
        }
        cards.truncate(count);
        cards
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_choices_again_and_a_fork_others() {
        let mut first = Dice::new(7);
        let drawn: Vec<_> = (0..100).map(|_| first.number(0..1_000)).collect();
        let mut again = Dice::new(7);
        assert_eq!((0..100).map(|_| again.number(0..1_000)).collect::<Vec<_>>(), drawn);
        let mut fork = Dice::new(7).fork("other");
        assert_ne!((0..100).map(|_| fork.number(0..1_000)).collect::<Vec<_>>(), drawn);
    }

    #[test]
    fn every_kind_is_dealt_as_often_as_any_other() {
        let cards = Dice::new(1).deal(10, |_| vec!['a', 'b', 'c']);
        let of = |kind| cards.iter().filter(|card| **card == kind).count();
        assert_eq!(cards.len(), 10);
        assert!(['a', 'b', 'c'].into_iter().all(|kind| (3..=4).contains(&of(kind))), "{cards:?}");
    }
}
