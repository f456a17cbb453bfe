//! The broker: what all connections share.

mod config;
mod group;
mod kv;
mod lock;
mod membership;
mod offset;
mod pull;
mod route;
mod send;
mod stats;
mod topics;

use std::net::SocketAddr;

use crate::{
    Error, Options,
    store::{Store, StoreOptions},
    topic,
};

pub(crate) use self::{config::Settings, lock::QueueLocks, membership::Members};

/// Everything a request may need.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) options: Options,
    /// The address routes and message ids carry.
    pub(crate) address: SocketAddr,
    pub(crate) store: Store,
    pub(crate) members: Members,
    pub(crate) locks: QueueLocks,
    pub(crate) settings: Settings,
    /// When this broker started, milliseconds since the epoch.
    pub(crate) started_ms: i64,
}

impl Broker {
    /// Opens the store and is ready to answer at `address`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn open(options: Options, address: SocketAddr) -> Result<Self, Error> {
        let store_options = StoreOptions {
            initial_topics: topic::initial_topics(options.default_topic_queues).to_vec(),
            retention: options.retention,
        };
        let store = Store::open(&options.data, &store_options)?;
        let settings = Settings::new(&options, &store.catalog().settings);
        let members = Members::new(options.client_expiry);
        Ok(Self {
            options,
            address,
            store,
            members,
            locks: QueueLocks::default(),
            settings,
            started_ms: send::now_ms(),
        })
    }
}

/// What each request code is answered by. See [`crate::dispatch`].
pub(crate) mod requests {
    pub(crate) use super::{
        config::{get_config, runtime_info, update_config},
        group::{
            check_client_config, consumer_connections, consumer_list, delete_group, group_config, groups,
            heartbeat, producer_connections, put_group, unregister,
        },
        kv::{delete_kv, get_kv, kv_list, put_kv},
        lock::{lock, unlock},
        offset::{commit_offset, earliest_store_time, max_offset, min_offset, query_offset, search_offset},
        pull::pull,
        route::{cluster, namesrv_config, route, topic_list, topics_of_cluster},
        send::{send, send_batch},
        stats::{consume_stats, groups_of_topic, topic_stats, topics_of_group},
        topics::{
            all_topic_configs, delete_topic, delete_topic_route, put_topic, system_topics, topic_config,
        },
    };
}
