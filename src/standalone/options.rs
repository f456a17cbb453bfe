//! What a configuration file's values are called by the parts that they are for.

use remoting::{Client, ClientOptions};
use runtime::{
    config::WorkerConfig,
    plugins::Plugins,
    task::{CommitIntervals, settings::Defaults},
    worker::WorkerOptions,
};
use std::time::Duration;

const ROUTE_REFRESH: Duration = Duration::from_secs(10);

/// What the RocketMQ client needs to know.
pub(super) fn of_client(config: &WorkerConfig) -> ClientOptions {
    ClientOptions {
        name_servers: config.name_servers.clone(),
        producer_group: config.producer_group.clone(),
        connect_timeout: config.timeouts.operation,
        request_timeout: config.timeouts.operation,
        // How soon a queue that was added is read.
        route_refresh: ROUTE_REFRESH,
        ..ClientOptions::default()
    }
}

/// What the worker needs to know.
pub(super) fn of_worker(config: &WorkerConfig, client: Client, plugins: Plugins) -> WorkerOptions {
    let base = WorkerOptions::new(client, plugins);
    WorkerOptions {
        name_servers: config.name_servers.clone(),
        worker_id: config.worker_id.clone(),
        providers: config.providers.clone(),
        config_topic: config.topics.config.clone(),
        offset_topic: config.topics.offset.clone(),
        status_topic: config.topics.status.clone(),
        snapshot_interval: config.timeouts.snapshot_interval,
        defaults: Defaults {
            key_converter: config.key_converter.clone(),
            value_converter: config.value_converter.clone(),
            max_records: config.batch.max_records,
            max_bytes: config.batch.max_bytes.to_usize(),
            linger: config.batch.linger,
            ..base.defaults
        },
        worker_memory: config.worker_memory.to_usize(),
        task_memory: config.task_memory.to_usize(),
        commit: CommitIntervals { consumer_group: config.timeouts.commit_interval, ..base.commit },
        stop_timeout: config.timeouts.stop,
        ..base
    }
}
