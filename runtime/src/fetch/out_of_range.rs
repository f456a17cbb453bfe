//! A queue that no longer has what comes next, and where reading goes on if the configuration says so.

use super::look::Look;
use crate::{
    store::{Bounds, Progress},
    task::settings::OutOfRange,
};
use connector_api::{QueueId, QueueOffset};
use std::sync::Arc;

/// Why a queue does not have what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The broker has dropped messages that were to be read.
    #[error(
        "everything below offset {at} is delivered and the broker's first message is {first}: those between are gone"
    )]
    Trimmed {
        /// Where reading was to go on.
        at: QueueOffset,
        /// The broker's first.
        first: QueueOffset,
    },
    /// The queue has never had so many messages.
    #[error(
        "reading was to go on at offset {at} and the queue ends at {last}: the topic was deleted and created again, or its broker has lost messages"
    )]
    Beyond {
        /// Where reading was to go on.
        at: QueueOffset,
        /// The queue's end.
        last: QueueOffset,
    },
    /// The last message that was read is another one now.
    #[error(
        "the message at offset {at} is not the one that was read there: the topic was deleted and created again, or its broker has lost messages"
    )]
    Replaced {
        /// The offset of the message.
        at: QueueOffset,
    },
}

/// A queue does not have what comes next, and the configuration does not say where to go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{queue}: {problem}; nothing is read from it before an operator decides: set offset.out.of.range=earliest to go on at its first \
     message, {first}, or offset.out.of.range=latest to go on behind its last one, {last}"
)]
pub struct Undecided {
    /// The queue.
    pub queue: Arc<QueueId>,
    /// What is wrong.
    pub problem: Problem,
    /// The first offset that the broker has.
    pub first: QueueOffset,
    /// Where the queue ends.
    pub last: QueueOffset,
}

/// What was given up to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// For the operator: the queue, the offsets, and by what right.
    pub text: String,
    /// Messages that were not read and never will be, as far as their number is known.
    pub messages: u64,
}

/// Where reading goes on in a queue that did not have what came next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GoesOn {
    pub(super) progress: Progress,
    /// What was given up, but for what is gone of batches under way: these come again with what is left of them, and it is given up
    /// once they are done with.
    pub(super) loss: Option<Loss>,
    /// Whether the queue is another one now, to which no offset of the one before applies.
    pub(super) is_other_queue: bool,
}

impl Loss {
    /// Of a batch that came again the broker had dropped so many messages below an offset.
    pub(super) fn of_batch(queue: &QueueId, batch: &Bounds, below: QueueOffset, messages: u64) -> Self {
        let Bounds { first, next, .. } = batch;
        let passed_over = passed_over(messages);
        let text = format!(
            "{queue}: of the batch [{first}, {next}), which was under way, the broker had dropped messages below offset {below}; the others \
             were delivered again (offset.out.of.range=earliest), {passed_over}"
        );
        Self { text, messages }
    }
}

impl Problem {
    /// What stands against going on in a queue that looks so at its mark's offset, or anywhere when it has no mark.
    pub(super) fn of(progress: &Progress, look: &Look) -> Option<Self> {
        let &Look { first, last, .. } = look;
        if progress.resume > last {
            return Some(Self::Beyond { at: progress.resume, last });
        }
        if let Some(mark) = progress.mark
            && !look.has(mark)
        {
            return Some(Self::Replaced { at: mark.offset });
        }
        let at = progress.committed();
        (at < first).then_some(Self::Trimmed { at, first })
    }

    pub(super) fn is_other_queue(self) -> bool {
        matches!(self, Self::Beyond { .. } | Self::Replaced { .. })
    }

    /// Goes on where the configuration says, if it does. `now` becomes the generation of a queue that is another one.
    pub(super) fn go_on(
        self,
        queue: &Arc<QueueId>,
        before: &Progress,
        &Look { first, last, .. }: &Look,
        policy: OutOfRange,
        now: i64,
    ) -> Result<GoesOn, Undecided> {
        let (word, at) = match policy {
            OutOfRange::Fail => {
                return Err(Undecided { queue: Arc::clone(queue), problem: self, first, last });
            }
            OutOfRange::Earliest => ("earliest", first),
            OutOfRange::Latest => ("latest", last),
        };
        let is_other_queue = self.is_other_queue();
        let (progress, messages) = match (is_other_queue, policy) {
            // These offsets are other records now: batches with the same bounds are not the same batches.
            (true, _) => (Progress::begin(at, now.max(before.generation + 1)), between(first, at)),
            // Of a batch under way that the broker still has in part the sink may have all: it comes again under the same
            // identity with what is left of it.
            (false, OutOfRange::Earliest) => {
                let gap = between(before.resume, first);
                let mark = before.mark.filter(|_| gap == 0);
                (Progress { resume: before.resume.max(first), mark, ..before.clone() }, gap)
            }
            (false, _) => {
                let of_batches: u64 =
                    before.batches.iter().map(|batch| between(batch.first, batch.next)).sum();
                (Progress::begin(at, before.generation), of_batches + between(before.resume, at))
            }
        };
        let passed_over = passed_over(messages);
        let text = format!(
            "{queue}: {self}; reading went on at offset {at} (offset.out.of.range={word}), {passed_over}"
        );
        let loss = (messages > 0 || is_other_queue).then_some(Loss { text, messages });
        Ok(GoesOn { progress, loss, is_other_queue })
    }
}

fn passed_over(messages: u64) -> String {
    let plural = if messages == 1 { "" } else { "s" };
    format!("{messages} message{plural} passed over")
}

fn between(from: QueueOffset, to: QueueOffset) -> u64 {
    u64::try_from(to.get() - from.get()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Bounds, Mark};

    fn at(offset: i64) -> QueueOffset {
        QueueOffset::new(offset).unwrap()
    }

    fn bounds(first: i64, next: i64) -> Bounds {
        Bounds { first: at(first), next: at(next), since: 0 }
    }

    fn look(first: i64, last: i64, message: Option<(i64, i64)>) -> Look {
        let message = message.map(|(offset, stored)| Mark { offset: at(offset), stored });
        Look { first: at(first), last: at(last), message, from_there: None }
    }

    #[test]
    fn a_queue_that_does_not_have_what_comes_next_is_noticed() {
        let mark = Mark { offset: at(99), stored: 5 };
        let progress = Progress { mark: Some(mark), ..Progress::begin(at(100), 1) };
        let check = |first, last, stored: Option<i64>, expected| {
            let look = look(first, last, stored.map(|stored| (99, stored)));
            assert_eq!(Problem::of(&progress, &look), expected, "{look:?}");
        };
        check(0, 100, Some(5), None);
        check(50, 200, Some(5), None);
        check(100, 200, None, None);
        check(101, 200, None, Some(Problem::Trimmed { at: at(100), first: at(101) }));
        check(0, 99, None, Some(Problem::Beyond { at: at(100), last: at(99) }));
        check(0, 200, Some(6), Some(Problem::Replaced { at: at(99) }));
    }

    #[test]
    fn a_batch_under_way_has_to_be_there_whole() {
        let mut progress = Progress::begin(at(100), 1);
        progress.bound(bounds(100, 200), None);
        let problem = |first, last| Problem::of(&progress, &look(first, last, None));
        assert_eq!(problem(100, 200), None);
        assert_eq!(problem(150, 300), Some(Problem::Trimmed { at: at(100), first: at(150) }));
        assert_eq!(problem(0, 150), Some(Problem::Beyond { at: at(200), last: at(150) }));
    }

    fn go_on(problem: Problem, before: &Progress, policy: OutOfRange) -> Result<GoesOn, String> {
        let queue = Arc::new(QueueId { topic: "t".into(), broker: "b".into(), queue: 0 });
        problem.go_on(&queue, before, &look(150, 300, None), policy, 7).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_policy_the_operator_is_told_both_offsets_and_the_way_out() {
        let before = Progress::begin(at(100), 1);
        let error = go_on(Problem::Trimmed { at: at(100), first: at(150) }, &before, OutOfRange::Fail);
        let error = error.unwrap_err();
        for part in ["t/b/0", "offset 100", "message is 150", "offset.out.of.range=earliest", "300"] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn what_was_passed_over_is_counted_and_said() {
        let check = |problem, policy, resume, generation, messages| {
            let GoesOn { progress, loss, .. } = go_on(problem, &Progress::begin(at(100), 1), policy).unwrap();
            assert_eq!((progress.resume, progress.generation), (at(resume), generation), "{problem}");
            let loss = loss.unwrap();
            assert_eq!(loss.messages, messages, "{problem}");
            assert!(loss.text.contains("t/b/0") && loss.text.contains(&resume.to_string()), "{}", loss.text);
        };
        let trimmed = Problem::Trimmed { at: at(100), first: at(150) };
        check(trimmed, OutOfRange::Earliest, 150, 1, 50);
        check(trimmed, OutOfRange::Latest, 300, 1, 200);
        // The same offsets are other records: another generation.
        let replaced = Problem::Replaced { at: at(99) };
        check(replaced, OutOfRange::Earliest, 150, 7, 0);
        check(replaced, OutOfRange::Latest, 300, 7, 150);
    }

    #[test]
    fn a_batch_that_is_there_in_part_keeps_its_identity() {
        let mut before = Progress::begin(at(100), 1);
        before.bound(bounds(100, 120), None);
        before.bound(bounds(120, 200), Some(Mark { offset: at(199), stored: 3 }));
        let trimmed = Problem::Trimmed { at: at(100), first: at(150) };
        let GoesOn { progress, loss, .. } = go_on(trimmed, &before, OutOfRange::Earliest).unwrap();
        assert_eq!((progress, loss), (before.clone(), None), "it is given up once the batches are done with");
        let GoesOn { progress, loss, .. } = go_on(trimmed, &before, OutOfRange::Latest).unwrap();
        assert_eq!((progress, loss.unwrap().messages), (Progress::begin(at(300), 1), 200));
    }

    #[test]
    fn a_generation_is_never_used_twice_whatever_the_clock_says() {
        let before = Progress::begin(at(400), 9);
        let beyond = Problem::Beyond { at: at(400), last: at(300) };
        let goes_on = go_on(beyond, &before, OutOfRange::Earliest).unwrap();
        assert_eq!(goes_on.progress.generation, 10);
    }
}
