//! Asking name servers: the one that last answered first, the others when it does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::error::{NameServerFailure, NameServerProblem};
use super::{Error, pool::Pool};
use crate::code::response;
use crate::codec::CodecError;
use crate::command::Command;

/// The name servers of a client.
#[derive(Debug)]
pub(super) struct NameServers {
    addresses: Vec<Arc<str>>,
    preferred: AtomicUsize,
    timeout: Duration,
}

impl NameServers {
    pub(super) fn new(addresses: Vec<String>, timeout: Duration) -> Self {
        let addresses = addresses.into_iter().map(Arc::from).collect();
        Self { addresses, preferred: AtomicUsize::new(0), timeout }
    }

    /// Asks the first name server that answers, and says who it was.
    pub(super) async fn call(&self, pool: &Pool, request: &Command) -> Result<(Arc<str>, Command), Error> {
        let first = self.preferred.load(Ordering::Relaxed);
        let count = self.addresses.len();
        let mut failures = Vec::new();
        for index in (0..count).map(|step| (first + step) % count) {
            let address = &self.addresses[index];
            match self.ask(pool, address, request.clone()).await {
                Ok(response) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Ok((Arc::clone(address), response));
                }
                Err(NameServerProblem::NoAnswer(error)) if matches!(*error, Error::Closed) => {
                    return Err(*error);
                }
                Err(problem) => {
                    failures.push(NameServerFailure { address: Arc::clone(address), problem });
                }
            }
        }
        Err(Error::NameServers { failures })
    }

    /// Asks every name server; each has its own memory.
    pub(super) async fn call_all(
        &self,
        pool: &Pool,
        request: &Command,
    ) -> Vec<(Arc<str>, Result<Command, Error>)> {
        let mut answers = Vec::with_capacity(self.addresses.len());
        for address in &self.addresses {
            let answer =
                self.ask(pool, address, request.clone()).await.map_err(|problem| Error::NameServers {
                    failures: vec![NameServerFailure { address: Arc::clone(address), problem }],
                });
            answers.push((Arc::clone(address), answer));
        }
        answers
    }

    async fn ask(&self, pool: &Pool, address: &str, request: Command) -> Result<Command, NameServerProblem> {
        let code = request.code;
        match pool.call(address, request, self.timeout).await {
            Ok(answer) if answer.code == response::REQUEST_CODE_NOT_SUPPORTED => {
                Err(NameServerProblem::UnknownRequest { request: code })
            }
            Ok(answer) => Ok(answer),
            Err(Error::ConnectionLost { reason, .. }) if !is_io(&reason) => {
                Err(NameServerProblem::NotANameServer(reason.to_string()))
            }
            Err(error) => Err(NameServerProblem::NoAnswer(Box::new(error))),
        }
    }
}

fn is_io(reason: &CodecError) -> bool {
    matches!(reason, CodecError::Io(_))
}
