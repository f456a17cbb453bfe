//! `SetSchemaMetadata`: another name or version for a schema.

use super::{KAFKA, Kind, Scope, class::NULL_WITH_DEFAULT};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    options::Options,
    record::OpenRecord,
    schemas::SchemaMemo,
};
use connector_api::{ConfigError, ConfigErrors, ConfigKey, Schema, Text};

const NAME: &str = "schema.name";
const VERSION: &str = "schema.version";

pub(super) const KIND: Kind = Kind {
    name: "SetSchemaMetadata",
    packages: &[KAFKA],
    doc: "gives a schema another name or version",
    keys: &[
        ConfigKey::optional(NAME, "").doc("the name; as it was when not given"),
        ConfigKey::optional(VERSION, "").doc("the version, a whole number; as it was when not given"),
        NULL_WITH_DEFAULT,
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct SetSchemaMetadata {
    side: Side,
    name: Option<Text>,
    version: Option<i32>,
    schemas: SchemaMemo,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let name = options.given(NAME).map(Text::from);
    let version =
        match options.given(VERSION) {
            Some(_) => Some(options.parsed(VERSION, |text| {
                text.parse().map_err(|_| format!("{text:?} is not a whole number"))
            })?),
            None => None,
        };
    if name.is_none() && version.is_none() {
        return Err(
            ConfigError::new(NAME, format!("nothing is to be set: give {NAME}, {VERSION} or both")).into()
        );
    }
    Ok(Box::new(SetSchemaMetadata { side, name, version, schemas: SchemaMemo::default() }))
}

impl Transform for SetSchemaMetadata {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let (name, version) = (&self.name, self.version);
        let changed = |schema: &Schema| Schema {
            name: name.clone().or_else(|| schema.name.clone()),
            version: version.or(schema.version),
            ..schema.clone()
        };
        let part = record.part(self.side);
        let had_schema = part.retype(|schema| self.schemas.of(schema, changed));
        if had_schema || part.is_null() { Ok(Flow::Pass) } else { Err(Problem::NoSchema(self.side)) }
    }
}
