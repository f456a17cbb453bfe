//! Random choices that a seed makes again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::time::Duration;

/// A stream of choices (SplitMix64, of Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
#[derive(Debug, Clone)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A seed for when none was given, short enough to be typed.
    pub(crate) fn any_seed() -> u64 {
        RandomState::new().build_hasher().finish() % 1_000_000
    }

    /// A stream of its own for `name`, which does not depend on what was drawn by others.
    pub(crate) fn fork(&self, name: &str) -> Self {
        // FNV-1a.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self { state: self.state ^ hash }
    }

    /// A number of the range, which is not empty.
    pub(crate) fn number(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// A duration of less than `most`, in milliseconds.
    pub(crate) fn below(&mut self, most: Duration) -> Duration {
        Duration::from_millis(self.number(0..u64::try_from(most.as_millis()).unwrap_or(u64::MAX).max(1)))
    }

    /// True `percent` times of a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.number(0..100) < percent
    }

    /// One of `choices`, of which there is at least one.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = self.number(0..choices.len() as u64);
        choices[usize::try_from(index).unwrap_or_default()]
    }

    /// `count` cards, from decks of `one_of_each` shuffled one after the other: each kind comes as often as any other.
    pub(crate) fn deal<T>(&mut self, count: usize, one_of_each: impl Fn(&mut Self) -> Vec<T>) -> Vec<T> {
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
