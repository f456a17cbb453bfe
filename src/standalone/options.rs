//! What a configuration file's values are called by the parts that they are for.

use anyhow::Context;
use remoting::{Client, ClientOptions};
use runtime::{
    config::{RestServer, WorkerConfig},
    plugins::Plugins,
    rest::{Auth, RestOptions},
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

/// What the REST server needs to know. Reads the files that it is told of.
///
/// # Errors
/// What is wrong with one of them.
pub(super) fn of_rest(config: &WorkerConfig) -> anyhow::Result<RestOptions> {
    let RestServer { limits, legacy_mutations, auth } = &config.rest_server;
    let accounts = auth.file.clone().map(|file| Auth::read(file, auth.plain)).transpose();
    Ok(RestOptions {
        max_body_bytes: limits.body.get(),
        max_connections: limits.connections,
        max_requests: limits.requests,
        read_timeout: limits.read_timeout,
        request_timeout: limits.request_timeout,
        legacy_mutations: *legacy_mutations,
        auth: accounts.context("rest.auth.file")?,
        open: auth.open.clone(),
        ..RestOptions::default()
    })
}

/// Says at the start what others could do or read.
pub(super) fn warn_of_exposure(config: &WorkerConfig) {
    let address = config.rest.host;
    if !address.is_loopback() && config.rest_server.auth.file.is_none() {
        tracing::warn!(%address, "REST is open to other machines, and anybody may change connectors: set rest.auth.file");
    }
}
