//! Opening the store: the engine's settings, and the catalog and queue bounds from what is on disk.

use std::{path::Path, sync::Arc};

use fjall::{
    Database, Guard, Keyspace, KeyspaceCreateOptions, KvSeparationOptions,
    config::{BlockSizePolicy, FilterPolicy},
};

use super::{
    Place, Shared, StoreOptions, Topic,
    catalog::Catalog,
    data_dir::DataDir,
    keys::{self, Kind},
    queue::Bounds,
    stored, write_table,
    writer::{Recovered, TopicRecord},
};
use crate::StoreError;

const MESSAGES: &str = "messages";
const RECORDS: &str = "records";
/// Read through the page cache anyway; the engine's own cache stays small.
const CACHE_BYTES: u64 = 2 * 1024 * 1024;
/// What is in memory before it is written out. The writer waits when too many of these are (`writer::UNWRITTEN_BYTES`).
const MESSAGES_MEMTABLE_BYTES: u64 = 4 * 1024 * 1024;
const RECORDS_MEMTABLE_BYTES: u64 = 1024 * 1024;
const JOURNAL_BYTES: u64 = 64 * 1024 * 1024;
/// Runs at least this large are written once, to files of their own, and never moved while they live.
const SEPARATE_FROM_BYTES: u32 = 512;

pub(super) fn open(dir: &Path, options: &StoreOptions) -> Result<(Shared, Recovered), StoreError> {
    let dir = DataDir::lock(dir)?;
    let engine = Database::builder(dir.store())
        .cache_size(CACHE_BYTES)
        .max_journaling_size(JOURNAL_BYTES)
        .max_cached_files(Some(64))
        .worker_threads(2)
        .open()
        .map_err(|error| refused(&dir, error))?;
    for name in [MESSAGES, RECORDS] {
        // The engine makes what is missing; in a store that was whole, missing means lost.
        if dir.existing && !engine.keyspace_exists(name) {
            return Err(dir.damaged(format!("keyspace {name:?} is missing")));
        }
    }
    let messages = engine.keyspace(MESSAGES, message_options)?;
    let records = engine
        .keyspace(RECORDS, || KeyspaceCreateOptions::default().max_memtable_size(RECORDS_MEMTABLE_BYTES))?;
    if dir.existing {
        if records.get(keys::IDENTITY)?.is_none() {
            return Err(dir.damaged("its identity record is missing"));
        }
    } else {
        create(&engine, &records, options)?;
        dir.mark_ready()?;
    }
    let (catalog, recovered) = recover(&dir, &messages, &records)?;
    let shared = Shared { engine, messages, records, catalog: catalog.into(), _dir: dir };
    Ok((shared, recovered))
}

fn refused(dir: &DataDir, error: fjall::Error) -> StoreError {
    match error {
        fjall::Error::Io(source) => dir.damaged(format!("the engine cannot read it: {source}")),
        fjall::Error::Locked => dir.damaged("the engine's lock is held although the directory's is free"),
        other => dir.damaged(format!("the engine refuses it: {other}")),
    }
}

fn message_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(MESSAGES_MEMTABLE_BYTES)
        .data_block_size_policy(BlockSizePolicy::all(16 * 1024))
        // Runs are found by seeking, which filters cannot help.
        .filter_policy(FilterPolicy::disabled())
        .with_kv_separation(Some(KvSeparationOptions::default().separation_threshold(SEPARATE_FROM_BYTES)))
}

/// The first records, in the engine's tables before the directory counts as a store.
fn create(engine: &Database, records: &Keyspace, options: &StoreOptions) -> Result<(), StoreError> {
    let mut batch = engine.batch();
    let mut next_topic = 1u32;
    for config in &options.initial_topics {
        let record = TopicRecord { id: next_topic, config: config.clone() };
        let record =
            serde_json::to_vec(&record).map_err(|error| StoreError::Record { reason: error.to_string() })?;
        batch.insert(records, Kind::Topic.key(config.topic_name.as_bytes()), record);
        next_topic += 1;
    }
    batch.insert(records, keys::NEXT_TOPIC, next_topic.to_be_bytes());
    batch.insert(records, keys::IDENTITY, "rocketmq-connect dev-broker");
    batch.commit()?;
    write_table(records, || false)
}

fn recover(
    dir: &DataDir,
    messages: &Keyspace,
    records: &Keyspace,
) -> Result<(Catalog, Recovered), StoreError> {
    let mut catalog = Catalog::default();
    let next_topic = records
        .get(keys::NEXT_TOPIC)?
        .and_then(|id| id.as_ref().try_into().ok().map(u32::from_be_bytes))
        .ok_or_else(|| dir.damaged("the next topic id is missing"))?;
    let mut recovered = Recovered { next_topic, ..Recovered::default() };
    each(records, Kind::Topic, |_, value| {
        let record: TopicRecord = serde_json::from_slice(value).ok()?;
        let name = record.config.topic_name.clone();
        catalog.topics.insert(name, Arc::new(Topic::new(record.id, record.config)));
        Some(())
    })
    .map_err(|bad| bad.named(dir, "topic"))?;
    each(records, Kind::Group, |_, value| {
        let config: crate::topic::GroupConfig = serde_json::from_slice(value).ok()?;
        catalog.groups.insert(config.group_name.clone(), Arc::new(config));
        Some(())
    })
    .map_err(|bad| bad.named(dir, "consumer group"))?;
    each(records, Kind::Offset, |key, value| {
        let (group, topic, queue) = keys::parse_offset(key)?;
        catalog.set_offset(group, topic, queue, i64::from_be_bytes(value.try_into().ok()?));
        Some(())
    })
    .map_err(|bad| bad.named(dir, "offset"))?;
    each(records, Kind::Setting, |key, value| {
        catalog.settings.insert(text(key)?, text(value)?);
        Some(())
    })
    .map_err(|bad| bad.named(dir, "setting"))?;
    each(records, Kind::Kv, |key, value| {
        let key = text(key)?;
        let (namespace, key) = key.split_once('\0')?;
        catalog.kv.insert((namespace.to_owned(), key.to_owned()), text(value)?);
        Some(())
    })
    .map_err(|bad| bad.named(dir, "name server value"))?;
    recover_queues(dir, messages, records, &catalog, &mut recovered)?;
    Ok((catalog, recovered))
}

/// Bounds of every queue that has, or had, messages.
fn recover_queues(
    dir: &DataDir,
    messages: &Keyspace,
    records: &Keyspace,
    catalog: &Catalog,
    recovered: &mut Recovered,
) -> Result<(), StoreError> {
    let mut trims = std::collections::BTreeMap::new();
    each(records, Kind::Trim, |key, value| {
        trims.insert(keys::parse_trim(key)?, u64::from_be_bytes(value.try_into().ok()?));
        Some(())
    })
    .map_err(|bad| bad.named(dir, "trim"))?;
    for topic in catalog.topics.values() {
        let mut from = Place { topic: topic.id, queue: 0 };
        while let Some((place, max)) = next_queue(dir, messages, from, recovered)? {
            let min = trims.remove(&place).unwrap_or(0);
            topic.recover(place.queue, Bounds { min, max: max.max(min) });
            let Some(queue) = place.queue.checked_add(1) else { break };
            from.queue = queue;
        }
    }
    for topic in catalog.topics.values() {
        // What is left was trimmed to its end.
        let emptied =
            trims.range(Place { topic: topic.id, queue: 0 }..=Place { topic: topic.id, queue: u32::MAX });
        for (place, min) in emptied {
            topic.recover(place.queue, Bounds { min: *min, max: *min });
        }
    }
    Ok(())
}

/// The first queue of the topic at or behind `from` that has messages, with its end.
fn next_queue(
    dir: &DataDir,
    messages: &Keyspace,
    from: Place,
    recovered: &mut Recovered,
) -> Result<Option<(Place, u64)>, StoreError> {
    let end = keys::run(Place { topic: from.topic, queue: u32::MAX }, u64::MAX);
    let Some(first) = messages.range(keys::run(from, 0)..=end).next() else { return Ok(None) };
    let bad_key = || dir.damaged("a message key is not one of ours");
    let (place, _) = keys::parse_run(&first.key()?).ok_or_else(bad_key)?;
    let Some(last) = messages.range(keys::run(place, 0)..=keys::run(place, u64::MAX)).next_back() else {
        return Ok(None);
    };
    let (key, run) = last.into_inner()?;
    let (_, last_offset) = keys::parse_run(&key).ok_or_else(bad_key)?;
    let message = stored::messages(&run).last().filter(|message| message.queue_offset() == last_offset);
    let Some(message) = message else {
        return Err(
            dir.damaged(format!("the messages before offset {} of a queue are torn", last_offset + 1))
        );
    };
    recovered.physical_end = recovered.physical_end.max(message.physical_end());
    recovered.stored_ms = recovered.stored_ms.max(message.stored_ms());
    Ok(Some((place, last_offset + 1)))
}

/// Why the records of one kind could not be read.
enum BadRecord {
    Unreadable(Vec<u8>),
    Engine(fjall::Error),
}

impl BadRecord {
    fn named(self, dir: &DataDir, kind: &str) -> StoreError {
        match self {
            Self::Unreadable(key) => {
                dir.damaged(format!("the {kind} record {:?} is not readable", String::from_utf8_lossy(&key)))
            }
            Self::Engine(error) => error.into(),
        }
    }
}

/// Calls `take` with key (without prefix) and value of every record of a kind; `None` means it cannot be read.
fn each(
    records: &Keyspace,
    kind: Kind,
    mut take: impl FnMut(&[u8], &[u8]) -> Option<()>,
) -> Result<(), BadRecord> {
    for record in records.prefix(kind.prefix()) {
        let (key, value) = Guard::into_inner(record).map_err(BadRecord::Engine)?;
        let rest = key.get(kind.prefix().len()..).unwrap_or_default();
        take(rest, &value).ok_or_else(|| BadRecord::Unreadable(rest.to_vec()))?;
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}
