//! `PatternFilter`: drops records by the text of a field.

use super::{Kind, ROCKETMQ, Scope};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    options::Options,
    pattern::WholeMatch,
    record::OpenRecord,
    scalar::Scalar,
};
use connector_api::{ConfigErrors, ConfigKey, ConfigType};

pub(super) const KIND: Kind = Kind {
    name: "PatternFilter",
    packages: &[ROCKETMQ],
    doc: "drops records where the text of a field matches",
    keys: &[
        ConfigKey::required("pattern").doc("regular expression for whole texts"),
        ConfigKey::required("fields").of(ConfigType::List).doc("fields to look at"),
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct PatternFilter {
    side: Side,
    pattern: WholeMatch,
    fields: Vec<String>,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let fields = options.filled_list("fields")?.into_iter().map(str::to_owned).collect();
    Ok(Box::new(PatternFilter { side, pattern: options.parsed("pattern", WholeMatch::new)?, fields }))
}

impl Transform for PatternFilter {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        // What has no fields cannot match, and passes.
        let Some(object) = record.part(self.side).object_if_any()? else { return Ok(Flow::Pass) };
        let matches = |field: &String| {
            let scalar = object.find(field).map(|index| object.scalar(index));
            matches!(scalar, Some(Scalar::Text(text)) if self.pattern.matches(&text))
        };
        Ok(if self.fields.iter().any(matches) { Flow::Drop } else { Flow::Pass })
    }
}
