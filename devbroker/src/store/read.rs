//! Reading a queue: by offset, and by time.
//!
//! A read that lies within one run is a slice of it; only what spans runs, or was picked by a filter, is put together.

use std::{mem, ops::Range};

use bytes::{Bytes, BytesMut};
use fjall::Keyspace;

use super::{
    keys,
    queue::Queue,
    stored::{self, Stored},
};
use crate::StoreError;

/// Messages a filtered read looks at before it answers with what it has, as a Java broker's does.
const SCANNED_AT_MOST: u64 = 800;

/// How much one read returns; at least one message always is, if there is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadLimits {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

/// Which messages a read returns, by the hash of their tag as a Java broker filters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TagFilter {
    hashes: Option<Vec<i32>>,
}

impl TagFilter {
    /// Every message.
    pub(crate) fn all() -> Self {
        Self::default()
    }

    /// Messages with one of the tags of an expression such as `"a || b"`; `"*"` and nothing select all.
    pub(crate) fn parse(expression: &str) -> Self {
        if expression.is_empty() || expression == "*" {
            return Self::all();
        }
        let tags = expression.split("||").map(str::trim).filter(|tag| !tag.is_empty());
        Self { hashes: Some(tags.map(java_hash).collect()) }
    }

    fn selects(&self, message: Stored<'_>) -> bool {
        match &self.hashes {
            None => true,
            Some(hashes) => hashes.contains(&message.tags().map_or(0, java_hash)),
        }
    }
}

/// Messages read, in stored form, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) messages: Bytes,
    pub(crate) count: usize,
    /// Where to go on: behind the last message looked at.
    pub(crate) next_offset: u64,
}

pub(super) fn read(
    messages: &Keyspace,
    queue: &Queue,
    offset: u64,
    limits: ReadLimits,
    filter: &TagFilter,
) -> Result<Read, StoreError> {
    let end = queue.bounds().max;
    let mut taken = Taken::default();
    let mut next_offset = offset;
    if offset < end {
        let range = keys::run(queue.place, offset)..=keys::run(queue.place, u64::MAX);
        'runs: for run in messages.range(range) {
            let run: Bytes = run.value()?.into();
            let mut at = 0;
            for message in stored::messages(&run) {
                let span = at..at + message.size();
                at = span.end;
                if message.queue_offset() < next_offset {
                    continue;
                }
                let scanned = next_offset - offset;
                if message.queue_offset() >= end
                    || taken.is_full(message.size(), limits)
                    || (filter.hashes.is_some() && scanned >= SCANNED_AT_MOST)
                {
                    taken.end_run(&run);
                    break 'runs;
                }
                next_offset = message.queue_offset() + 1;
                if filter.selects(message) {
                    taken.take(&run, span);
                }
            }
            taken.end_run(&run);
        }
    }
    Ok(Read { count: taken.count, messages: taken.together(), next_offset })
}

/// What a read has picked so far.
#[derive(Default)]
struct Taken {
    parts: Vec<Bytes>,
    /// Neighbouring messages of the run being looked at, not yet a part.
    span: Range<usize>,
    count: usize,
    bytes: usize,
}

impl Taken {
    fn is_full(&self, next: usize, limits: ReadLimits) -> bool {
        self.count > 0 && (self.count >= limits.messages || self.bytes + next > limits.bytes)
    }

    fn take(&mut self, run: &Bytes, message: Range<usize>) {
        self.count += 1;
        self.bytes += message.len();
        if self.span.end == message.start && !self.span.is_empty() {
            self.span.end = message.end;
        } else {
            self.end_run(run);
            self.span = message;
        }
    }

    fn end_run(&mut self, run: &Bytes) {
        let span = mem::take(&mut self.span);
        if !span.is_empty() {
            self.parts.push(run.slice(span));
        }
    }

    fn together(mut self) -> Bytes {
        if self.parts.len() <= 1 {
            return self.parts.pop().unwrap_or_default();
        }
        let mut all = BytesMut::with_capacity(self.bytes);
        for part in &self.parts {
            all.extend_from_slice(part);
        }
        all.freeze()
    }
}

/// What a search by time returns when no message was stored at that very time (RocketMQ `BoundaryType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeBoundary {
    /// The first message stored at or after the time; the queue's end if there is none.
    Lower,
    /// The last message stored at or before the time; the queue's start if there is none.
    Upper,
}

pub(super) fn offset_at(
    messages: &Keyspace,
    queue: &Queue,
    time_ms: u64,
    boundary: TimeBoundary,
) -> Result<u64, StoreError> {
    let bounds = queue.bounds();
    // The first offset stored after `time_ms` (Upper) or at or after it (Lower): store times never fall along a queue.
    let (mut low, mut high) = (bounds.min, bounds.max);
    while low < high {
        let middle = low + (high - low) / 2;
        let before = match (stored_ms(messages, queue, middle)?, boundary) {
            (Some(stored), TimeBoundary::Lower) => stored < time_ms,
            (Some(stored), TimeBoundary::Upper) => stored <= time_ms,
            (None, _) => true,
        };
        if before { low = middle + 1 } else { high = middle }
    }
    Ok(match boundary {
        TimeBoundary::Lower => low,
        TimeBoundary::Upper => low.saturating_sub(1).max(bounds.min),
    })
}

pub(super) fn stored_ms(messages: &Keyspace, queue: &Queue, offset: u64) -> Result<Option<u64>, StoreError> {
    let range = keys::run(queue.place, offset)..=keys::run(queue.place, u64::MAX);
    let Some(run) = messages.range(range).next() else { return Ok(None) };
    let run = run.value()?;
    let found = stored::messages(&run).find(|message| message.queue_offset() == offset);
    Ok(found.map(Stored::stored_ms))
}

/// Java's `String.hashCode`, over UTF-16 units.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}
