//! How many messages to ask for at once, and how many pulls to have under way.
//!
//! Pulls that run ahead fit together only if each asks for as many messages as the broker gives, so that number is learnt from its
//! answers. Now and then more is asked for, in case the broker's limit was raised.

use crate::message::Message;

/// After so many full answers more is asked for once; after twice as many when that brought no more, and so on.
const PROBE_AFTER: u32 = 32;
const PROBE_AFTER_MOST: u32 = 4096;
/// After so many answers twice as many pulls at once are tried again.
const TRY_DEEPER_AFTER: u32 = 4096;

/// What the answers so far say about the broker and the messages.
#[derive(Debug)]
pub(super) struct Pace {
    most: i32,
    most_depth: usize,
    /// How deep it may go at the moment, and how many answers have come since that was lowered.
    ceiling: usize,
    since_lowered: u32,
    budget: usize,
    /// Messages per pull, once known.
    stride: Option<i32>,
    full_answers: u32,
    /// How many full answers there have to be before more is asked for.
    probe_after: u32,
    depth: usize,
    /// Bytes of a body, smoothed.
    message_bytes: usize,
}

impl Pace {
    pub(super) fn new(most: i32, most_depth: usize, budget: usize) -> Self {
        Self {
            most: most.max(1),
            most_depth: most_depth.max(1),
            ceiling: most_depth.max(1),
            since_lowered: 0,
            budget,
            stride: None,
            full_answers: 0,
            probe_after: PROBE_AFTER,
            depth: 1,
            message_bytes: 0,
        }
    }

    /// How many messages the next pull asks for.
    pub(super) fn count(&self) -> i32 {
        let wanted = match self.stride {
            None => self.most,
            Some(stride) if self.full_answers >= self.probe_after => stride.saturating_mul(2),
            Some(stride) => stride,
        };
        wanted.min(self.most).min(self.affordable()).max(1)
    }

    /// A pull asks for `count` messages.
    pub(super) fn asked(&mut self, count: i32) {
        // One probe at a time: each leaves a gap when it brings no more than usual.
        if self.stride.is_some_and(|stride| count > stride) {
            self.full_answers = 0;
        }
    }

    /// How many bytes a pull is likely to bring.
    pub(super) fn pull_bytes(&self) -> usize {
        let stride = self.stride.unwrap_or(1).min(self.affordable()).max(1);
        self.message_bytes.saturating_mul(usize::try_from(stride).unwrap_or(1))
    }

    /// How many pulls may be under way.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// A pull for `asked` messages brought some; the queue goes on after them if `behind`.
    pub(super) fn found(&mut self, asked: i32, messages: &[Message], behind: bool) {
        let got = i32::try_from(messages.len()).unwrap_or(i32::MAX);
        let bytes = messages.iter().map(|message| message.body.len()).sum::<usize>() / messages.len().max(1);
        self.message_bytes =
            if self.message_bytes == 0 { bytes } else { (self.message_bytes * 7 + bytes) / 8 };
        if !behind {
            return;
        }
        self.since_lowered += 1;
        if self.since_lowered >= TRY_DEEPER_AFTER {
            self.ceiling = (self.ceiling * 2).min(self.most_depth);
            self.since_lowered = 0;
        }
        self.depth = (self.depth * 2).min(self.ceiling);
        match self.stride {
            None => self.stride = Some(got),
            Some(stride) if asked > stride && got > stride => {
                self.stride = Some(got);
                self.probe_after = PROBE_AFTER;
            }
            Some(stride) if asked > stride => {
                self.probe_after = self.probe_after.saturating_mul(2).min(PROBE_AFTER_MOST);
            }
            Some(stride) if asked == stride && got < asked => self.stride = Some(got),
            Some(stride) if asked == stride => self.full_answers += 1,
            // A pull into a gap asks for less and says nothing about the broker's limit.
            Some(_) => {}
        }
    }

    /// The end is reached: one pull that waits is enough.
    pub(super) fn caught_up(&mut self) {
        self.depth = 1;
    }

    /// Pulls under way together were not all answered: fewer for the next thousands. A RocketMQ proxy drops answers that its connection
    /// cannot take at once.
    pub(super) fn overran(&mut self) {
        self.ceiling = (self.ceiling / 2).max(1);
        self.since_lowered = 0;
        self.depth = self.depth.min(self.ceiling);
    }

    /// How many messages fit into the budget.
    fn affordable(&self) -> i32 {
        let messages = self.budget.checked_div(self.message_bytes).unwrap_or(usize::MAX);
        i32::try_from(messages).unwrap_or(i32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn messages(count: usize, bytes: usize) -> Vec<Message> {
        let host = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
        let message = Message {
            topic: "t".into(),
            queue_id: 0,
            offset: 0,
            physical_offset: 0,
            flag: 0,
            sys_flag: 0,
            born_timestamp: 0,
            born_host: host,
            store_timestamp: 0,
            store_host: host,
            body_crc: 0,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: Bytes::from(vec![0; bytes]),
            properties: crate::message::Properties::default(),
            fault: None,
        };
        vec![message; count]
    }

    #[test]
    fn the_brokers_limit_is_learnt_and_the_depth_grows_while_behind() {
        let mut pace = Pace::new(1024, 8, 1 << 20);
        assert_eq!((pace.count(), pace.depth()), (1024, 1));
        pace.found(1024, &messages(32, 10), true);
        assert_eq!((pace.count(), pace.depth()), (32, 2));
        pace.found(32, &messages(32, 10), true);
        pace.found(32, &messages(32, 10), true);
        pace.found(32, &messages(32, 10), true);
        assert_eq!((pace.count(), pace.depth()), (32, 8));
        pace.caught_up();
        assert_eq!(pace.depth(), 1);
    }

    #[test]
    fn a_lower_limit_is_followed_and_a_higher_one_found_by_asking() {
        let mut pace = Pace::new(1024, 8, 1 << 20);
        pace.found(1024, &messages(32, 10), true);
        pace.found(32, &messages(8, 10), true);
        assert_eq!(pace.count(), 8);
        for _ in 0..PROBE_AFTER {
            assert_eq!(pace.count(), 8);
            pace.found(8, &messages(8, 10), true);
        }
        assert_eq!(pace.count(), 16);
        pace.asked(16);
        assert_eq!(pace.count(), 8);
        pace.found(16, &messages(16, 10), true);
        assert_eq!(pace.count(), 16);
    }

    #[test]
    fn a_probe_that_gets_no_more_changes_nothing() {
        let mut pace = Pace::new(1024, 8, 1 << 20);
        pace.found(1024, &messages(32, 10), true);
        for _ in 0..PROBE_AFTER {
            pace.found(32, &messages(32, 10), true);
        }
        pace.asked(64);
        pace.found(64, &messages(32, 10), true);
        for _ in 0..2 * PROBE_AFTER {
            assert_eq!(pace.count(), 32);
            pace.found(32, &messages(32, 10), true);
        }
        assert_eq!(pace.count(), 64);
    }

    #[test]
    fn the_end_of_a_queue_and_pulls_into_gaps_teach_nothing() {
        let mut pace = Pace::new(1024, 8, 1 << 20);
        pace.found(1024, &messages(5, 10), false);
        assert_eq!(pace.count(), 1024);
        pace.found(1024, &messages(32, 10), true);
        pace.found(3, &messages(3, 10), true);
        assert_eq!(pace.count(), 32);
    }

    #[test]
    fn a_server_that_does_not_answer_all_is_asked_less_at_once() {
        let mut pace = Pace::new(1024, 8, 1 << 20);
        for _ in 0..5 {
            pace.found(32, &messages(32, 10), true);
        }
        assert_eq!(pace.depth(), 8);
        pace.overran();
        assert_eq!(pace.depth(), 4);
        pace.found(32, &messages(32, 10), true);
        assert_eq!(pace.depth(), 4);
        for _ in 0..TRY_DEEPER_AFTER {
            pace.found(32, &messages(32, 10), true);
        }
        assert_eq!(pace.depth(), 8, "later it may do better");
        (0..5).for_each(|_| pace.overran());
        assert_eq!(pace.depth(), 1);
    }

    #[test]
    fn large_messages_are_asked_for_by_the_few() {
        let mut pace = Pace::new(1024, 8, 1000);
        pace.found(1024, &messages(32, 400), true);
        assert_eq!((pace.count(), pace.pull_bytes()), (2, 800));
    }
}
