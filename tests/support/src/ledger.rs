//! What was sent, and what that says about the rows of a sink.
//!
//! Independent of everything it judges: it knows what the broker answered to the producer, and is shown what the sink has.

use std::collections::BTreeMap;
use std::ops::Range;

/// How often each order is in a sink.
pub type Copies = BTreeMap<u64, u64>;

/// The numbers of the orders that were sent. Each is sent once.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    acknowledged: Vec<Range<u64>>,
    next: u64,
}

impl Ledger {
    /// Numbers for the next `count` orders. Whatever becomes of them they are not used again: an order whose send failed may be
    /// there or not, and only one that is there twice was loaded twice.
    pub fn take(&mut self, count: u64) -> Range<u64> {
        let numbers = self.next..self.next + count;
        self.next = numbers.end;
        numbers
    }

    /// The broker has acknowledged these orders.
    pub fn acknowledge(&mut self, numbers: Range<u64>) {
        match self.acknowledged.last_mut() {
            Some(last) if last.end == numbers.start => last.end = numbers.end,
            _ => self.acknowledged.push(numbers),
        }
    }

    /// The number of the next order.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// How many orders were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.iter().map(|range| range.end - range.start).sum()
    }

    /// Judges what a sink has.
    #[must_use]
    pub fn judge(&self, there: &Copies) -> Verdict {
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
pub struct Verdict {
    /// How many orders were acknowledged.
    pub acknowledged: u64,
    /// How many rows are there; those of sends whose fate is unknown are among them.
    pub rows: u64,
    /// Acknowledged and not there.
    pub lost: Vec<u64>,
    /// How many rows are too many.
    pub duplicate: u64,
    /// What these are rows of.
    pub twice: Vec<u64>,
    /// There and never sent.
    pub foreign: Vec<u64>,
}

impl Verdict {
    /// Nothing lost, nothing twice, nothing made up.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.twice.is_empty() && self.foreign.is_empty()
    }

    /// Adds the verdict on another round.
    pub fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.rows += other.rows;
        self.duplicate += other.duplicate;
        self.lost.extend(other.lost);
        self.twice.extend(other.twice);
        self.foreign.extend(other.foreign);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends 0 to 9, of which 4 to 6 are not acknowledged, and judges.
    #[track_caller]
    fn check(there: &[(u64, u64)], lost: &[u64], (duplicate, twice): (u64, &[u64]), foreign: &[u64]) {
        let mut ledger = Ledger::default();
        for (count, is_acknowledged) in [(2, true), (2, true), (3, false), (3, true)] {
            let numbers = ledger.take(count);
            if is_acknowledged {
                ledger.acknowledge(numbers);
            }
        }
        let verdict = ledger.judge(&there.iter().copied().collect());
        let expected = Verdict {
            acknowledged: 7,
            rows: there.iter().map(|(_, copies)| copies).sum(),
            lost: lost.to_vec(),
            duplicate,
            twice: twice.to_vec(),
            foreign: foreign.to_vec(),
        };
        assert_eq!(verdict, expected, "{there:?}");
        assert_eq!(verdict.is_clean(), lost.is_empty() && twice.is_empty() && foreign.is_empty());
    }

    #[test]
    fn what_was_acknowledged_has_to_be_there_once_and_the_rest_at_most_once() {
        let acknowledged = [(0, 1), (1, 1), (2, 1), (3, 1), (7, 1), (8, 1), (9, 1)];
        check(&acknowledged, &[], (0, &[]), &[]);
        check(&[&acknowledged[..], &[(5, 1)]].concat(), &[], (0, &[]), &[]);
        check(&[&acknowledged[..], &[(5, 2)]].concat(), &[], (1, &[5]), &[]);
        check(&[&acknowledged[..], &[(10, 1)]].concat(), &[], (0, &[]), &[10]);
        check(&acknowledged[1..6], &[0, 9], (0, &[]), &[]);
        check(&[&acknowledged[2..], &[(0, 3), (1, 2)]].concat(), &[], (3, &[0, 1]), &[]);
        check(&[], &[0, 1, 2, 3, 7, 8, 9], (0, &[]), &[]);
    }

    #[test]
    fn verdicts_on_rounds_add_up() {
        let round = Verdict {
            acknowledged: 3,
            rows: 4,
            lost: vec![1],
            duplicate: 2,
            twice: vec![2],
            foreign: vec![9],
        };
        let mut sum = Verdict { acknowledged: 1, rows: 1, ..Verdict::default() };
        sum.add(round);
        assert_eq!((sum.acknowledged, sum.rows, sum.duplicate), (4, 5, 2));
        assert_eq!((sum.lost, sum.twice, sum.foreign), (vec![1], vec![2], vec![9]));
    }
}
