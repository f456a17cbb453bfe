//! Questions to connector classes about configurations.
//!
//! A class may panic, or wait for something that never answers. So it is asked on a thread of its own, with a deadline, and
//! whoever asks waits without holding up anybody else.

use super::panics;
use crate::{host::ClassError, panic_text};
use connector_api::SinkConnector;
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, oneshot},
    time::{Instant, timeout_at},
};

/// How many questions to one class may be open. A class that never answers keeps so many threads and no more.
const OPEN_QUESTIONS: usize = 8;

/// Asks connector classes.
#[derive(Debug)]
pub(super) struct Classes {
    deadline: Duration,
    open: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

/// A class that is being asked.
pub(super) struct Asked {
    class: Arc<dyn SinkConnector>,
    call: Arc<Mutex<&'static str>>,
}

impl Asked {
    /// Calls `method`, which is what it is called if it does not come back.
    pub(super) fn call<T>(&self, method: &'static str, call: impl FnOnce(&dyn SinkConnector) -> T) -> T {
        *self.call.lock().unwrap_or_else(PoisonError::into_inner) = method;
        call(&*self.class)
    }
}

impl Classes {
    /// Answers have to come within `deadline`.
    pub(super) fn new(deadline: Duration) -> Self {
        Self { deadline, open: Mutex::default() }
    }

    /// What `class` answers to `question`.
    ///
    /// # Errors
    /// [`ClassError`] when it panics, when it does not come back, and when earlier questions are still open.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        class: &Arc<dyn SinkConnector>,
        question: impl FnOnce(&Asked) -> T + Send + 'static,
    ) -> Result<T, ClassError> {
        let name = || class.class_name().to_owned();
        let deadline = Instant::now() + self.deadline;
        let Ok(Ok(permit)) = timeout_at(deadline, self.line(name()).acquire_owned()).await else {
            return Err(ClassError::Busy { class: name(), calls: OPEN_QUESTIONS });
        };
        let method = Arc::new(Mutex::new("a call"));
        let asked = Asked { class: Arc::clone(class), call: Arc::clone(&method) };
        let (answer, answered) = oneshot::channel();
        let body = move || {
            panics::is_connectors_thread();
            // Nobody to tell means that the deadline has passed.
            drop(answer.send(catch_unwind(AssertUnwindSafe(|| question(&asked)))));
            drop(permit);
        };
        std::thread::Builder::new()
            .name(format!("ask {}", name().replace('\0', "?")))
            .spawn(body)
            .map_err(|source| ClassError::Thread { class: name(), source })?;
        let answered = timeout_at(deadline, answered).await;
        let call = *method.lock().unwrap_or_else(PoisonError::into_inner);
        match answered {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(panic))) => {
                Err(ClassError::Panicked { class: name(), call, message: panic_text(&*panic) })
            }
            Ok(Err(_)) | Err(_) => Err(ClassError::Blocks { class: name(), call, after: self.deadline }),
        }
    }

    fn line(&self, class: String) -> Arc<Semaphore> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(open.entry(class).or_insert_with(|| Arc::new(Semaphore::new(OPEN_QUESTIONS))))
    }
}
