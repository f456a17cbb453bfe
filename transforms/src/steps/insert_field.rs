//! `InsertField`: where a record stands, or a fixed text, as a field.

use super::{KAFKA, Kind, Scope, class::NULL_WITH_DEFAULT};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    object::Slot,
    options::Options,
    record::OpenRecord,
    schemas::{self, Logical},
    topic::ByTopic,
};
use connector_api::{ConfigError, ConfigErrors, ConfigKey, FieldType, SchemaRef, Text, Value};

const TOPIC: &str = "topic.field";
const PARTITION: &str = "partition.field";
const OFFSET: &str = "offset.field";
const TIMESTAMP: &str = "timestamp.field";
const STATIC: &str = "static.field";
const STATIC_VALUE: &str = "static.value";

pub(super) const KIND: Kind = Kind {
    name: "InsertField",
    packages: &[KAFKA],
    doc: "adds topic, queue, offset, time or a fixed text as fields",
    keys: &[
        ConfigKey::optional(TOPIC, "")
            .doc("field for the topic; `!` behind a name makes its schema require it, `?` does not"),
        ConfigKey::optional(PARTITION, "").doc("field for the number of the queue"),
        ConfigKey::optional(OFFSET, "").doc("field for the offset in the queue"),
        ConfigKey::optional(TIMESTAMP, "").doc("field for the record's time, in milliseconds since 1970 UTC"),
        ConfigKey::optional(STATIC, "").doc("field for the fixed text"),
        ConfigKey::optional(STATIC_VALUE, "").doc("the fixed text"),
        NULL_WITH_DEFAULT,
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct InsertField {
    side: Side,
    inserts: Vec<Insert>,
}

/// One field to be added.
#[derive(Debug)]
struct Insert {
    field: Text,
    is_required: bool,
    source: Source,
    schema: SchemaRef,
}

#[derive(Debug)]
enum Source {
    Topic(ByTopic<Text>),
    Queue,
    Offset,
    Timestamp,
    Static(Text),
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let static_value = options.given.get(STATIC_VALUE);
    if options.given(STATIC).is_some() != static_value.is_some() {
        let missing = if static_value.is_some() { STATIC } else { STATIC_VALUE };
        return Err(ConfigError::new(missing, format!("{STATIC} and {STATIC_VALUE} go together")).into());
    }
    let plain = schemas::plain;
    let inserts: Vec<Insert> = [
        insert(options, TOPIC, Source::Topic(ByTopic::default()), schemas::text),
        insert(options, PARTITION, Source::Queue, |optional| plain(FieldType::Int32, optional)),
        insert(options, OFFSET, Source::Offset, |optional| plain(FieldType::Int64, optional)),
        insert(options, TIMESTAMP, Source::Timestamp, |optional| Logical::Timestamp.schema(optional)),
        insert(options, STATIC, Source::Static(static_value.unwrap_or_default().into()), schemas::text),
    ]
    .into_iter()
    .flatten()
    .collect();
    if inserts.is_empty() {
        let keys = [TOPIC, PARTITION, OFFSET, TIMESTAMP, STATIC].join(", ");
        return Err(ConfigError::new(STATIC, format!("nothing is to be inserted: give one of {keys}")).into());
    }
    Ok(Box::new(InsertField { side, inserts }))
}

fn insert(
    options: &Options<'_>,
    key: &str,
    source: Source,
    schema: impl Fn(bool) -> SchemaRef,
) -> Option<Insert> {
    let given = options.given(key)?;
    let (field, is_required) = match given.strip_suffix('!') {
        Some(field) => (field, true),
        None => (given.strip_suffix('?').unwrap_or(given), false),
    };
    Some(Insert { field: field.into(), is_required, source, schema: schema(!is_required) })
}

impl Transform for InsertField {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        for insert in &mut self.inserts {
            let value = insert.value(record)?;
            let Some(object) = record.part(self.side).object()? else { break };
            object.set(&insert.field, Slot::typed(value, &insert.schema));
        }
        Ok(Flow::Pass)
    }
}

impl Insert {
    fn value(&mut self, record: &OpenRecord<'_>) -> Result<Value, Problem> {
        Ok(match &mut self.source {
            Source::Topic(known) => Value::String(known.of(record.topic(), |topic| topic.into()).clone()),
            // RocketMQ numbers queues with 32 bits and a sign.
            Source::Queue => Value::Int32(i32::try_from(record.queue()).unwrap_or(i32::MAX)),
            Source::Offset => Value::Int64(record.offset().get()),
            Source::Timestamp => match record.timestamp() {
                Some(millis) => Value::Int64(millis),
                None if self.is_required => return Err(Problem::NoTimestamp),
                None => Value::Null,
            },
            Source::Static(text) => Value::String(text.clone()),
        })
    }
}
