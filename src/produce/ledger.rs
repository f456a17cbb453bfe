//! Which lines the broker has acknowledged.

use std::{collections::BTreeMap, ops::RangeInclusive};

/// Batches sent and acknowledged, the latter in any order.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    waiting: BTreeMap<u64, u64>,
    last_sent: u64,
    last_acknowledged: u64,
    messages: u64,
}

impl Ledger {
    /// A batch with these line numbers is on its way.
    pub(super) fn sent(&mut self, numbers: &RangeInclusive<u64>) {
        self.waiting.insert(*numbers.start(), *numbers.end());
        self.last_sent = *numbers.end();
    }

    /// The broker has the batch, which has this many messages.
    pub(super) fn acknowledged(&mut self, numbers: &RangeInclusive<u64>, messages: usize) {
        self.waiting.remove(numbers.start());
        self.last_acknowledged = self.last_acknowledged.max(*numbers.end());
        self.messages += messages as u64;
    }

    /// How many messages were acknowledged.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// The number of the last line before which all were acknowledged, itself included; 0 for none.
    pub(super) fn through(&self) -> u64 {
        self.waiting.first_key_value().map_or(self.last_sent, |(first, _)| first - 1)
    }

    /// The number of the last line that was acknowledged, which may stand after one that was not; 0 for none.
    pub(super) fn last(&self) -> u64 {
        self.last_acknowledged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_without_a_gap_before_them_are_surely_there() {
        let mut ledger = Ledger::default();
        assert_eq!((ledger.through(), ledger.last()), (0, 0));
        for numbers in [1..=10, 11..=20, 25..=30] {
            ledger.sent(&numbers);
        }
        ledger.acknowledged(&(25..=30), 6);
        assert_eq!((ledger.through(), ledger.last(), ledger.messages()), (0, 30, 6));
        ledger.acknowledged(&(1..=10), 10);
        assert_eq!((ledger.through(), ledger.last(), ledger.messages()), (10, 30, 16));
        ledger.acknowledged(&(11..=20), 10);
        assert_eq!((ledger.through(), ledger.last(), ledger.messages()), (30, 30, 26));
    }
}
