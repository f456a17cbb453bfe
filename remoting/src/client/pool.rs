//! The connections of a client: one for each address, made when first needed and made again when lost.
//!
//! A server that accepts connections and cuts them at once is as good as none, so the pauses between attempts grow until a connection
//! has brought an answer, not until one is made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::Error;
use super::backoff::Backoff;
use super::connection::{Connection, Connector};
use crate::command::Command;

/// The shortest and the longest pause between attempts to reach an address.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Connections by address.
#[derive(Debug)]
pub(super) struct Pool {
    connector: Connector,
    /// Connections live here, whichever runtime a caller is on.
    runtime: Handle,
    slots: Mutex<HashMap<Arc<str>, Arc<tokio::sync::Mutex<Slot>>>>,
}

#[derive(Debug)]
struct Slot {
    address: Arc<str>,
    connection: Option<Arc<Connection>>,
    /// The last attempt, as long as nothing has come of it.
    attempt: Option<Attempt>,
    backoff: Backoff,
}

#[derive(Debug)]
struct Attempt {
    ended_at: Instant,
    retry_at: Instant,
    /// Why there is no connection, if there is none.
    error: Option<Error>,
}

impl Pool {
    pub(super) fn new(connector: Connector, runtime: Handle) -> Self {
        Self { connector, runtime, slots: Mutex::default() }
    }

    /// Asks the server at `address`.
    pub(super) async fn call(
        &self,
        address: &str,
        request: Command,
        timeout: Duration,
    ) -> Result<Command, Error> {
        self.connection(address).await?.call(request, timeout).await
    }

    /// The connection to `address`, made if there is none.
    async fn connection(&self, address: &str) -> Result<Arc<Connection>, Error> {
        if self.connector.closed.is_cancelled() {
            return Err(Error::Closed);
        }
        let slot = self.slot(address);
        if let Ok(slot) = slot.try_lock()
            && let Some(connection) = slot.alive()
        {
            return Ok(connection);
        }
        // Not by whoever asks: one that is not polled for a while would keep all others waiting.
        let connecting = self.runtime.spawn(connection(slot, self.connector.clone(), Instant::now()));
        // Without an answer the runtime is shutting down.
        connecting.await.unwrap_or(Err(Error::Closed))
    }

    fn slot(&self, address: &str) -> Arc<tokio::sync::Mutex<Slot>> {
        // Nothing panics while holding it.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(address) {
            return Arc::clone(slot);
        }
        let address: Arc<str> = address.into();
        let slot = Arc::new(tokio::sync::Mutex::new(Slot {
            address: Arc::clone(&address),
            connection: None,
            attempt: None,
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
        }));
        slots.insert(address, Arc::clone(&slot));
        slot
    }
}

/// The connection of `slot`, made if there is none. Those who wait for it together share one attempt.
async fn connection(
    slot: Arc<tokio::sync::Mutex<Slot>>,
    connector: Connector,
    asked_at: Instant,
) -> Result<Arc<Connection>, Error> {
    let mut slot = slot.lock().await;
    if let Some(connection) = slot.alive() {
        return Ok(connection);
    }
    slot.take_leave();
    if let Some(attempt) = &slot.attempt {
        // Someone else has tried while this call waited for its turn.
        if let Some(error) = &attempt.error
            && attempt.ended_at >= asked_at
        {
            return Err(error.clone());
        }
        tokio::time::sleep_until(attempt.retry_at.into()).await;
    }
    let incoming = Arc::clone(&connector.incoming);
    let connected = connector.connect(Arc::clone(&slot.address)).await;
    let ended_at = Instant::now();
    let retry_at = ended_at + slot.backoff.next();
    slot.attempt = Some(Attempt { ended_at, retry_at, error: connected.as_ref().err().cloned() });
    let connection = Arc::clone(slot.connection.insert(Arc::new(connected?)));
    incoming.connections_changed();
    Ok(connection)
}

impl Slot {
    /// The connection, if calls can be made over it.
    fn alive(&self) -> Option<Arc<Connection>> {
        self.connection.as_ref().filter(|connection| connection.is_alive()).map(Arc::clone)
    }

    /// Gives up the connection, if there is one, over which no more calls can be made.
    fn take_leave(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if connection.was_of_use() {
            self.backoff.reset();
            self.attempt = None;
        }
    }
}
