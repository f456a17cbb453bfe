//! `ChangeCase`: the names of all fields in another case.

use super::{Kind, ROCKETMQ, Scope};
use crate::{
    case_format::{CASE_FORMATS, CaseFormat},
    chain::{Flow, Transform},
    error::{Problem, Side},
    names::NameMemo,
    options::Options,
    record::OpenRecord,
};
use connector_api::{ConfigErrors, ConfigKey, ConfigType};

pub(super) const KIND: Kind = Kind {
    name: "ChangeCase",
    packages: &[ROCKETMQ],
    doc: "writes the names of all fields in another case",
    keys: &[
        ConfigKey::required("from").of(ConfigType::OneOf(&CASE_FORMATS)).doc("how the names are written"),
        ConfigKey::required("to").of(ConfigType::OneOf(&CASE_FORMATS)).doc("how they are to be written"),
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct ChangeCase {
    side: Side,
    from: CaseFormat,
    to: CaseFormat,
    names: NameMemo,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let format = |key| options.parsed(key, |name| CaseFormat::of(name).ok_or("no case that is known here"));
    Ok(Box::new(ChangeCase { side, from: format("from")?, to: format("to")?, names: NameMemo::default() }))
}

impl Transform for ChangeCase {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        if let Some(object) = record.part(self.side).object()? {
            let (from, to) = (self.from, self.to);
            object.rename(|place, name| self.names.of(place, name, |name| Some(from.convert(to, name))))?;
        }
        Ok(Flow::Pass)
    }
}
