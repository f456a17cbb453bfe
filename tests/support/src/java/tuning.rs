//! How a RocketMQ is set up for tests.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Settings on top of those that make a broker start in a few seconds on an empty store.
///
/// ```
/// # use test_support::java::Tuning;
/// let tuning = Tuning::default().broker("autoCreateTopicEnable", "false").with_proxy();
/// ```
#[derive(Debug, Clone, Default)]
pub struct Tuning {
    pub(crate) broker: BTreeMap<String, String>,
    pub(crate) broker_flags: Vec<String>,
    pub(crate) proxy: bool,
    pub(crate) advertised: Option<Ipv4Addr>,
}

impl Tuning {
    /// Sets a key of `broker.conf`.
    #[must_use]
    pub fn broker(mut self, key: &str, value: &str) -> Self {
        self.broker.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Adds a flag to the broker's JVM, such as `-Drocketmq.serialize.type=ROCKETMQ`.
    #[must_use]
    pub fn broker_flag(mut self, flag: &str) -> Self {
        self.broker_flags.push(flag.to_owned());
        self
    }

    /// The broker tells clients to connect to its port at this address, another one of loopback, where something stands in
    /// between; it listens on 127.0.0.1 all the same.
    #[must_use]
    pub fn advertised_at(mut self, address: Ipv4Addr) -> Self {
        self.advertised = Some(address);
        self
    }

    /// Also starts a proxy (5.x) in cluster mode. Clients use its remoting port as name server and broker.
    #[must_use]
    pub fn with_proxy(mut self) -> Self {
        self.proxy = true;
        self
    }
}

/// `broker.conf`: small files, no busy background loops, no refusal on a disk that others fill.
pub(crate) fn broker_settings(
    tuning: &Tuning,
    name_server: &str,
    broker_port: u16,
    store: &std::path::Path,
) -> BTreeMap<String, String> {
    let store = store.display();
    let fixed = [
        ("brokerClusterName", "test-cluster".to_owned()),
        ("brokerName", "broker-a".to_owned()),
        ("brokerId", "0".to_owned()),
        ("brokerIP1", tuning.advertised.unwrap_or(Ipv4Addr::LOCALHOST).to_string()),
        ("bindAddress", "127.0.0.1".to_owned()),
        ("listenPort", broker_port.to_string()),
        ("haListenPort", (broker_port + 1).to_string()),
        ("namesrvAddr", name_server.to_owned()),
        ("storePathRootDir", store.to_string()),
        ("storePathCommitLog", format!("{store}/commitlog")),
        ("mappedFileSizeCommitLog", (16 * 1024 * 1024).to_string()),
        ("mappedFileSizeConsumeQueue", "600000".to_owned()),
        ("maxIndexNum", "10000".to_owned()),
        ("maxHashSlotNum", "2500".to_owned()),
        ("flushDiskType", "ASYNC_FLUSH".to_owned()),
        ("autoCreateTopicEnable", "true".to_owned()),
        ("diskMaxUsedSpaceRatio", "95".to_owned()),
        // Without these two a 5.x broker keeps a core busy while idle.
        ("transactionMetricFlushInterval", "100".to_owned()),
        ("timerFlushIntervalMs", "60000".to_owned()),
    ];
    let mut settings: BTreeMap<String, String> = fixed.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    settings.extend(tuning.broker.clone());
    settings
}
