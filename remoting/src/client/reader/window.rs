//! What has been asked for and what has arrived, around the offset that comes next.

use std::collections::{BTreeMap, VecDeque};

use crate::message::Message;

/// The pieces of a queue that are under way or waiting, by the offset they were asked from.
#[derive(Debug)]
pub(super) struct Window {
    next: i64,
    waiting_bytes: usize,
    pieces: BTreeMap<i64, Piece>,
}

#[derive(Debug)]
enum Piece {
    /// Asked for up to this offset.
    Asked { until: i64 },
    /// Arrived, covering everything up to this offset.
    Arrived { until: i64, messages: VecDeque<Message> },
}

impl Piece {
    fn until(&self) -> i64 {
        match self {
            Self::Asked { until } | Self::Arrived { until, .. } => *until,
        }
    }
}

impl Window {
    pub(super) fn new(next: i64) -> Self {
        Self { next, waiting_bytes: 0, pieces: BTreeMap::new() }
    }

    /// The offset of the message that is to be taken next.
    pub(super) fn next(&self) -> i64 {
        self.next
    }

    /// Bytes of bodies that have arrived and were not taken.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// The first offset nobody has asked for, and how many messages from there, at most `count`: first what earlier answers left
    /// open, then what lies ahead, as far as the queue goes. Where nothing is under way, what comes next.
    pub(super) fn lacks(&self, count: i32, max: Option<i64>) -> Option<(i64, i32)> {
        let mut covered = self.next;
        for (&start, piece) in &self.pieces {
            if start > covered {
                let gap = i32::try_from(start - covered).unwrap_or(i32::MAX);
                return Some((covered, count.min(gap)));
            }
            covered = covered.max(piece.until());
        }
        let ahead = self.pieces.is_empty() || max.is_some_and(|max| covered < max);
        ahead.then_some((covered, count))
    }

    /// `count` messages from `offset` on were asked for.
    pub(super) fn asked(&mut self, offset: i64, count: i32) {
        self.pieces.insert(offset, Piece::Asked { until: offset + i64::from(count) });
    }

    /// The pull at `offset` brought `messages`. Gaps between them were made by the broker.
    pub(super) fn arrived(&mut self, offset: i64, messages: Vec<Message>) {
        let Some(last) = messages.last() else { return self.forget(offset) };
        let until = last.offset + 1;
        let messages = VecDeque::from(messages);
        self.waiting_bytes += messages.iter().map(|message| message.body.len()).sum::<usize>();
        self.pieces.insert(offset, Piece::Arrived { until, messages });
    }

    /// The pull at `offset` brought nothing.
    pub(super) fn forget(&mut self, offset: i64) {
        self.pieces.remove(&offset);
    }

    /// What is contiguous from the next offset on: at most `limit` bytes, but one message at least where there is one.
    pub(super) fn take(&mut self, limit: usize) -> Vec<Message> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(mut entry) = self.pieces.first_entry()
            && *entry.key() <= self.next
            && let Piece::Arrived { until, messages } = entry.get_mut()
        {
            while let Some(message) = messages.front() {
                let size = message.body.len();
                // A batch stored as one message, or an answer that overlaps with one before, begins too early.
                let wanted = message.offset >= self.next;
                if wanted && !taken.is_empty() && bytes + size > limit {
                    return taken;
                }
                self.waiting_bytes -= size;
                if let Some(message) = messages.pop_front().filter(|_| wanted) {
                    bytes += size;
                    self.next = message.offset + 1;
                    taken.push(message);
                }
            }
            self.next = self.next.max(*until);
            entry.remove();
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::{Bytes, BytesMut};

    use crate::message::{DecodeOptions, StoredMessage, decode_all, encode_stored};

    /// Messages with bodies of ten bytes.
    fn messages(offsets: impl IntoIterator<Item = i64>) -> Vec<Message> {
        let mut stored = BytesMut::new();
        let host = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
        for offset in offsets {
            let message = StoredMessage {
                topic: "t",
                queue_id: 0,
                offset,
                physical_offset: 0,
                flag: 0,
                sys_flag: 0,
                born_timestamp: 0,
                born_host: host,
                store_timestamp: 0,
                store_host: host,
                reconsume_times: 0,
                prepared_transaction_offset: 0,
                body: b"0123456789",
                properties: b"",
            };
            encode_stored(&message, &mut stored).unwrap();
        }
        decode_all(&Bytes::from(stored), &DecodeOptions::default()).unwrap()
    }

    fn taken(window: &mut Window, limit: usize) -> Vec<i64> {
        window.take(limit).iter().map(|message| message.offset).collect()
    }

    fn ask(window: &mut Window, count: i32, max: Option<i64>) -> Option<(i64, i32)> {
        let lacking = window.lacks(count, max)?;
        window.asked(lacking.0, lacking.1);
        Some(lacking)
    }

    #[test]
    fn pulls_run_ahead_as_far_as_the_queue_goes() {
        let mut window = Window::new(100);
        assert_eq!(ask(&mut window, 32, None), Some((100, 32)));
        assert_eq!(ask(&mut window, 32, None), None);
        assert_eq!(ask(&mut window, 32, Some(150)), Some((132, 32)));
        assert_eq!(ask(&mut window, 32, Some(150)), None);
    }

    #[test]
    fn messages_are_taken_in_order_whatever_arrives_first() {
        let mut window = Window::new(0);
        for _ in 0..3 {
            ask(&mut window, 4, Some(12));
        }
        window.arrived(8, messages(8..12));
        window.arrived(4, messages(4..8));
        assert_eq!(taken(&mut window, 1000), [0_i64; 0]);
        window.arrived(0, messages(0..4));
        assert_eq!(taken(&mut window, 1000), (0..12).collect::<Vec<_>>());
        assert_eq!((window.next(), window.waiting_bytes()), (12, 0));
    }

    #[test]
    fn what_an_answer_left_open_is_asked_for_before_what_lies_ahead() {
        let mut window = Window::new(0);
        ask(&mut window, 32, Some(1000));
        ask(&mut window, 32, Some(1000));
        window.arrived(32, messages(32..64));
        window.arrived(0, messages(0..8));
        assert_eq!(ask(&mut window, 32, Some(1000)), Some((8, 24)));
        assert_eq!(ask(&mut window, 32, Some(1000)), Some((64, 32)));
        assert_eq!(taken(&mut window, 10_000), (0..8).collect::<Vec<_>>());
        window.arrived(8, messages(8..32));
        assert_eq!(taken(&mut window, 10_000), (8..64).collect::<Vec<_>>());
    }

    #[test]
    fn a_pull_that_brought_nothing_is_asked_for_again() {
        let mut window = Window::new(0);
        ask(&mut window, 4, Some(8));
        ask(&mut window, 4, Some(8));
        window.forget(0);
        assert_eq!(ask(&mut window, 4, Some(8)), Some((0, 4)));
    }

    #[test]
    fn gaps_the_broker_made_are_kept_and_overlaps_are_not_taken_twice() {
        let mut window = Window::new(5);
        window.asked(5, 10);
        window.asked(15, 10);
        window.arrived(5, messages([2, 3, 7, 16]));
        window.arrived(15, messages([16, 17]));
        assert_eq!(taken(&mut window, 1000), [7, 16, 17]);
        assert_eq!((window.next(), window.waiting_bytes()), (18, 0));
    }

    #[test]
    fn a_limit_holds_but_one_message_always_comes() {
        let mut window = Window::new(0);
        window.asked(0, 4);
        window.arrived(0, messages(0..4));
        assert_eq!(taken(&mut window, 25), [0, 1]);
        assert_eq!(taken(&mut window, 1), [2]);
        assert_eq!(window.waiting_bytes(), 10);
        assert_eq!(taken(&mut window, 25), [3]);
    }
}
