//! From one type of value to another, without changing what it says.
//!
//! What does not fit is refused. Java's casts would cut it to size, and nobody would know.

use crate::{decimal, moments, scalar::Scalar, schemas::Logical};
use base64::{Engine, engine::general_purpose::STANDARD};
use connector_api::{FieldType, Value};

/// The types that values are cast to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Boolean,
    String,
}

const NAMES: [(&str, Target); 8] = [
    ("int8", Target::Int8),
    ("int16", Target::Int16),
    ("int32", Target::Int32),
    ("int64", Target::Int64),
    ("float32", Target::Float32),
    ("float64", Target::Float64),
    ("boolean", Target::Boolean),
    ("string", Target::String),
];

impl Target {
    /// The type so called.
    ///
    /// # Errors
    /// What types there are.
    pub(crate) fn of(name: &str) -> Result<Self, String> {
        let found = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let known = || NAMES.map(|(name, _)| name).join(", ");
        found.map(|(_, target)| *target).ok_or_else(|| format!("{name:?} is none of {}", known()))
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, target)| *target == self).map_or("", |(name, _)| name)
    }

    pub(crate) fn field_type(self) -> FieldType {
        match self {
            Self::Int8 => FieldType::Int8,
            Self::Int16 => FieldType::Int16,
            Self::Int32 => FieldType::Int32,
            Self::Int64 => FieldType::Int64,
            Self::Float32 => FieldType::Float32,
            Self::Float64 => FieldType::Float64,
            Self::Boolean => FieldType::Boolean,
            Self::String => FieldType::String,
        }
    }
}

/// `scalar` as a value of type `target`; `None` when it has no such value. `logical` is what its schema says that it means.
pub(crate) fn cast(scalar: &Scalar<'_>, logical: Option<Logical>, target: Target) -> Option<Value> {
    if let (Scalar::Bytes(bytes), Some(Logical::Decimal { scale })) = (scalar, logical) {
        return cast(&Scalar::Number(&decimal::text(bytes, scale)), None, target);
    }
    Some(match target {
        Target::Int8 => Value::Int8(whole(scalar)?.try_into().ok()?),
        Target::Int16 => Value::Int16(whole(scalar)?.try_into().ok()?),
        Target::Int32 => Value::Int32(whole(scalar)?.try_into().ok()?),
        Target::Int64 => Value::Int64(whole(scalar)?),
        Target::Float32 => Value::Float32(single(float(scalar)?)?),
        Target::Float64 => Value::Float64(float(scalar)?),
        Target::Boolean => Value::Boolean(truth(scalar)?),
        Target::String => Value::String(text(scalar, logical)?.into()),
    })
}

fn whole(scalar: &Scalar<'_>) -> Option<i64> {
    match scalar {
        Scalar::Boolean(v) => Some((*v).into()),
        Scalar::Integer(v) => Some(*v),
        Scalar::Float(v) => cut(*v),
        Scalar::Number(digits) => digits.parse().ok().or_else(|| cut(digits.parse().ok()?)),
        Scalar::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The whole part, as Java takes it.
fn cut(number: f64) -> Option<i64> {
    // 2^63; every double below it fits.
    const END: f64 = 9_223_372_036_854_775_808.0;
    // Within the bounds just checked.
    #[allow(clippy::cast_possible_truncation, reason = "within the bounds of the type")]
    let cut = |number: f64| number.trunc() as i64;
    (-END..END).contains(&number).then(|| cut(number))
}

fn float(scalar: &Scalar<'_>) -> Option<f64> {
    let finite = |text: &str| text.trim().parse().ok().filter(|number: &f64| number.is_finite());
    match scalar {
        Scalar::Boolean(v) => Some(f64::from(u8::from(*v))),
        // Beyond 2^53 a double has no place for every digit, which is what was asked for.
        #[allow(clippy::cast_precision_loss, reason = "a double is what was asked for")]
        Scalar::Integer(v) => Some(*v as f64),
        Scalar::Float(v) => Some(*v),
        Scalar::Number(digits) => finite(digits),
        Scalar::Text(text) => finite(text),
        _ => None,
    }
}

/// The nearest number of 32 bits; `None` when it is out of their range.
fn single(number: f64) -> Option<f32> {
    #[allow(clippy::cast_possible_truncation, reason = "rounds, and what overflows is refused")]
    let single = number as f32;
    (single.is_finite() || !number.is_finite()).then_some(single)
}

fn truth(scalar: &Scalar<'_>) -> Option<bool> {
    match scalar {
        Scalar::Boolean(v) => Some(*v),
        Scalar::Integer(v) => Some(*v != 0),
        Scalar::Float(v) => Some(v.trunc() != 0.0),
        Scalar::Number(_) => float(scalar).map(|v| v.trunc() != 0.0),
        Scalar::Text(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Scalar::Text(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn text(scalar: &Scalar<'_>, logical: Option<Logical>) -> Option<String> {
    if let (Scalar::Integer(v), Some(logical)) = (scalar, logical) {
        return moments::iso(*v, logical);
    }
    match scalar {
        Scalar::Boolean(v) => Some(v.to_string()),
        Scalar::Integer(v) => Some(v.to_string()),
        // With the point that says that it is no whole number.
        Scalar::Float(v) => Some(format!("{v:?}")),
        Scalar::Number(digits) => Some((*digits).to_owned()),
        Scalar::Text(text) => Some(text.clone().into_owned()),
        Scalar::Bytes(bytes) => Some(STANDARD.encode(bytes)),
        Scalar::Null | Scalar::Array | Scalar::Object => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[track_caller]
    fn check(scalar: Scalar<'_>, target: Target, expected: Option<Value>) {
        assert_eq!(cast(&scalar, None, target), expected, "{scalar:?} to {}", target.name());
    }

    #[test]
    fn numbers_become_whole_ones_and_what_does_not_fit_is_refused() {
        check(Scalar::Number("127"), Target::Int8, Some(Value::Int8(127)));
        check(Scalar::Number("128"), Target::Int8, None);
        check(Scalar::Number("-1.9"), Target::Int16, Some(Value::Int16(-1)));
        check(Scalar::Number("1e3"), Target::Int32, Some(Value::Int32(1000)));
        check(Scalar::Number("9223372036854775807"), Target::Int64, Some(Value::Int64(i64::MAX)));
        check(Scalar::Number("9223372036854775808"), Target::Int64, None);
        check(Scalar::Float(f64::NAN), Target::Int64, None);
        check(Scalar::Text(" 12 ".into()), Target::Int32, Some(Value::Int32(12)));
        check(Scalar::Text("1.5".into()), Target::Int32, None);
        check(Scalar::Boolean(true), Target::Int8, Some(Value::Int8(1)));
        check(Scalar::Object, Target::Int8, None);
    }

    #[test]
    fn floating_point_numbers_stay_in_range() {
        check(Scalar::Number("0.1"), Target::Float32, Some(Value::Float32(0.1)));
        check(Scalar::Number("1e39"), Target::Float32, None);
        check(Scalar::Number("1e400"), Target::Float64, None);
        check(Scalar::Text("-2.50".into()), Target::Float64, Some(Value::Float64(-2.5)));
        check(Scalar::Text("NaN".into()), Target::Float64, None);
        check(Scalar::Integer(2), Target::Float64, Some(Value::Float64(2.0)));
    }

    #[test]
    fn truth_is_a_number_other_than_zero_or_the_word() {
        check(Scalar::Number("0"), Target::Boolean, Some(Value::Boolean(false)));
        check(Scalar::Number("-2"), Target::Boolean, Some(Value::Boolean(true)));
        check(Scalar::Text("TRUE".into()), Target::Boolean, Some(Value::Boolean(true)));
        check(Scalar::Text("yes".into()), Target::Boolean, None);
    }

    #[test]
    fn text_shows_what_a_value_says() {
        let text = |text: &str| Some(Value::String(text.into()));
        check(Scalar::Number("1.50"), Target::String, text("1.50"));
        check(Scalar::Float(1.0), Target::String, text("1.0"));
        check(Scalar::Boolean(false), Target::String, text("false"));
        check(Scalar::Bytes(&Bytes::from_static(b"\x00\xff")), Target::String, text("AP8="));
        check(Scalar::Array, Target::String, None);
    }

    #[test]
    fn what_a_schema_means_is_what_is_cast() {
        let decimal = Some(Logical::Decimal { scale: 2 });
        let bytes = Bytes::from_static(&[0x30, 0x39]);
        assert_eq!(
            cast(&Scalar::Bytes(&bytes), decimal, Target::String),
            Some(Value::String("123.45".into()))
        );
        assert_eq!(cast(&Scalar::Bytes(&bytes), decimal, Target::Int32), Some(Value::Int32(123)));
        let day = cast(&Scalar::Integer(20_780), Some(Logical::Date), Target::String);
        assert_eq!(day, Some(Value::String("2026-11-23".into())));
    }
}
