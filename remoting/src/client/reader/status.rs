//! How a reader is doing, and why it stops.

use thiserror::Error;

use super::STRANGE_ANSWERS;
use crate::client::{Error, PullStatus, Pulled, Queue};
use crate::message::DecodeError;

/// How a [`QueueReader`](super::QueueReader) is doing.
#[derive(Debug, Clone)]
pub enum ReaderStatus {
    /// Nothing has been answered yet.
    Starting,
    /// Messages come, and there are more.
    Reading,
    /// It waits for new messages.
    CaughtUp,
    /// The broker cannot be asked at the moment.
    Retrying {
        /// How often it has been tried since it last worked.
        attempts: u32,
        /// Why it does not work.
        error: Error,
    },
}

impl ReaderStatus {
    /// Whether a change from one to the other is worth telling.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// Why a reader cannot go on by itself.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The broker no longer has the offset: its messages were deleted before they were read.
    #[error("{queue} no longer has offset {wanted}, it begins at {min}")]
    Trimmed {
        /// The queue.
        queue: Queue,
        /// The offset that was to be read next.
        wanted: i64,
        /// The first that is still there.
        min: i64,
    },
    /// The queue ends before the offset: the topic was created anew, or the broker has lost messages.
    #[error("{queue} has no offset {wanted} yet, it has {min} to {max}: was the topic created anew?")]
    Beyond {
        /// The queue.
        queue: Queue,
        /// The offset that was to be read next.
        wanted: i64,
        /// The first that is there.
        min: i64,
        /// Where the queue ends.
        max: i64,
    },
    /// What the broker sends at this offset are no messages, again and again.
    #[error("{queue} cannot be read at offset {offset}: {source}")]
    Torn {
        /// The queue.
        queue: Queue,
        /// The offset that was asked for.
        offset: i64,
        /// What is wrong with the answer.
        source: DecodeError,
    },
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
}

/// What an answer without messages says about the offset asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The queue ends here.
    CaughtUp,
    /// Lower than everything the queue has.
    Below,
    /// Higher than everything the queue has.
    Above,
    /// Within the queue, and yet nothing there; the broker would go on at this offset.
    Hole { next: Option<i64> },
}

impl Verdict {
    /// `next` counts only where it lies ahead and within the queue.
    pub(super) fn of(wanted: i64, pulled: &Pulled) -> Self {
        let (min, max) = (pulled.min, pulled.max);
        if wanted < min {
            return Self::Below;
        }
        if wanted > max {
            return Self::Above;
        }
        if wanted == max && pulled.status != PullStatus::Illegal {
            return Self::CaughtUp;
        }
        let sane = pulled.next > wanted && (min..=max).contains(&pulled.next);
        Self::Hole { next: sane.then_some(pulled.next) }
    }

    /// How often the broker is asked again before it is believed. A hole nobody knows the end of is never left.
    pub(super) fn patience(self) -> u32 {
        match self {
            Self::CaughtUp => 0,
            Self::Below | Self::Above => 1,
            Self::Hole { next: Some(_) } => STRANGE_ANSWERS,
            Self::Hole { next: None } => u32::MAX,
        }
    }

    pub(super) fn into_error(self, queue: &Queue, wanted: i64, pulled: &Pulled) -> ReadError {
        let queue = queue.clone();
        match self {
            Self::Above => ReadError::Beyond { queue, wanted, min: pulled.min, max: pulled.max },
            Self::Hole { next: Some(next) } => ReadError::Trimmed { queue, wanted, min: next },
            _ => ReadError::Trimmed { queue, wanted, min: pulled.min },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_judged_by_min_and_max_not_by_next() {
        let check = |wanted, status, (next, min, max), expected| {
            let pulled = Pulled { status, messages: Vec::new(), next, min, max };
            assert_eq!(Verdict::of(wanted, &pulled), expected, "{wanted} in {pulled:?}");
        };
        check(5, PullStatus::NoNew, (5, 0, 5), Verdict::CaughtUp);
        check(0, PullStatus::NoNew, (0, 0, 0), Verdict::CaughtUp);
        // After a topic was created anew, brokers of version 4.9 point far beyond the end.
        check(3, PullStatus::NoNew, (30_000, 0, 3), Verdict::CaughtUp);
        check(2, PullStatus::NoNew, (30_000, 0, 3), Verdict::Hole { next: None });
        // A file being removed: the jump is only believed after a while.
        check(0, PullStatus::NoMatched, (800, 0, 1000), Verdict::Hole { next: Some(800) });
        check(0, PullStatus::NoMatched, (800, 800, 1000), Verdict::Below);
        check(4, PullStatus::Illegal, (10, 10, 20), Verdict::Below);
        check(-1, PullStatus::Illegal, (0, 0, 20), Verdict::Below);
        check(30, PullStatus::Illegal, (20, 0, 20), Verdict::Above);
        check(7, PullStatus::Illegal, (0, 0, 0), Verdict::Above);
    }
}
