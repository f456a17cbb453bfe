//! Messages of a batch that was bounded before: the very same.

use super::{FetchError, client_queue, look::is_same};
use crate::{
    causes,
    store::{Bounds, Lease},
    task::settings::OutOfRange,
};
use connector_api::QueueOffset;
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
    /// The broker has dropped those below.
    pub gone_below: QueueOffset,
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
    while reader.offset() < bounds.next.get() {
        tokio::select! {
            run = reader.next(READ_BYTES) => match run {
                Ok(run) => {
                    let within = run.messages.into_iter().filter(|message| message.offset < bounds.next.get());
                    again.messages.extend(within);
                }
                Err(ReadError::Trimmed { min, .. }) if out_of_range == OutOfRange::Earliest => {
                    reader.seek(min.max(reader.offset() + 1));
                    again.gone_below = QueueOffset::new(reader.offset()).map_or(bounds.next, |at| at.min(bounds.next));
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
    loop {
        match is_same(client, queue, group, mark).await {
            Ok(true) => return Ok(again),
            Ok(false) => return Err(FetchError::Replaced { queue: Arc::clone(queue), at: mark.offset }),
            Err(ClientError::Closed) => return Err(FetchError::of(queue, ReadError::Closed)),
            Err(error) => cannot(&error),
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}
