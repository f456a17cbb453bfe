//! How many of the last records may be given up before somebody should look: a bad deploy must not drain a topic into its
//! dead letters.

use super::settings::ToleranceLimit;
use std::collections::VecDeque;

/// Which of the last records were given up, as long as the task runs.
#[derive(Debug)]
pub(super) struct GivenUp {
    limit: Option<ToleranceLimit>,
    /// How many records there were so far.
    passed: u64,
    /// The numbers of those given up, of the last records only.
    numbers: VecDeque<u64>,
}

impl GivenUp {
    pub(super) fn new(limit: Option<ToleranceLimit>) -> Self {
        Self { limit, passed: 0, numbers: VecDeque::new() }
    }

    /// Takes note of the next `records`, none of which is given up.
    pub(super) fn delivered(&mut self, records: usize) {
        self.passed += records as u64;
    }

    /// Takes note of the next `records`, of which those at `places` are to be given up.
    ///
    /// # Errors
    /// The limit, when more are given up than it allows. Then none of them is to be.
    pub(super) fn add(
        &mut self,
        records: usize,
        places: impl IntoIterator<Item = usize>,
    ) -> Result<(), ToleranceLimit> {
        let Some(limit) = self.limit else { return Ok(()) };
        let first = self.passed;
        self.delivered(records);
        for place in places {
            let number = first + place as u64;
            self.numbers.push_back(number);
            while self.numbers.front().is_some_and(|oldest| oldest + limit.window <= number) {
                self.numbers.pop_front();
            }
            if self.numbers.len() as u64 > limit.most {
                return Err(limit);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether batches of so many records, those at the places given up, stay within two of the last ten.
    fn check<const N: usize>(batches: [(usize, &[usize]); N], expected: bool) {
        let mut given_up = GivenUp::new(Some(ToleranceLimit { most: 2, window: 10 }));
        let within = batches
            .into_iter()
            .all(|(records, places)| given_up.add(records, places.iter().copied()).is_ok());
        assert_eq!(within, expected, "{batches:?}");
    }

    #[test]
    fn as_many_as_allowed_of_the_last_records_may_be_given_up() {
        check([(10, &[0, 9])], true);
        check([(10, &[0, 5, 9])], false);
        check([(11, &[0, 5, 10])], true);
        check([(1, &[0]), (1, &[0]), (7, &[]), (1, &[0])], false);
        check([(1, &[0]), (1, &[0]), (8, &[]), (1, &[0])], true);
        check([(100, &[0, 10, 20, 30, 40, 50, 60, 70, 80, 90])], true);
    }

    #[test]
    fn without_a_limit_all_may_be() {
        assert_eq!(GivenUp::new(None).add(1_000, 0..1_000), Ok(()));
    }

    #[test]
    fn none_may_be_where_the_limit_is_none() {
        let mut given_up = GivenUp::new(Some(ToleranceLimit { most: 0, window: 10 }));
        assert_eq!(given_up.add(5, []), Ok(()));
        assert!(given_up.add(1, [0]).is_err());
    }
}
