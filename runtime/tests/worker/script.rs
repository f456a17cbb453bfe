//! A sink that does as a test tells it, and remembers what it was given.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use connector_api::{
    Batch, ConfigDef, ConfigKey, ConnectRecord, ConnectorConfig, Delivery, QueueId, QueueOffset, RecordError,
    SinkConnector, SinkError, SinkTask, TaskContext, async_trait,
};

/// What the sink does with a batch.
pub(crate) enum Act {
    Take,
    /// Takes it after so long, without blocking its thread.
    TakeAfter(Duration),
    Fail(SinkError),
    /// Refuses the records with these bodies for good and takes the others.
    Refuse(&'static str),
    Panic(&'static str),
    /// Blocks its thread until [`Script::release`].
    Block,
    /// Waits, without blocking its thread, until it is dropped.
    Hang,
}

/// One batch that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) task: u32,
    pub(crate) queue: QueueId,
    pub(crate) first: i64,
    pub(crate) next: i64,
    pub(crate) generation: i64,
    pub(crate) gone_below: i64,
    pub(crate) bodies: Vec<String>,
}

type Choice = Box<dyn FnMut(&Batch) -> Act + Send>;

/// What all tasks of the sink share with the test.
pub(crate) struct Script {
    choose: Mutex<Choice>,
    start: Mutex<Option<SinkError>>,
    config: Mutex<ConnectorConfig>,
    last_words: Mutex<Option<&'static str>>,
    own_position: Mutex<Option<i64>>,
    opened: AtomicUsize,
    on_open: Mutex<VecDeque<Act>>,
    taken: Mutex<Vec<Taken>>,
    /// Every batch that was put, whatever became of it.
    put: Mutex<Vec<String>>,
    calls: Mutex<Vec<&'static str>>,
    count_only: AtomicBool,
    idempotent: AtomicBool,
    blocked: Mutex<bool>,
    released: Condvar,
}

impl Script {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            choose: Mutex::new(Box::new(|_| Act::Take)),
            start: Mutex::default(),
            config: Mutex::default(),
            last_words: Mutex::default(),
            own_position: Mutex::default(),
            opened: AtomicUsize::new(0),
            on_open: Mutex::default(),
            taken: Mutex::default(),
            put: Mutex::default(),
            calls: Mutex::default(),
            count_only: AtomicBool::new(false),
            idempotent: AtomicBool::new(false),
            blocked: Mutex::new(true),
            released: Condvar::new(),
        })
    }

    /// What the task that started last was told under `key`.
    pub(crate) fn configured(&self, key: &str) -> Option<String> {
        lock(&self.config).get(key).map(str::to_owned)
    }

    pub(crate) fn on_put(&self, choose: impl FnMut(&Batch) -> Act + Send + 'static) {
        *lock(&self.choose) = Box::new(choose);
    }

    /// The next start fails so.
    pub(crate) fn fail_start(&self, error: SinkError) {
        *lock(&self.start) = Some(error);
    }

    /// The next task that is dropped panics with these words.
    pub(crate) fn panic_when_dropped(&self, words: &'static str) {
        *lock(&self.last_words) = Some(words);
    }

    /// Where the sink says that it is itself.
    pub(crate) fn set_own_position(&self, offset: i64) {
        *lock(&self.own_position) = Some(offset);
    }

    /// What becomes of the queues that are opened next, one after the other. Others are taken.
    pub(crate) fn on_open(&self, acts: impl IntoIterator<Item = Act>) {
        *lock(&self.on_open) = acts.into_iter().collect();
    }

    /// How often a queue was opened, or was to be.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Relaxed)
    }

    fn block(&self) {
        let blocked = lock(&self.blocked);
        drop(self.released.wait_while(blocked, |blocked| *blocked));
    }

    /// From now on bodies are not kept: an empty text stands for each.
    pub(crate) fn count_only(&self) {
        self.count_only.store(true, Relaxed);
    }

    /// From now on the sink says that it recognises batches that come again.
    pub(crate) fn idempotent(&self) {
        self.idempotent.store(true, Relaxed);
    }

    pub(crate) fn release(&self) {
        *lock(&self.blocked) = false;
        self.released.notify_all();
    }

    fn remembered(&self, record: &ConnectRecord) -> String {
        if self.count_only.load(Relaxed) {
            return String::new();
        }
        String::from_utf8_lossy(&record.value().text()).into_owned()
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        lock(&self.taken).clone()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        lock(&self.taken).iter().flat_map(|taken| taken.bodies.clone()).collect()
    }

    /// The generations of the batches that were taken.
    pub(crate) fn generations(&self) -> BTreeSet<i64> {
        lock(&self.taken).iter().map(|taken| taken.generation).collect()
    }

    pub(crate) fn put(&self) -> Vec<String> {
        lock(&self.put).clone()
    }

    pub(crate) fn calls(&self) -> Vec<&'static str> {
        lock(&self.calls).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The connector class `test.ScriptedSinkConnector`, also called by the name it was given.
pub(crate) struct Scripted {
    pub(crate) class: &'static str,
    pub(crate) script: Arc<Script>,
}

impl SinkConnector for Scripted {
    fn class_name(&self) -> &str {
        self.class
    }
    fn config_def(&self) -> ConfigDef {
        ConfigDef::new()
            .key(ConfigKey::optional("size", "1").of(connector_api::ConfigType::Int { min: 1, max: 9 }))
            .key(ConfigKey::optional("password", "").of(connector_api::ConfigType::Password))
    }
    fn delivery(&self) -> Delivery {
        match self.script.idempotent.load(Relaxed) {
            true => Delivery::Idempotent,
            false => Delivery::AtLeastOnce,
        }
    }
    fn task(&self) -> Box<dyn SinkTask> {
        Box::new(Task { number: 0, script: Arc::clone(&self.script) })
    }
}

struct Task {
    number: u32,
    script: Arc<Script>,
}

#[async_trait(?Send)]
impl SinkTask for Task {
    async fn start(&mut self, context: &TaskContext, config: &ConnectorConfig) -> Result<(), SinkError> {
        *lock(&self.script.config) = config.clone();
        self.number = context.id().task;
        lock(&self.script.calls).push("start");
        lock(&self.script.start).take().map_or(Ok(()), Err)
    }

    async fn open(&mut self, _: &QueueId, _: Option<QueueOffset>) -> Result<Option<QueueOffset>, SinkError> {
        self.script.opened.fetch_add(1, Relaxed);
        let act = lock(&self.script.on_open).pop_front();
        match act {
            Some(Act::Fail(error)) => return Err(error),
            Some(Act::Block) => self.script.block(),
            _ => {}
        }
        Ok(lock(&self.script.own_position).and_then(QueueOffset::new))
    }

    async fn put(&mut self, batch: &Batch) -> Result<(), SinkError> {
        lock(&self.script.put).push(batch.id().to_string());
        let act = (lock(&self.script.choose))(batch);
        let mut refused = Vec::new();
        match act {
            Act::Take => {}
            Act::Fail(error) => return Err(error),
            Act::Refuse(body) => {
                refused = batch
                    .records()
                    .iter()
                    .filter(|record| record.value().text() == body)
                    .map(|record| RecordError {
                        offset: record.offset(),
                        reason: format!("{body:?} is refused"),
                    })
                    .collect();
            }
            #[expect(clippy::panic, reason = "it is what the test wants")]
            Act::Panic(what) => panic!("{what}"),
            Act::Block => self.script.block(),
            Act::TakeAfter(delay) => tokio::time::sleep(delay).await,
            Act::Hang => std::future::pending().await,
        }
        let is_refused = |offset: QueueOffset| refused.iter().any(|record| record.offset == offset);
        let bodies = batch.records().iter().filter(|record| !is_refused(record.offset()));
        lock(&self.script.taken).push(Taken {
            task: self.number,
            queue: (*batch.id().queue).clone(),
            first: batch.id().first.get(),
            next: batch.id().next.get(),
            generation: batch.id().generation,
            gone_below: batch.gone_below().get(),
            bodies: bodies.map(|record| self.script.remembered(record)).collect(),
        });
        if refused.is_empty() { Ok(()) } else { Err(SinkError::Records(refused)) }
    }

    async fn close(&mut self, _: &QueueId) -> Result<(), SinkError> {
        lock(&self.script.calls).push("close");
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        lock(&self.script.calls).push("stop");
        Ok(())
    }
}

impl Drop for Task {
    #[expect(clippy::panic, reason = "it is what the test wants")]
    fn drop(&mut self) {
        let words = lock(&self.script.last_words).take();
        if let Some(words) = words {
            panic!("{words}");
        }
    }
}
