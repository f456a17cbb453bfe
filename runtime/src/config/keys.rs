//! The table of a worker's keys.

/// One key of the configuration file.
#[derive(Debug, Clone, Copy)]
pub struct WorkerKey {
    /// Its name.
    pub name: &'static str,
    /// The value when none is given; empty when there is none.
    pub default: &'static str,
    /// What it does, or why nothing.
    pub effect: Effect,
}

/// What a key does.
#[derive(Debug, Clone, Copy)]
pub enum Effect {
    /// What it sets.
    Sets(&'static str),
    /// It configures a Java worker and is accepted so that its file can be used; why it means nothing here.
    Nothing(&'static str),
}

/// All keys: first those of RocketMQ Connect, then our own, then those that mean nothing here.
pub fn keys() -> &'static [WorkerKey] {
    KEYS
}

/// The key called `name`.
pub(super) fn find(name: &str) -> Option<&'static WorkerKey> {
    KEYS.iter().find(|key| key.name == name)
}

/// The key that `name` was probably meant to be.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let likeness = |key: &WorkerKey| strsim::normalized_damerau_levenshtein(&lower, &key.name.to_lowercase());
    KEYS.iter()
        .map(|key| (likeness(key), key.name))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

const fn sets(name: &'static str, default: &'static str, what: &'static str) -> WorkerKey {
    WorkerKey { name, default, effect: Effect::Sets(what) }
}

const fn nothing(name: &'static str, why: &'static str) -> WorkerKey {
    WorkerKey { name, default: "", effect: Effect::Nothing(why) }
}

const NO_CLUSTER: &str = "each worker runs alone, there are no clusters yet";
const UNUSED: &str = "a Java worker does not use it either";
const NO_SOURCES: &str = "it concerns source connectors, which this worker does not run";
const NO_FILES: &str = "all state lives in internal topics, no files are written";
const NO_SERVICES: &str = "state lives in internal topics in both modes, there is one implementation";
const OWN_CONSUMER: &str = "queues are read by offset, without the Java consumer it configures";

const KEYS: &[WorkerKey] = &[
    sets("workerId", "DefaultWorker", "the worker's name, shown in statuses; unique in a cluster"),
    sets(
        "namesrvAddr",
        "",
        "name servers, host:port;host:port; NAMESRV_ADDR of the environment when not given",
    ),
    sets("httpPort", "8082", "TCP port of the REST interface, 0 for a free one"),
    sets("aclEnable", "false", "whether requests to brokers are signed"),
    sets("accessKey", "", "the name that requests are signed with"),
    sets("secretKey", "", "the secret that requests are signed with, never shown"),
    sets("keyConverter", STRING_CONVERTER, "class that reads keys when a connector names none"),
    sets("valueConverter", STRING_CONVERTER, "class that reads bodies when a connector names none"),
    sets("operationTimeout", "3000", "how long one request to a broker may take, in ms"),
    sets("configStoreTopic", "connector-config-topic", "internal topic of configurations and target states"),
    sets("offsetStoreTopic", "connector-offset-topic", "internal topic of claims, intents and sink offsets"),
    sets("connectStatusTopic", "connector-status-topic", "internal topic of statuses"),
    sets("rmqProducerGroup", "connector-producer-group", "producer group of the worker's own messages"),
    sets("maxStopTimeoutMills", "60000", "how long a task may take to stop, in ms"),
    sets("offsetCommitIntervalMsConfig", "5000", "how often offsets are committed to the broker, in ms"),
    sets("httpHost", "127.0.0.1", "address of the REST interface; 0.0.0.0 for all addresses of the machine"),
    sets(
        "rest.body.max.bytes",
        "1000000",
        "most bytes of a request's body; a larger one is refused with 413",
    ),
    sets("rest.connections.max", "256", "most REST connections at a time; one more is refused with 503"),
    sets("rest.requests.max", "64", "most REST requests at a time; one more is refused with 503"),
    sets(
        "rest.read.timeout.ms",
        "30000",
        "how long a request's head or body may take to arrive, and its answer to be taken, in ms",
    ),
    sets("rest.request.timeout.ms", "60000", "how long one REST request may take, in ms"),
    sets(
        "rest.legacy.mutations",
        "true",
        "whether GET may create, delete, pause and resume connectors, as in RocketMQ Connect",
    ),
    sets(
        "rest.auth.file",
        "",
        "file of the users and tokens that may use REST; anybody may when none is given",
    ),
    sets("rest.auth.plain.secrets", "false", "whether secrets may stand in that file as they are"),
    sets("rest.auth.open", "", "what anybody may see all the same: health, metrics, separated by commas"),
    sets("worker.memory.bytes", "32MiB", "memory for records of all tasks together"),
    sets("task.memory.bytes", "16MiB", "memory for records of one task, fetched and not yet acknowledged"),
    sets("batch.max.records", "10000", "most records in one batch; a connector may set its own"),
    sets("batch.max.bytes", "4MiB", "most bytes of bodies in one batch; a connector may set its own"),
    sets(
        "batch.linger.ms",
        "0",
        "how long a batch waits for more once the sink is free; a connector may set its own",
    ),
    sets(
        "internal.topic.snapshot.interval.ms",
        "21600000",
        "how old a live record of an internal topic may get before it is published again, in ms",
    ),
    sets("shutdown.timeout.ms", "30000", "how long ending may take before tasks are given up, in ms"),
    sets(
        "config.providers",
        "",
        "what values of connectors may refer to: file, dir, env, separated by commas",
    ),
    sets(
        "config.providers.allowed.paths",
        "",
        "directories that such values may be read from, separated by ;, any when none is given",
    ),
    nothing("pluginPaths", "connectors are part of the binary, none are loaded from files yet"),
    nothing("connectClusterId", NO_CLUSTER),
    nothing("clusterStoreTopic", NO_CLUSTER),
    nothing("adminExtGroup", "administrative requests need no client group"),
    nothing("maxStartTimeoutMills", "a task that cannot start says so at once and is started again"),
    nothing("offsetCommitTimeoutMsConfig", "operationTimeout bounds each request"),
    nothing("clusterName", UNUSED),
    nothing("autoCreateGroupEnable", UNUSED),
    nothing("autoCreateTopicEnable", NO_SOURCES),
    nothing("storePathRootDir", NO_FILES),
    nothing("maxMessageSize", UNUSED),
    nothing("positionStoreTopic", NO_SOURCES),
    nothing("configPersistInterval", NO_FILES),
    nothing("positionPersistInterval", NO_FILES),
    nothing("offsetPersistInterval", NO_FILES),
    nothing("statePersistInterval", NO_FILES),
    nothing("allocTaskStrategy", "tasks are placed by one strategy that moves as few of them as possible"),
    nothing("rmqConsumerGroup", "each connector has a consumer group of its own"),
    nothing("rmqMaxRedeliveryTimes", OWN_CONSUMER),
    nothing("rmqMessageConsumeTimeout", OWN_CONSUMER),
    nothing("rmqMaxConsumeThreadNums", OWN_CONSUMER),
    nothing("rmqMinConsumeThreadNums", OWN_CONSUMER),
    nothing("brokerSuspendMaxTimeMillis", OWN_CONSUMER),
    nothing("openLogMetricReporter", "metrics are not written to the log"),
    nothing("metricsConfigPath", "Java metrics reporters cannot be loaded"),
    nothing("clusterManagementService", NO_SERVICES),
    nothing("configManagementService", NO_SERVICES),
    nothing("positionManagementService", NO_SERVICES),
    nothing("stateManagementService", NO_SERVICES),
];

const STRING_CONVERTER: &str = "org.apache.rocketmq.connect.runtime.converter.record.StringConverter";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(nearest(name), expected);
    }

    #[test]
    fn a_misspelt_key_is_recognised() {
        check("htpPort", Some("httpPort"));
        check("httpport", Some("httpPort"));
        check("namesrvAdr", Some("namesrvAddr"));
        check("nameServerAddr", Some("namesrvAddr"));
        check("worker.memory", Some("worker.memory.bytes"));
        check("offsetCommitIntervalMs", Some("offsetCommitIntervalMsConfig"));
        check("qqq", None);
    }

    #[test]
    fn every_key_is_documented_with_its_default() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/compatibility.md");
        let page = std::fs::read_to_string(page).unwrap();
        for key in KEYS {
            let described = |line: &str| {
                let name = format!("`{}`", key.name);
                line.contains(&name)
                    && (key.default.is_empty() || line.contains(&format!("`{}`", key.default)))
            };
            assert!(page.lines().any(described), "{} with default {:?}", key.name, key.default);
        }
    }

    #[test]
    fn no_key_stands_twice() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(KEYS[..index].iter().all(|other| other.name != key.name), "{}", key.name);
        }
    }
}
