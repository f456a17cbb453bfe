//! `SetNull`: nothing in the place of key or value.

use super::{Kind, ROCKETMQ, Scope, pattern_rename};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    object::Slot,
    options::Options,
    record::OpenRecord,
};
use connector_api::{ConfigErrors, ConfigKey, Importance, Value};

const UNUSED: &str = "without effect: Java asks for it";

pub(super) const KIND: Kind = Kind {
    name: "SetNull",
    packages: &[ROCKETMQ],
    doc: "takes key or value away",
    keys: &[
        ConfigKey::optional(pattern_rename::PATTERN, "").importance(Importance::Low).doc(UNUSED),
        ConfigKey::optional(pattern_rename::PATTERN_FLAGS, "").importance(Importance::Low).doc(UNUSED),
        ConfigKey::optional(pattern_rename::REPLACEMENT, "").importance(Importance::Low).doc(UNUSED),
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct SetNull(Side);

// It has the shape of all that make a transform.
#[allow(clippy::unnecessary_wraps)]
fn make(side: Side, _: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    Ok(Box::new(SetNull(side)))
}

impl Transform for SetNull {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        record.part(self.0).replace(Slot::Value(Value::Null, None));
        Ok(Flow::Pass)
    }
}
