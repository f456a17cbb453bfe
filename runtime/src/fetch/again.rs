//! Messages of a batch that was bounded before: the very same.

use super::{FetchError, client_queue};
use crate::{causes, store::Bounds};
use connector_api::QueueId;
use remoting::{Client, ReaderOptions, ReaderStatus, message::Message};
use std::sync::Arc;

/// How much is asked for at once, in bytes.
const READ_BYTES: usize = 1024 * 1024;

/// The messages within `bounds`, whatever memory they take: it was there when the batch was bounded.
///
/// `trouble` hears what stands in the way as long as something does.
pub async fn read_again(
    client: &Client,
    queue: &Arc<QueueId>,
    group: &Arc<str>,
    bounds: &Bounds,
    trouble: &dyn Fn(String),
) -> Result<Vec<Message>, FetchError> {
    let options = ReaderOptions {
        group: Some(Arc::clone(group)),
        budget_bytes: READ_BYTES,
        ..ReaderOptions::default()
    };
    let mut reader = client.reader(client_queue(queue), bounds.first.get(), options);
    let mut status = reader.status();
    let mut messages = Vec::new();
    loop {
        tokio::select! {
            run = reader.next(READ_BYTES) => {
                let run = run.map_err(|error| FetchError::of(queue, error))?;
                messages.extend(run.messages.into_iter().filter(|message| message.offset < bounds.next.get()));
                if run.next >= bounds.next.get() {
                    return Ok(messages);
                }
            }
            Ok(()) = status.changed() => {
                if let ReaderStatus::Retrying { error, .. } = &*status.borrow_and_update() {
                    trouble(format!("{queue} cannot be read at the moment: {}", causes(error)));
                }
            }
        }
    }
}
