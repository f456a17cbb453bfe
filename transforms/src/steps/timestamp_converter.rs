//! `TimestampConverter`: a moment in another notation.

use super::{KAFKA, Kind, Scope, class::NULL_WITH_DEFAULT};
use crate::{
    chain::{Flow, Transform},
    error::{Place, Problem, Side},
    moments::{DAY, DateFormat},
    object::Slot,
    options::Options,
    record::OpenRecord,
    scalar::Scalar,
    schemas::{Logical, TypeSchemas},
};
use connector_api::{ConfigError, ConfigErrors, ConfigKey, ConfigType, FieldType, SchemaRef, Value};
use std::time::{SystemTime, UNIX_EPOCH};

const TARGET: &str = "target.type";
const FORMAT: &str = "format";

pub(super) const KIND: Kind = Kind {
    name: "TimestampConverter",
    packages: &[KAFKA],
    doc: "writes a moment in another notation",
    keys: &[
        ConfigKey::required(TARGET)
            .of(ConfigType::OneOf(&["string", "unix", "Date", "Time", "Timestamp"]))
            .doc("what the moment becomes"),
        ConfigKey::optional("field", "").doc("the field with the moment; the whole when not given"),
        ConfigKey::optional(FORMAT, "").doc("pattern of texts, as of Java's SimpleDateFormat, in UTC"),
        ConfigKey::optional("unix.precision", "milliseconds")
            .of(ConfigType::OneOf(&["seconds", "milliseconds", "microseconds", "nanoseconds"]))
            .doc("what numbers count, since 1970 UTC"),
        NULL_WITH_DEFAULT,
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct TimestampConverter {
    side: Side,
    field: Option<String>,
    notation: Notation,
    target: Target,
    schemas: TypeSchemas,
}

/// How texts and numbers without a schema show moments.
#[derive(Debug)]
struct Notation {
    format: Option<DateFormat>,
    precision: Precision,
}

#[derive(Debug, Clone, Copy)]
enum Precision {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

#[derive(Debug, Clone, Copy)]
enum Target {
    Text,
    Unix,
    Logical(Logical),
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let target = match options.text(TARGET) {
        "string" => Target::Text,
        "unix" => Target::Unix,
        "Date" => Target::Logical(Logical::Date),
        "Time" => Target::Logical(Logical::Time),
        _ => Target::Logical(Logical::Timestamp),
    };
    let precision = match options.text("unix.precision") {
        "seconds" => Precision::Seconds,
        "microseconds" => Precision::Microseconds,
        "nanoseconds" => Precision::Nanoseconds,
        _ => Precision::Milliseconds,
    };
    let format = match options.given(FORMAT) {
        Some(_) => Some(options.parsed(FORMAT, |pattern| DateFormat::new(pattern, now()))?),
        None if matches!(target, Target::Text) => {
            return Err(ConfigError::new(FORMAT, format!("required where {TARGET} is string")).into());
        }
        None => None,
    };
    let schemas = match target {
        Target::Text => TypeSchemas::of(&FieldType::String),
        Target::Unix => TypeSchemas::of(&FieldType::Int64),
        Target::Logical(logical) => TypeSchemas::logical(logical),
    };
    let field = options.given("field").map(str::to_owned);
    Ok(Box::new(TimestampConverter {
        side,
        field,
        notation: Notation { format, precision },
        target,
        schemas,
    }))
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

impl Transform for TimestampConverter {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let part = record.part(self.side);
        if part.is_null() {
            return Ok(Flow::Pass);
        }
        let Some(field) = &self.field else {
            let slot = self.convert(&part.read(), part.schema(), || part.place())?;
            part.replace(slot);
            return Ok(Flow::Pass);
        };
        let Some(object) = part.object()? else { return Ok(Flow::Pass) };
        if let Some(index) = object.find(field) {
            let place = || Place::Field(field.clone());
            let slot = self.convert(&object.scalar(index), object.schema(index), place)?;
            object.set_at(index, slot);
        }
        Ok(Flow::Pass)
    }
}

impl TimestampConverter {
    fn convert(
        &self,
        scalar: &Scalar<'_>,
        schema: Option<&SchemaRef>,
        place: impl Fn() -> Place,
    ) -> Result<Slot, Problem> {
        let refused = |wanted: &str| Problem::NotConvertible {
            place: place(),
            found: scalar.shown(),
            wanted: wanted.to_owned(),
        };
        let logical = schema.and_then(|schema| Logical::of(schema));
        let value = match scalar {
            Scalar::Null => Value::Null,
            _ => {
                let millis = self.notation.read(scalar, logical).ok_or_else(|| refused("a moment"))?;
                self.target.write(millis, &self.notation).ok_or_else(|| refused("what was asked for"))?
            }
        };
        Ok(Slot::Value(value, schema.map(|schema| self.schemas.like(schema))))
    }
}

impl Notation {
    /// Milliseconds since 1970.
    fn read(&self, scalar: &Scalar<'_>, logical: Option<Logical>) -> Option<i64> {
        let number = match scalar {
            Scalar::Text(text) => return self.format.as_ref()?.read(text),
            Scalar::Integer(number) => *number,
            Scalar::Number(digits) => digits.parse().ok()?,
            _ => return None,
        };
        match logical {
            Some(Logical::Date) => number.checked_mul(DAY),
            Some(Logical::Time | Logical::Timestamp) => Some(number),
            Some(Logical::Decimal { .. }) => None,
            None => self.precision.millis_of(number),
        }
    }
}

impl Precision {
    fn millis_of(self, number: i64) -> Option<i64> {
        match self {
            Self::Seconds => number.checked_mul(1000),
            Self::Milliseconds => Some(number),
            Self::Microseconds => Some(number.div_euclid(1000)),
            Self::Nanoseconds => Some(number.div_euclid(1_000_000)),
        }
    }

    fn of_millis(self, millis: i64) -> Option<i64> {
        match self {
            Self::Seconds => Some(millis.div_euclid(1000)),
            Self::Milliseconds => Some(millis),
            Self::Microseconds => millis.checked_mul(1000),
            Self::Nanoseconds => millis.checked_mul(1_000_000),
        }
    }
}

impl Target {
    fn write(self, millis: i64, notation: &Notation) -> Option<Value> {
        let narrow = |number: i64| i32::try_from(number).ok().map(Value::Int32);
        match self {
            Self::Text => notation.format.as_ref()?.write(millis).map(|text| Value::String(text.into())),
            Self::Unix => notation.precision.of_millis(millis).map(Value::Int64),
            Self::Logical(Logical::Date) => narrow(millis.div_euclid(DAY)),
            Self::Logical(Logical::Time) => narrow(millis.rem_euclid(DAY)),
            Self::Logical(_) => Some(Value::Int64(millis)),
        }
    }
}
