//! What a worker needs to know to start.

use crate::{
    plugins::Plugins,
    references::Providers,
    task::{
        CommitIntervals,
        settings::{Defaults, RestartPolicy},
    },
};
use remoting::Client;
use std::time::Duration;

/// What a worker needs to know to start.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// RocketMQ.
    pub client: Client,
    /// The name servers that `client` asks, for messages to operators (`namesrvAddr`).
    pub name_servers: Vec<String>,
    /// The worker's name (`workerId`).
    pub worker_id: String,
    /// The classes that connectors can have.
    pub plugins: Plugins,
    /// What values of connectors may refer to.
    pub providers: Providers,
    /// Topic of configurations (`configStoreTopic`).
    pub config_topic: String,
    /// Topic of positions (`offsetStoreTopic`).
    pub offset_topic: String,
    /// Topic of statuses (`connectStatusTopic`).
    pub status_topic: String,
    /// How old a live record of an internal topic may get before it is published again, so that its broker does not drop it
    /// (`internal.topic.snapshot.interval.ms`).
    pub snapshot_interval: Duration,
    /// Where a connector's configuration says nothing.
    pub defaults: Defaults,
    /// Memory for messages of all tasks together, in bytes (`worker.memory.bytes`).
    pub worker_memory: usize,
    /// Memory for messages of one task, in bytes (`task.memory.bytes`).
    pub task_memory: usize,
    /// How often offsets are committed.
    pub commit: CommitIntervals,
    /// How long a task may take to finish what is in flight when it is stopped (`maxStopTimeoutMills`).
    pub stop_timeout: Duration,
    /// How often name servers are asked whether topics have new queues.
    pub route_interval: Duration,
    /// How long a connector's class may take to say whether a configuration is right.
    pub class_timeout: Duration,
    /// How long the target of a connector may take to say whether a configuration fits it. An operator waits for it.
    pub target_timeout: Duration,
}

impl WorkerOptions {
    /// The defaults of a Java worker, where it has them.
    pub fn new(client: Client, plugins: Plugins) -> Self {
        let converter = "org.apache.rocketmq.connect.runtime.converter.record.StringConverter";
        Self {
            client,
            name_servers: Vec::new(),
            worker_id: "DefaultWorker".to_owned(),
            plugins,
            providers: Providers::default(),
            config_topic: "connector-config-topic".to_owned(),
            offset_topic: "connector-offset-topic".to_owned(),
            status_topic: "connector-status-topic".to_owned(),
            snapshot_interval: Duration::from_secs(6 * 3600),
            defaults: Defaults {
                key_converter: converter.to_owned(),
                value_converter: converter.to_owned(),
                max_records: 10_000,
                max_bytes: 4 * 1024 * 1024,
                linger: Duration::ZERO,
                restart: RestartPolicy::default(),
            },
            worker_memory: 32 * 1024 * 1024,
            task_memory: 16 * 1024 * 1024,
            commit: CommitIntervals {
                offset_topic: Duration::from_millis(200),
                consumer_group: Duration::from_secs(5),
            },
            stop_timeout: Duration::from_secs(60),
            route_interval: Duration::from_secs(10),
            class_timeout: Duration::from_secs(10),
            target_timeout: Duration::from_secs(5),
        }
    }
}
