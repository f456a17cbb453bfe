//! The keys, in the order in which the documentation shows them.

use connector_api::{ConfigDef, ConfigKey, ConfigType, Importance};

const ANY_PORT: ConfigType = ConfigType::Int { min: 1, max: 65535 };
const MILLIS: ConfigType = ConfigType::Int { min: 1, max: 86_400_000 };
const LABEL_KEEP: ConfigType = ConfigType::Int { min: 1, max: 31_536_000_000 };
const COUNT: ConfigType = ConfigType::Int { min: 1, max: i64::MAX };

const fn key(name: &'static str, default: &'static str, doc: &'static str) -> ConfigKey {
    ConfigKey::optional(name, default).doc(doc)
}

const fn minor(name: &'static str, default: &'static str, doc: &'static str) -> ConfigKey {
    key(name, default, doc).importance(Importance::Low)
}

/// Every key that the sink understands: those of the Java sink, and a few of its own.
pub(crate) fn definition() -> ConfigDef {
    accepted(forgotten(loading(target(ConfigDef::new())))).prefix(key(
        "sink.properties.",
        "",
        "Stream Load headers, such as sink.properties.strict_mode=true; timeout is 600 (seconds) unless given. \
         Unknown names are refused, and so are those that would break what the sink promises",
    ))
}

fn target(definition: ConfigDef) -> ConfigDef {
    definition
        .key(
            ConfigKey::required("doris.urls")
                .of(ConfigType::List)
                .doc("frontends: host or host:port, separated by commas; an IPv6 address stands in brackets"),
        )
        .key(key("doris.http.port", "8030", "HTTP port of frontends given without one").of(ANY_PORT))
        .key(key("doris.query.port", "9030", "MySQL port of the frontends").of(ANY_PORT))
        .key(ConfigKey::required("doris.user").doc("user with the LOAD privilege on the tables"))
        .key(
            key("doris.password", "", "the user's password")
                .of(ConfigType::Password)
                .importance(Importance::High),
        )
        .key(ConfigKey::required("doris.database").doc("database of the tables"))
        .key(
            key(
                "doris.topic2table.map",
                "",
                "topic:table,topic2:table2; when empty, a topic is loaded into the table of its name",
            )
            .importance(Importance::High),
        )
}

fn loading(definition: ConfigDef) -> ConfigDef {
    definition
        .key(key("request.connect.timeout.ms", "30000", "longest time to connect, in milliseconds").of(MILLIS))
        .key(
            key("request.read.timeout.ms", "30000", "longest time without any progress, in milliseconds").of(MILLIS),
        )
        .key(minor("max.retries", "0", "how often the sink repeats a load by itself before the host does, and shows the cause in the task's status").of(
            ConfigType::Int { min: 0, max: 1000 },
        ))
        .key(
            minor("retry.interval.ms", "500", "delay before the first repetition, in milliseconds; later ones double")
                .of(MILLIS),
        )
        .key(minor(
            "doris.redirect.hosts",
            "",
            "hosts that a frontend's redirect may lead to, as the credentials go there: host, host:port or *.suffix, \
             separated by commas; any host when empty",
        )
        .of(ConfigType::List))
        .key(minor(
            "doris.benodes",
            "",
            "backends (host:port, separated by commas) that loads go to straight away, for when frontends name \
             addresses that cannot be reached from here",
        )
        .of(ConfigType::List))
        .key(minor("doris.record.max.bytes", "104857600", "longest record as JSON, in bytes; longer ones are refused").of(
            COUNT,
        ))
        .key(
            minor("behavior.on.null.values", "fail", "records without a value: fail refuses them, ignore leaves them out")
                .of(ConfigType::OneOf(&["fail", "ignore"])),
        )
}

fn forgotten(definition: ConfigDef) -> ConfigDef {
    definition
        .key(
            minor(
                "doris.label.keep.ms",
                "21600000",
                "how long Doris surely remembers the label of a finished load, in milliseconds: the shorter of its \
                 streaming_label_keep_max_second and the time in which label_num_threshold loads of the database finish",
            )
            .of(LABEL_KEEP),
        )
        .key(
            minor(
                "exactly.once.expired",
                "fail",
                "batches older than doris.label.keep.ms whose label Doris does not know, so that nobody can tell whether \
                 they are loaded: fail stops the task, reload loads them, perhaps once more",
            )
            .of(ConfigType::OneOf(&["fail", "reload"])),
        )
}

/// Keys of the Java sinks that have one right value here, or none that matters.
fn accepted(definition: ConfigDef) -> ConfigDef {
    definition
        .key(minor("load.model", "stream_load", "stream_load"))
        .key(minor("auto.redirect", "true", "false needs doris.benodes").of(ConfigType::Boolean))
        .key(
            minor(
                "delivery.guarantee",
                "exactly_once",
                "each batch is loaded exactly once, by its label, either way",
            )
            .of(ConfigType::OneOf(&["at_least_once", "exactly_once"])),
        )
        .key(minor("enable.2pc", "false", "false").of(ConfigType::Boolean))
        .key(minor("enable.delete", "false", "false").of(ConfigType::Boolean))
        .key(minor("enable.combine.flush", "false", "false").of(ConfigType::Boolean))
        .key(minor("converter.mode", "normal", "normal"))
        .key(minor("debezium.schema.evolution", "none", "none"))
        .key(minor("record.tablename.field", "", "empty"))
        .key(minor("doris.custom.cluster", "false", "false").of(ConfigType::Boolean))
        .key(minor("buffer.count.records", "10000", "read by the host as batch.max.records").of(COUNT))
        .key(minor("buffer.size.bytes", "5000000", "read by the host as batch.max.bytes").of(COUNT))
        .key(minor("buffer.flush.time", "120", "read by the host as batch.linger.ms, in seconds").of(COUNT))
        .key(minor("label.prefix", "", "accepted and not used: a label is made of the batch's identity"))
        .key(minor(
            "database.time_zone",
            "UTC",
            "accepted and not used: sink.properties.timezone is what Doris reads",
        ))
        .key(minor("jmx", "true", "accepted and not used").of(ConfigType::Boolean))
}
