//! `TimestampRouter`: another topic, by the time of the record.

use super::{KAFKA, Kind, Scope};
use crate::{
    chain::{Flow, Transform},
    error::Problem,
    moments::DateFormat,
    options::Options,
    record::OpenRecord,
};
use connector_api::{ConfigErrors, ConfigKey};
use std::sync::Arc;

pub(super) const KIND: Kind = Kind {
    name: "TimestampRouter",
    packages: &[KAFKA],
    doc: "gives records another topic by their time",
    keys: &[
        ConfigKey::optional("topic.format", "${topic}-${timestamp}")
            .doc("the new name, with `${topic}` and `${timestamp}` in it"),
        ConfigKey::optional("timestamp.format", "yyyyMMdd")
            .doc("pattern for the time, as of Java's SimpleDateFormat, in UTC"),
    ],
    scope: Scope::Record(make),
};

#[derive(Debug)]
struct TimestampRouter {
    topic: String,
    timestamp: DateFormat,
    /// The last topic that was made, which the next record mostly has too.
    last: Arc<str>,
}

fn make(options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let timestamp = options.parsed("timestamp.format", |pattern| DateFormat::new(pattern, 0))?;
    Ok(Box::new(TimestampRouter {
        topic: options.text("topic.format").to_owned(),
        timestamp,
        last: "".into(),
    }))
}

impl Transform for TimestampRouter {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let millis = record.timestamp().ok_or(Problem::NoTimestamp)?;
        let time = self.timestamp.write(millis).ok_or(Problem::NoTimestamp)?;
        // The time first: a topic could be called `${timestamp}`.
        let topic = self.topic.replace("${timestamp}", &time).replace("${topic}", record.topic());
        if *topic != *self.last {
            self.last = topic.into();
        }
        record.set_topic(Arc::clone(&self.last));
        Ok(Flow::Pass)
    }
}
