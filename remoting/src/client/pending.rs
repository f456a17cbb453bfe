//! The calls of one connection that wait for their answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::code::response::GO_AWAY;
use crate::codec::CodecError;
use crate::command::Command;

/// Pairs answers with calls by `opaque`, and fails all calls at once when the connection is lost.
#[derive(Debug, Default)]
pub(super) struct Pending {
    state: Mutex<State>,
    /// How often something has come over the connection, be it a part of an answer.
    heard: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    next_opaque: i32,
    waiting: HashMap<i32, oneshot::Sender<Answer>>,
    answered: bool,
    lost: Option<Arc<CodecError>>,
}

/// What a call gets.
pub(super) type Answer = Result<Command, Arc<CodecError>>;

/// A call that waits; dropping it forgets the call.
#[derive(Debug)]
pub(super) struct Ticket {
    pending: Arc<Pending>,
    /// What the request has to carry.
    pub(super) opaque: i32,
    /// How often something had come over the connection when the call began.
    heard_before: u64,
    /// Where the answer arrives.
    pub(super) answer: oneshot::Receiver<Answer>,
}

impl Pending {
    /// Begins a call.
    pub(super) fn begin(self: &Arc<Self>) -> Result<Ticket, Arc<CodecError>> {
        let mut state = self.lock();
        if let Some(reason) = &state.lost {
            return Err(Arc::clone(reason));
        }
        let opaque = state.next_opaque;
        state.next_opaque = opaque.wrapping_add(1);
        let (sender, answer) = oneshot::channel();
        state.waiting.insert(opaque, sender);
        Ok(Ticket { pending: Arc::clone(self), opaque, heard_before: self.heard(), answer })
    }

    /// Hands `response` to its call; false when nobody waits for it any more.
    pub(super) fn complete(&self, response: Command) -> bool {
        let sender = {
            let mut state = self.lock();
            state.answered |= response.code != GO_AWAY;
            state.waiting.remove(&response.opaque)
        };
        sender.is_some_and(|sender| sender.send(Ok(response)).is_ok())
    }

    /// Fails all calls, those to come too. Only the first reason counts; true for it.
    pub(super) fn fail(&self, reason: CodecError) -> bool {
        let reason = Arc::new(reason);
        let waiting = {
            let mut state = self.lock();
            if state.lost.is_some() {
                return false;
            }
            state.lost = Some(Arc::clone(&reason));
            std::mem::take(&mut state.waiting)
        };
        for sender in waiting.into_values() {
            // A call that was dropped meanwhile needs no answer.
            drop(sender.send(Err(Arc::clone(&reason))));
        }
        true
    }

    /// Whether the connection is lost.
    pub(super) fn is_lost(&self) -> bool {
        self.lock().lost.is_some()
    }

    /// Whether any answer has come, other than that the server wants to be left.
    pub(super) fn was_answered(&self) -> bool {
        self.lock().answered
    }

    /// Something has come over the connection.
    pub(super) fn hear(&self) {
        self.heard.send_modify(|heard| *heard += 1);
    }

    /// How often something has come over the connection.
    pub(super) fn heard(&self) -> u64 {
        *self.heard.borrow()
    }

    /// Waits for something to come that was not `heard`; whether nothing did within `patience`.
    pub(super) async fn is_silent(&self, heard: u64, patience: Duration) -> bool {
        let mut coming = self.heard.subscribe();
        tokio::time::timeout(patience, coming.wait_for(|now| *now != heard)).await.is_err()
    }

    /// Whether an answer is owed.
    pub(super) fn is_owed(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while holding it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Whether the connection has brought nothing at all since this call began.
    pub(super) fn heard_nothing(&self) -> bool {
        self.pending.heard() == self.heard_before
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.pending.lock().waiting.remove(&self.opaque);
    }
}
