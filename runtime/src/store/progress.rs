//! How far a connector is in a queue.

use connector_api::QueueOffset;

/// Ranges that one batch may fall into when some of its records are refused; one that would need more stays whole.
const MAX_PIECES: usize = 1_000;

/// How far a connector is in a queue: what lies before is done with, some batches are under way, and reading goes on
/// behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// When this connector began to read this queue, in milliseconds since 1970: part of the identity of its batches.
    pub generation: i64,
    /// Batches that are not done with, in order. Whatever happens, they come again with these very bounds.
    pub batches: Vec<Bounds>,
    /// Where reading goes on behind the batches.
    pub resume: QueueOffset,
    /// The last message before `resume`, to tell whether the queue is still the one that was read.
    pub mark: Option<Mark>,
}

/// The bounds of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Where it begins.
    pub first: QueueOffset,
    /// Where what follows begins.
    pub next: QueueOffset,
    /// When it was bounded, in milliseconds since 1970.
    pub since: i64,
}

/// A message by which a queue is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Its offset.
    pub offset: QueueOffset,
    /// When the broker stored it, in milliseconds since 1970.
    pub stored: i64,
}

impl Progress {
    /// Nothing under way; reading begins at `at`.
    pub fn begin(at: QueueOffset, generation: i64) -> Self {
        Self { generation, batches: Vec::new(), resume: at, mark: None }
    }

    /// Everything below is done with.
    pub fn committed(&self) -> QueueOffset {
        self.batches.first().map_or(self.resume, |batch| batch.first)
    }

    /// The batch from where reading goes on up to `next` is under way from now on.
    pub fn bound(&mut self, batch: Bounds, mark: Option<Mark>) {
        self.batches.push(batch);
        self.pass(batch.next, mark);
    }

    /// A batch is done with, also what of it was to come again.
    pub fn done(&mut self, batch: &Bounds, mark: Option<Mark>) {
        self.batches.retain(|other| other.first < batch.first || other.first >= batch.next);
        self.pass(batch.next, mark);
    }

    /// A batch is done with but for the records at these offsets, which come again by themselves.
    pub fn done_but(&mut self, batch: &Bounds, mark: Option<Mark>, refused: &[QueueOffset], now: i64) {
        let mut pieces: Vec<Bounds> = Vec::new();
        for offset in refused {
            match pieces.last_mut() {
                Some(piece) if piece.next == *offset => piece.next = offset.next(),
                _ => pieces.push(Bounds { first: *offset, next: offset.next(), since: now }),
            }
        }
        if pieces.len() > MAX_PIECES {
            return;
        }
        // One piece that is the whole batch keeps its age.
        let place = self.batches.iter().position(|other| other.first == batch.first);
        let at = place.unwrap_or(self.batches.len());
        let whole = pieces == [Bounds { since: now, ..*batch }];
        if !(whole && place.is_some()) {
            self.batches.splice(at..at + usize::from(place.is_some()), pieces);
        }
        self.pass(batch.next, mark);
    }

    fn pass(&mut self, next: QueueOffset, mark: Option<Mark>) {
        if next > self.resume {
            self.resume = next;
            self.mark = mark.or(self.mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: i64) -> QueueOffset {
        QueueOffset::new(offset).unwrap()
    }

    fn bounds(first: i64, next: i64) -> Bounds {
        Bounds { first: at(first), next: at(next), since: 1 }
    }

    fn ranges(progress: &Progress) -> Vec<(i64, i64)> {
        progress.batches.iter().map(|batch| (batch.first.get(), batch.next.get())).collect()
    }

    #[test]
    fn what_is_under_way_holds_the_commit_back() {
        let mut progress = Progress::begin(at(100), 7);
        progress.bound(bounds(100, 200), None);
        progress.bound(bounds(200, 300), None);
        assert_eq!((progress.committed(), progress.resume), (at(100), at(300)));
        progress.done(&bounds(200, 300), None);
        assert_eq!(progress.committed(), at(100), "the earlier one is still under way");
        progress.done(&bounds(100, 200), None);
        assert_eq!(progress.committed(), at(300));
    }

    #[test]
    fn without_bounds_a_batch_that_is_done_moves_on() {
        let mut progress = Progress::begin(at(5), 7);
        let mark = Mark { offset: at(8), stored: 99 };
        progress.done(&bounds(5, 9), Some(mark));
        assert_eq!((progress.committed(), progress.mark), (at(9), Some(mark)));
    }

    #[test]
    fn refused_records_come_again_by_themselves() {
        let refused = |offsets: &[i64], bound: bool| {
            let mut progress = Progress::begin(at(100), 7);
            if bound {
                progress.bound(bounds(100, 110), None);
            }
            let offsets: Vec<_> = offsets.iter().copied().map(at).collect();
            progress.done_but(&bounds(100, 110), None, &offsets, 2);
            assert_eq!(progress.resume, at(110));
            (ranges(&progress), progress.batches.iter().map(|batch| batch.since).max())
        };
        for bound in [true, false] {
            assert_eq!(refused(&[103], bound), (vec![(103, 104)], Some(2)));
            assert_eq!(refused(&[100, 101, 109], bound), (vec![(100, 102), (109, 110)], Some(2)));
        }
        let all: Vec<_> = (100..110).collect();
        assert_eq!(refused(&all, true), (vec![(100, 110)], Some(1)), "it is the same batch");
    }

    #[test]
    fn a_batch_that_would_fall_into_too_many_pieces_stays_whole() {
        let mut progress = Progress::begin(at(0), 7);
        progress.bound(bounds(0, 10_000), None);
        let every_other: Vec<_> = (0..5_000).map(|n| at(2 * n)).collect();
        progress.done_but(&bounds(0, 10_000), None, &every_other, 2);
        assert_eq!(ranges(&progress), [(0, 10_000)]);
    }
}
