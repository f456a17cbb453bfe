//! Messages of a batch that was bounded before: the very same.

use super::{FetchError, client_queue, look::is_same};
use crate::{
    causes,
    store::{Bounds, Lease},
    task::settings::OutOfRange,
};
use remoting::{Client, Error as ClientError, ReadError, ReaderOptions, ReaderStatus, message::Message};
use std::{sync::Arc, time::Duration};

/// How much is asked for at once, in bytes.
const READ_BYTES: usize = 1024 * 1024;
const RETRY_AFTER: Duration = Duration::from_secs(1);

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
) -> Result<Vec<Message>, FetchError> {
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
    let mut messages = Vec::new();
    while reader.offset() < bounds.next.get() {
        tokio::select! {
            run = reader.next(READ_BYTES) => match run {
                Ok(run) => messages.extend(run.messages.into_iter().filter(|message| message.offset < bounds.next.get())),
                Err(ReadError::Trimmed { min, .. }) if out_of_range == OutOfRange::Earliest => {
                    reader.seek(min.max(reader.offset() + 1));
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
    let Some(mark) = lease.progress().mark else { return Ok(messages) };
    loop {
        match is_same(client, queue, group, mark).await {
            Ok(true) => return Ok(messages),
            Ok(false) => return Err(FetchError::Replaced { queue: Arc::clone(queue), at: mark.offset }),
            Err(ClientError::Closed) => return Err(FetchError::of(queue, ReadError::Closed)),
            Err(error) => cannot(&error),
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}
