//! `SetMaximumPrecision`: fewer digits for decimals, as far as their schema says how many there are.

use super::{Kind, ROCKETMQ, Scope};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    options::Options,
    record::OpenRecord,
    schemas::{Logical, SchemaMemo},
};
use connector_api::{ConfigErrors, ConfigKey, ConfigType, Field, FieldType, Schema, SchemaRef, Text};

/// Where a schema says how many digits a decimal has.
const PARAMETER: &str = "connect.decimal.precision";
/// How many it has when its schema does not say.
const UNSAID: u32 = 64;

pub(super) const KIND: Kind = Kind {
    name: "SetMaximumPrecision",
    packages: &[ROCKETMQ],
    doc: "lowers the number of digits that schemas of decimals name",
    keys: &[ConfigKey::required("precision.max")
        .of(ConfigType::Int { min: 1, max: 65535 })
        .doc("most digits")],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct SetMaximumPrecision {
    side: Side,
    maximum: u32,
    schemas: SchemaMemo,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let maximum = options.parsed("precision.max", str::parse)?;
    Ok(Box::new(SetMaximumPrecision { side, maximum, schemas: SchemaMemo::default() }))
}

impl Transform for SetMaximumPrecision {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let maximum = self.maximum;
        // Without a schema there is nothing to be lowered.
        record.part(self.side).retype(|schema| self.schemas.of(schema, |schema| lowered(schema, maximum)));
        Ok(Flow::Pass)
    }
}

fn lowered(schema: &Schema, maximum: u32) -> Schema {
    let mut schema = schema.clone();
    if let FieldType::Struct(fields) = &mut schema.field_type {
        for Field { schema, .. } in fields {
            if precision(schema).is_some_and(|precision| precision > maximum) {
                *schema = SchemaRef::new(with_precision(schema, maximum));
            }
        }
    }
    schema
}

/// The digits of a decimal; `None` for what is none.
fn precision(schema: &Schema) -> Option<u32> {
    let Logical::Decimal { .. } = Logical::of(schema)? else { return None };
    let said = schema.parameters.iter().find(|(name, _)| is_precision(name));
    Some(said.and_then(|(_, digits)| digits.parse().ok()).unwrap_or(UNSAID))
}

fn with_precision(schema: &Schema, maximum: u32) -> Schema {
    let mut schema = schema.clone();
    schema.parameters.retain(|(name, _)| !is_precision(name));
    schema.parameters.push((PARAMETER.into(), maximum.to_string().into()));
    schema
}

fn is_precision(name: &Text) -> bool {
    name.as_bytes() == PARAMETER.as_bytes()
}
