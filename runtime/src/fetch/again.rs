//! Messages of a batch that was bounded before: the very same.

use super::{FetchError, Loss, client_queue, look::is_same};
use crate::{
    causes,
    store::{Bounds, Lease},
    task::settings::OutOfRange,
};
use connector_api::{QueueId, QueueOffset};
use remoting::{Client, Error as ClientError, ReadError, ReaderOptions, ReaderStatus, message::Message};
use std::{sync::Arc, time::Duration};

/// How much is asked for at once, in bytes.
const READ_BYTES: usize = 1024 * 1024;
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What a batch was made of, as far as it is still there.
#[derive(Debug)]
pub struct Again {
    /// Its messages.
    pub messages: Vec<Message>,
    /// The broker has dropped what it lacks below; the highest such offset.
    pub gone_below: QueueOffset,
}

impl Again {
    /// What the broker has dropped of the batch, as far as it is known.
    pub fn loss(&self, queue: &QueueId, bounds: &Bounds) -> Option<Loss> {
        let below = u64::try_from(self.gone_below.get() - bounds.first.get()).unwrap_or(0);
        let left = self.messages.iter().filter(|message| message.offset < self.gone_below.get()).count();
        let lost = below.saturating_sub(u64::try_from(left).unwrap_or(u64::MAX));
        (lost > 0).then(|| Loss::of_batch(queue, bounds, self.gone_below, lost))
    }
}

/// The messages within `bounds`, whatever memory they take: it was there when the batch was bounded.
///
/// Those that the broker has dropped meanwhile are left out when `out_of_range` allows it: the sink may have them already, and the batch
/// is still the same. `trouble` hears what stands in the way as long as something does.
///
/// # Errors
/// [`FetchError`] when they are not there, or are others.
pub async fn read_again(
    client: &Client,
    lease: &Lease,
    group: &Arc<str>,
    bounds: &Bounds,
    out_of_range: OutOfRange,
    trouble: &dyn Fn(String),
) -> Result<Again, FetchError> {
    let queue = lease.queue();
    let cannot =
        |error: &ClientError| trouble(format!("{queue} cannot be read at the moment: {}", causes(error)));
    let options = ReaderOptions {
        group: Some(Arc::clone(group)),
        budget_bytes: READ_BYTES,
        ..ReaderOptions::default()
    };
    let mut reader = client.reader(client_queue(queue), bounds.first.get(), options);
    let mut status = reader.status();
    let mut again = Again { messages: Vec::new(), gone_below: bounds.first };
    let gone_until = |offset| QueueOffset::new(offset).map_or(bounds.next, |offset| offset.min(bounds.next));
    while reader.offset() < bounds.next.get() {
        let at = reader.offset();
        tokio::select! {
            run = reader.next(READ_BYTES) => match run {
                Ok(run) => {
                    // A broker that deletes old files sends what is behind them before it says that they are gone.
                    let offsets = run.messages.iter().map(|message| message.offset.min(bounds.next.get()));
                    if let Some(min) = behind_gaps(at, offsets)
                        && !insist(queue, &cannot, async || client.may_have_gaps(reader.queue()).await).await?
                    {
                        if out_of_range != OutOfRange::Earliest {
                            let trimmed = ReadError::Trimmed { queue: client_queue(queue), wanted: at, min };
                            return Err(FetchError::of(queue, trimmed));
                        }
                        again.gone_below = gone_until(min);
                    }
                    let within = run.messages.into_iter().filter(|message| message.offset < bounds.next.get());
                    again.messages.extend(within);
                }
                Err(ReadError::Trimmed { min, .. }) if out_of_range == OutOfRange::Earliest => {
                    reader.seek(min.max(at + 1));
                    again.gone_below = gone_until(reader.offset());
                }
                Err(error) => return Err(FetchError::of(queue, error)),
            },
            Ok(()) = status.changed() => {
                if let ReaderStatus::Retrying { error, .. } = &*status.borrow_and_update() {
                    cannot(error);
                }
            }
        }
    }
    // Under its identity the sink would take other records for those that it has.
    let Some(mark) = lease.progress().mark else { return Ok(again) };
    match insist(queue, &cannot, async || is_same(client, queue, group, mark).await).await? {
        true => Ok(again),
        false => Err(FetchError::Replaced { queue: Arc::clone(queue), at: mark.offset }),
    }
}

/// Asks until there is an answer.
async fn insist<T>(
    queue: &Arc<QueueId>,
    cannot: &dyn Fn(&ClientError),
    ask: impl AsyncFn() -> Result<T, ClientError>,
) -> Result<T, FetchError> {
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(ClientError::Closed) => return Err(FetchError::of(queue, ReadError::Closed)),
            Err(error) => cannot(&error),
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

/// The first of these offsets that has all others behind it which are there without a gap, when some from `at` on are missing.
fn behind_gaps(at: i64, offsets: impl Iterator<Item = i64>) -> Option<i64> {
    let mut expected = at;
    let mut behind = None;
    for offset in offsets {
        if offset > expected {
            behind = Some(offset);
        }
        expected = offset + 1;
    }
    behind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_ends_before_the_last_offsets_in_a_row() {
        let check = |offsets: &[i64], expected| {
            assert_eq!(behind_gaps(5, offsets.iter().copied()), expected, "{offsets:?}");
        };
        check(&[], None);
        check(&[5, 6], None);
        check(&[7, 8], Some(7));
        check(&[5, 7, 8], Some(7));
        check(&[6, 7, 9, 10], Some(9));
        // As when a batch ends at 7, and what lies behind it is another's.
        check(&[5, 6, 7, 7], None);
        check(&[5, 7, 7], Some(7));
    }
}
