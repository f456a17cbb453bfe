//! The keys, in the order in which the documentation shows them.

use super::connection;
use crate::catalog::SchemaPolicy;
use connector_api::{ConfigDef, ConfigKey, ConfigType, Importance};

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
    accepted(SchemaPolicy::define(forgotten(loading(target(ConfigDef::new()))))).prefix(key(
        "sink.properties.",
        "",
        "Stream Load headers, such as sink.properties.columns; unless given timeout is 600 (seconds), and strict_mode true, so that no value is \
         silently left out. \
         Unknown names are refused, and so are those that would break what the sink promises",
    ))
}

fn target(definition: ConfigDef) -> ConfigDef {
    connection::servers(definition)
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
        .key(minor(
            "doris.topic2table.regex",
            "",
            "pattern for whole names of topics that the map leaves out, such as shop_(.*)",
        ))
        .key(minor(
            "doris.topic2table.replacement",
            "",
            "the table of such a topic, with the groups of the pattern, such as ods_$1",
        ))
        .key(minor(
            "record.tablename.field",
            "",
            "top-level field of the value that names a record's table; a record without it goes where the map has its topic",
        ))
        .key(minor("record.tablename.property", "", "message property that names a record's table, as above"))
        .key(
            minor("record.tablename.key", "false", "whether the key names a record's table, as above")
                .of(ConfigType::Boolean),
        )
        .key(minor(
            "doris.check.tables",
            "true",
            "whether the tables are looked at on doris.query.port when the connector is created or changed, and a configuration \
             that does not fit them is refused; a Doris that does not answer stands against nothing",
        )
        .of(ConfigType::Boolean))
}

fn loading(definition: ConfigDef) -> ConfigDef {
    connection::trust(definition)
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
        .key(
            minor(
                "doris.max.loads",
                "32",
                "most loads at a time into the cluster, of all tasks of the worker that have the same doris.urls and the same \
                 limit; a backend takes fewer than 128",
            )
            .of(ConfigType::Int { min: 1, max: 1024 }),
        )
        .key(minor("doris.record.max.bytes", "104857600", "longest record as JSON, in bytes; longer ones are refused").of(
            COUNT,
        ))
        .key(
            minor(
                "behavior.on.null.values",
                "fail",
                "records without a value: fail refuses them, ignore leaves them out, delete deletes the row with their key (needs \
                 enable.delete=true)",
            )
            .of(ConfigType::OneOf(&["fail", "ignore", "delete"])),
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
                "each batch is loaded exactly once, by its label, either way; at_least_once allows \
                 sink.properties.group_commit, whose loads have no label",
            )
            .of(ConfigType::OneOf(&["at_least_once", "exactly_once"])),
        )
        .key(
            minor(
                "enable.2pc",
                "false",
                "true loads in two phases, so that nothing of a batch is visible before Doris has all of it, also when it goes to \
                 several tables; batches are loaded exactly once either way",
            )
            .of(ConfigType::Boolean),
        )
        .key(
            minor(
                "enable.delete",
                "false",
                "true lets records delete rows of unique-key tables: tombstones, delete events, and rows with the field of \
                 record.delete.field or __DORIS_DELETE_SIGN__ set",
            )
            .of(ConfigType::Boolean),
        )
        .key(minor(
            "record.delete.field",
            "",
            "field of a row that says with true, 1 or d that the row is to be deleted (needs enable.delete=true)",
        ))
        .key(minor(
            "record.key.column",
            "",
            "key column that a record's key is of when it is no JSON object, for deletes by tombstones",
        ))
        .key(minor("enable.combine.flush", "false", "false").of(ConfigType::Boolean))
        .key(
            minor(
                "converter.mode",
                "normal",
                "what records are: normal for rows; debezium_ingestion (or debezium) for Debezium's change events, with or without \
                 a schema, and rows flattened of them; canal for Canal's flat messages",
            )
            .of(ConfigType::OneOf(&["normal", "debezium_ingestion", "debezium", "canal"])),
        )
        .key(minor("doris.custom.cluster", "false", "false").of(ConfigType::Boolean))
        .key(minor("buffer.count.records", "10000", "read by the host as batch.max.records").of(COUNT))
        .key(minor("buffer.size.bytes", "5000000", "read by the host as batch.max.bytes").of(COUNT))
        .key(minor("buffer.flush.time", "120", "read by the host as batch.linger.ms, in seconds").of(COUNT))
        .key(minor("label.prefix", "", "accepted and not used: a label is made of the batch's identity"))
        .key(minor(
            "database.time_zone",
            "",
            "the zone in which Doris shows moments (texts with a zone, and timestamps of Connect), such as Asia/Shanghai; without it timestamps \
             are written as a clock in UTC shows them, and texts with a zone turned into the zone of Doris",
        ))
        .key(minor("jmx", "true", "accepted and not used").of(ConfigType::Boolean))
}
