//! What was sent, and what that says about the rows of a sink.
//!
//! Independent of everything it judges: it knows what the broker answered to the producer, and is shown what the sink has.

use std::collections::BTreeMap;
use std::ops::Range;

/// How often each order is in a sink.
pub(crate) type Copies = BTreeMap<u64, u64>;

/// The numbers of the orders that were sent. Each is sent once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    acknowledged: Vec<Range<u64>>,
    next: u64,
}

impl Ledger {
    /// Numbers for the next `count` orders. Whatever becomes of them they are not used again: an order whose send failed may be
    /// there or not, and only one that is there twice was loaded twice.
    pub(crate) fn take(&mut self, count: u64) -> Range<u64> {
        let numbers = self.next..self.next + count;
        self.next = numbers.end;
        numbers
    }

    /// The broker has acknowledged these orders.
    pub(crate) fn acknowledge(&mut self, numbers: Range<u64>) {
        match self.acknowledged.last_mut() {
            Some(last) if last.end == numbers.start => last.end = numbers.end,
            _ => self.acknowledged.push(numbers),
        }
    }

    /// The number of the next order.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// How many orders were acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.iter().map(|range| range.end - range.start).sum()
    }

    /// Judges what a sink has.
    pub(crate) fn judge(&self, there: &Copies) -> Verdict {
        let lost = self.acknowledged.iter().cloned().flatten().filter(|number| !there.contains_key(number));
        let twice = there.iter().filter(|(_, copies)| **copies > 1);
        let foreign = there.range(self.next..);
        Verdict {
            acknowledged: self.acknowledged(),
            rows: there.values().sum(),
            lost: lost.collect(),
            duplicate: twice.clone().map(|(_, copies)| copies - 1).sum(),
            twice: twice.map(|(number, _)| *number).collect(),
            foreign: foreign.map(|(number, _)| *number).collect(),
        }
    }
}

/// What is wrong with what a sink has. Verdicts over several sinks or rounds add up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// How many orders were acknowledged.
    pub(crate) acknowledged: u64,
    /// How many rows are there; those of sends whose fate is unknown are among them.
    pub(crate) rows: u64,
    /// Acknowledged and not there.
    pub(crate) lost: Vec<u64>,
    /// How many rows are too many.
    pub(crate) duplicate: u64,
    /// What these are rows of.
    pub(crate) twice: Vec<u64>,
    /// There and never sent.
    pub(crate) foreign: Vec<u64>,
}

impl Verdict {
    /// Nothing lost, nothing twice, nothing made up.
    pub(crate) fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.twice.is_empty() && self.foreign.is_empty()
    }

    /// Adds the verdict on another round.
    pub(crate) fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.rows += other.rows;
        self.duplicate += other.duplicate;
        self.lost.extend(other.lost);
        self.twice.extend(other.twice);
        self.foreign.extend(other.foreign);
    }
}
