//! `Cast`: another type for fields, or for the whole.

use super::{KAFKA, Kind, Scope, class::NULL_WITH_DEFAULT};
use crate::{
    chain::{Flow, Transform},
    convert::{Target, cast},
    error::{Place, Problem, Side},
    object::Slot,
    options::Options,
    part::Part,
    record::OpenRecord,
    scalar::Scalar,
    schemas::{Logical, TypeSchemas},
};
use connector_api::{ConfigError, ConfigErrors, ConfigKey, ConfigType, SchemaRef, Value};

const SPEC: &str = "spec";

pub(super) const KIND: Kind = Kind {
    name: "Cast",
    packages: &[KAFKA],
    doc: "gives fields, or the whole, another type",
    keys: &[
        ConfigKey::required(SPEC).of(ConfigType::List).doc(
            "pairs `field:type`, or one type for the whole: int8, int16, int32, int64, float32, float64, boolean, string",
        ),
        NULL_WITH_DEFAULT,
    ],
    scope: Scope::Part(make),
};

/// Casts of fields.
#[derive(Debug)]
struct CastFields {
    side: Side,
    fields: Vec<(String, Cast)>,
}

/// A cast of the whole.
#[derive(Debug)]
struct CastWhole {
    side: Side,
    cast: Cast,
}

#[derive(Debug)]
struct Cast {
    target: Target,
    schemas: TypeSchemas,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let wrong = |problem: String| ConfigErrors::from(ConfigError::new(SPEC, problem));
    let entries = options.filled_list(SPEC)?;
    if let [whole] = entries.as_slice()
        && !whole.contains(':')
    {
        let cast = Cast::new(Target::of(whole).map_err(wrong)?);
        return Ok(Box::new(CastWhole { side, cast }));
    }
    let mut fields: Vec<(String, Cast)> = Vec::new();
    for entry in entries {
        let (field, target) = entry
            .rsplit_once(':')
            .ok_or_else(|| wrong(format!("{entry:?} is not of the form field:type")))?;
        if fields.iter().any(|(known, _)| known == field) {
            return Err(wrong(format!("field {field:?} is named twice")));
        }
        fields.push((field.to_owned(), Cast::new(Target::of(target.trim()).map_err(wrong)?)));
    }
    Ok(Box::new(CastFields { side, fields }))
}

impl Transform for CastFields {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let Some(object) = record.part(self.side).object()? else { return Ok(Flow::Pass) };
        for (field, cast) in &self.fields {
            let Some(index) = object.find(field) else { continue };
            let schema = object.schema(index);
            let slot = cast
                .apply(&object.scalar(index), schema)
                .ok_or_else(|| cast.refused(Place::Field(field.clone()), &object.scalar(index)))?;
            object.set_at(index, slot);
        }
        Ok(Flow::Pass)
    }
}

impl Transform for CastWhole {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let part: &mut Part = record.part(self.side);
        if !part.is_null() {
            let slot = self.cast.apply(&part.read(), part.schema());
            let slot = slot.ok_or_else(|| self.cast.refused(part.place(), &part.read()))?;
            part.replace(slot);
        }
        Ok(Flow::Pass)
    }
}

impl Cast {
    fn new(target: Target) -> Self {
        Self { target, schemas: TypeSchemas::of(&target.field_type()) }
    }

    /// The value with its new type, and that as a schema when it had one.
    fn apply(&self, scalar: &Scalar<'_>, schema: Option<&SchemaRef>) -> Option<Slot> {
        let value = match scalar {
            Scalar::Null => Value::Null,
            scalar => cast(scalar, schema.and_then(|schema| Logical::of(schema)), self.target)?,
        };
        Some(Slot::Value(value, schema.map(|schema| self.schemas.like(schema))))
    }

    fn refused(&self, place: Place, scalar: &Scalar<'_>) -> Problem {
        Problem::NotConvertible { place, found: scalar.shown(), wanted: self.target.name().to_owned() }
    }
}
