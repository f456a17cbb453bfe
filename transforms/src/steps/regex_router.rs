//! `RegexRouter`: another topic, by a pattern for its name.

use super::{KAFKA, Kind, ROCKETMQ, Scope};
use crate::{
    chain::{Flow, Transform},
    error::Problem,
    options::Options,
    pattern::{Replacement, WholeMatch},
    record::OpenRecord,
    topic::ByTopic,
};
use connector_api::{ConfigErrors, ConfigKey};
use std::sync::Arc;

pub(super) const KIND: Kind = Kind {
    name: "RegexRouter",
    packages: &[KAFKA, ROCKETMQ],
    doc: "gives records another topic by a regular expression",
    keys: &[
        ConfigKey::required("regex").doc("regular expression for whole names of topics"),
        ConfigKey::required("replacement").doc("the new name; `$1` is the first group of the match"),
    ],
    scope: Scope::Record(make),
};

#[derive(Debug)]
struct RegexRouter {
    regex: WholeMatch,
    replacement: Replacement,
    routed: ByTopic<Option<Arc<str>>>,
}

fn make(options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let regex = options.parsed("regex", WholeMatch::new)?;
    let replacement = options.parsed("replacement", |text| Replacement::new(text, regex.regex()))?;
    Ok(Box::new(RegexRouter { regex, replacement, routed: ByTopic::default() }))
}

impl Transform for RegexRouter {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let (regex, replacement) = (&self.regex, &self.replacement);
        let routed = self.routed.of(record.topic(), |topic| regex.replace(topic, replacement).map(Arc::from));
        if let Some(topic) = routed {
            record.set_topic(Arc::clone(topic));
        }
        Ok(Flow::Pass)
    }
}
