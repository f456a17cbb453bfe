//! Logical types: what a number or bytes mean by the name of their schema, written as Doris reads it without loss.
//!
//! The names are OpenMessaging Connect's, Kafka Connect's and Debezium's. Times without a zone are written without one. Texts with a zone
//! are left as they are: Doris converts them to the time zone of the load. Decimals become text, which no reader of Doris takes
//! through a floating-point number.
//!
//! A `Timestamp` of Connect is a moment; those of Debezium are what a clock shows that has no zone.

use super::NotARow;
use base64::{Engine, engine::general_purpose::STANDARD};
use num_bigint::BigInt;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap, fmt};
use time::{Date, OffsetDateTime};

/// What a value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logical {
    /// Days since 1970.
    Date,
    /// Time of the day, in parts of a second.
    Time { per_second: i64 },
    /// What a clock shows, as time since 1970, in parts of a second.
    Timestamp { per_second: i64 },
    /// A moment, in milliseconds since 1970 UTC.
    Moment,
    /// Big-endian two's complement, of which so many digits are behind the point.
    Decimal { scale: i32 },
    /// The same, with its own scale beside it: `{"scale":…,"value":…}`.
    VariableDecimal,
}

/// How a moment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Moments {
    /// As a clock in UTC shows it.
    #[default]
    Utc,
    /// With its zone, so that Doris turns it into that of the load.
    Zoned,
}

const MILLIS: i64 = 1_000;
const MICROS: i64 = 1_000_000;
const NANOS: i64 = 1_000_000_000;

impl Logical {
    /// What the schema called `name` means; `None` when its values are to be taken as they are.
    pub(crate) fn of(name: &str, scale: Option<&str>) -> Option<Self> {
        const OPEN: &str = "io.openmessaging.connector.api.data.logical.";
        const KAFKA: &str = "org.apache.kafka.connect.data.";
        const DEBEZIUM: &str = "io.debezium.time.";
        if let Some(name) = name.strip_prefix(DEBEZIUM) {
            return Some(match name {
                "Date" => Self::Date,
                "Time" => Self::Time { per_second: MILLIS },
                "MicroTime" => Self::Time { per_second: MICROS },
                "NanoTime" => Self::Time { per_second: NANOS },
                "Timestamp" => Self::Timestamp { per_second: MILLIS },
                "MicroTimestamp" => Self::Timestamp { per_second: MICROS },
                "NanoTimestamp" => Self::Timestamp { per_second: NANOS },
                _ => return None,
            });
        }
        if name == "io.debezium.data.VariableScaleDecimal" {
            return Some(Self::VariableDecimal);
        }
        Some(match name.strip_prefix(OPEN).or_else(|| name.strip_prefix(KAFKA))? {
            "Date" => Self::Date,
            "Time" => Self::Time { per_second: MILLIS },
            "Timestamp" => Self::Moment,
            "Decimal" => Self::Decimal { scale: scale?.trim().parse().ok()? },
            _ => return None,
        })
    }

    /// The text of a number; `None` when it is out of every calendar, or no number is meant.
    pub(crate) fn text_of(self, number: i64, moments: Moments) -> Option<String> {
        match self {
            Self::Date => {
                let days = i32::try_from(number).ok()?;
                let date = Date::from_julian_day(UNIX_EPOCH_JULIAN_DAY.checked_add(days)?).ok()?;
                Some(date_text(date))
            }
            Self::Time { per_second } => {
                let (seconds, part) = (number.div_euclid(per_second), number.rem_euclid(per_second));
                let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
                Some(format!("{hour:02}:{minute:02}:{second:02}{}", fraction(part, per_second)))
            }
            Self::Timestamp { per_second } => {
                let (seconds, part) = (number.div_euclid(per_second), number.rem_euclid(per_second));
                let at = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
                let (hour, minute, second) = at.to_hms();
                let date = date_text(at.date());
                Some(format!("{date} {hour:02}:{minute:02}:{second:02}{}", fraction(part, per_second)))
            }
            Self::Moment => {
                let text = Self::Timestamp { per_second: MILLIS }.text_of(number, moments)?;
                Some(match moments {
                    Moments::Utc => text,
                    Moments::Zoned => text + "+00:00",
                })
            }
            Self::Decimal { .. } | Self::VariableDecimal => None,
        }
    }

    /// The value that a JSON schema describes so, as JSON; `None` leaves it as it is.
    fn convert(self, raw: &str, moments: Moments) -> Option<String> {
        match self {
            Self::Decimal { scale } => {
                let text: Cow<'_, str> = serde_json::from_str(raw).ok()?;
                Some(format!("\"{}\"", decimal_text(&STANDARD.decode(text.as_bytes()).ok()?, scale)))
            }
            Self::VariableDecimal => {
                let parts: VariableDecimal<'_> = serde_json::from_str(raw).ok()?;
                let bytes = STANDARD.decode(parts.value.as_bytes()).ok()?;
                Some(format!("\"{}\"", decimal_text(&bytes, parts.scale)))
            }
            _ => Some(format!("\"{}\"", self.text_of(raw.parse().ok()?, moments)?)),
        }
    }
}

/// Julian day of 1970-01-01.
const UNIX_EPOCH_JULIAN_DAY: i32 = 2_440_588;

fn date_text(date: Date) -> String {
    let (year, month, day) = date.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

/// The digits behind the point, to the microsecond, which is the finest that Doris has.
fn fraction(part: i64, per_second: i64) -> String {
    match per_second {
        MILLIS => format!(".{part:03}"),
        MICROS => format!(".{part:06}"),
        _ => format!(".{:06}", part / 1000),
    }
}

#[derive(Deserialize)]
struct VariableDecimal<'a> {
    scale: i32,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

/// A number by its big-endian two's complement and the digits behind the point.
pub(crate) fn decimal_text(unscaled: &[u8], scale: i32) -> String {
    let number = BigInt::from_signed_bytes_be(unscaled);
    let (sign, digits) = (if number < BigInt::ZERO { "-" } else { "" }, number.magnitude().to_string());
    let Some(behind) = usize::try_from(scale).ok().filter(|behind| *behind > 0) else {
        let zeros = if digits == "0" { 0 } else { scale.unsigned_abs() };
        return format!("{sign}{digits}{}", "0".repeat(usize::try_from(zeros).unwrap_or_default()));
    };
    let digits = format!("{digits:0>width$}", width = behind + 1);
    let (whole, part) = digits.split_at(digits.len() - behind);
    format!("{sign}{whole}.{part}")
}

/// A schema beside a payload, as JsonConverter writes it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct JsonSchema {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    parameters: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    fields: Option<Vec<JsonField>>,
}

#[derive(Debug, Deserialize)]
struct JsonField {
    field: String,
    #[serde(flatten)]
    schema: JsonSchema,
}

impl JsonSchema {
    /// Reads a schema.
    pub(super) fn read(schema: &RawValue) -> Result<Self, String> {
        if schema.get() == "null" {
            return Ok(Self::default());
        }
        serde_json::from_str(schema.get()).map_err(|error| error.to_string())
    }

    /// The schema of a field.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        self.fields.iter().flatten().find(|field| field.field == name).map(|field| &field.schema)
    }

    fn logical(&self) -> Option<Logical> {
        let scale = self.parameters.as_ref().and_then(|parameters| match parameters.get("scale")? {
            serde_json::Value::String(scale) => Some(scale.clone()),
            other => Some(other.to_string()),
        });
        Logical::of(self.name.as_deref()?, scale.as_deref())
    }
}

/// The same object with the fields written out whose schemas say that they mean something else than they are.
pub(super) fn convert_object<'a>(
    object: &'a [u8],
    schema: &JsonSchema,
    moments: Moments,
) -> Result<Cow<'a, [u8]>, NotARow> {
    let meanings: BTreeMap<&str, Logical> = schema
        .fields
        .iter()
        .flatten()
        .filter_map(|field| Some((field.field.as_str(), field.schema.logical()?)))
        .collect();
    if meanings.is_empty() {
        return Ok(Cow::Borrowed(object));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(object);
    let converted = deserializer.deserialize_map(Convert { meanings: &meanings, moments });
    converted.map(|json| Cow::Owned(json.into_bytes())).map_err(|error| NotARow::Event(error.to_string()))
}

struct Convert<'m> {
    meanings: &'m BTreeMap<&'m str, Logical>,
    moments: Moments,
}

impl<'de> Visitor<'de> for Convert<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let mut json = String::from("{");
        while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(name.get());
            json.push(':');
            let plain: Option<Cow<'_, str>> = serde_json::from_str(name.get()).ok();
            let meaning = plain.and_then(|name| self.meanings.get(&*name));
            match meaning.and_then(|meaning| meaning.convert(value.get(), self.moments)) {
                Some(converted) => json.push_str(&converted),
                None => json.push_str(value.get()),
            }
        }
        json.push('}');
        Ok(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_what_they_mean() {
        let check = |name: &str, number, expected: &str| {
            let logical = Logical::of(name, None).unwrap();
            assert_eq!(logical.text_of(number, Moments::Utc).as_deref(), Some(expected), "{name} {number}");
        };
        check("io.debezium.time.Date", 0, "1970-01-01");
        check("io.debezium.time.Date", -1, "1969-12-31");
        check("org.apache.kafka.connect.data.Date", 20_780, "2026-11-23");
        check("io.openmessaging.connector.api.data.logical.Time", 45_296_007, "12:34:56.007");
        check("io.debezium.time.MicroTime", 86_399_999_999, "23:59:59.999999");
        check("io.debezium.time.NanoTime", 1_000_000_999, "00:00:01.000000");
        check("org.apache.kafka.connect.data.Timestamp", 1_795_380_667_123, "2026-11-22 20:51:07.123");
        check("io.debezium.time.MicroTimestamp", -1, "1969-12-31 23:59:59.999999");
        check("io.debezium.time.NanoTimestamp", 1_500, "1970-01-01 00:00:00.000001");
    }

    #[test]
    fn what_has_no_other_meaning_is_left() {
        for name in
            ["io.debezium.time.ZonedTimestamp", "io.debezium.time.Year", "io.debezium.data.Json", "mine"]
        {
            assert_eq!(Logical::of(name, None), None, "{name}");
        }
        assert_eq!(Logical::of("org.apache.kafka.connect.data.Decimal", None), None, "without a scale");
        assert_eq!(Logical::Date.text_of(i64::MAX, Moments::Utc), None);
    }

    #[test]
    fn decimals_keep_every_digit() {
        let check = |bytes: &[u8], scale, expected: &str| {
            assert_eq!(decimal_text(bytes, scale), expected, "{bytes:?} {scale}");
        };
        check(&[0x30, 0x39], 2, "123.45");
        check(&[0xff], 0, "-1");
        check(&[0xff], 3, "-0.001");
        check(&[0], 2, "0.00");
        check(&[5], -2, "500");
        check(&[], 0, "0");
        let large: BigInt = BigInt::from(10).pow(38) - 1;
        check(&large.to_signed_bytes_be(), 10, "9999999999999999999999999999.9999999999");
    }

    #[test]
    fn fields_of_an_object_are_written_out_by_their_schema() {
        let schema = r#"{"type":"struct","fields":[
            {"field":"id","type":"int32"},
            {"field":"day","type":"int32","name":"io.debezium.time.Date"},
            {"field":"at","type":"int64","name":"io.debezium.time.MicroTimestamp"},
            {"field":"price","type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}},
            {"field":"any","type":"struct","name":"io.debezium.data.VariableScaleDecimal"}]}"#;
        let schema = JsonSchema::read(&RawValue::from_string(schema.to_owned()).unwrap()).unwrap();
        let check = |object: &str, expected: &str| {
            let converted = convert_object(object.as_bytes(), &schema, Moments::Utc).unwrap();
            assert_eq!(std::str::from_utf8(&converted).unwrap(), expected);
        };
        check(
            r#"{"id":1,"day":20780,"at":1500000,"price":"MDk=","any":{"scale":1,"value":"MDk="},"x":"é\""}"#,
            r#"{"id":1,"day":"2026-11-23","at":"1970-01-01 00:00:01.500000","price":"123.45","any":"1234.5","x":"é\""}"#,
        );
        check(r#"{"day":null,"price":12.5,"at":"text"}"#, r#"{"day":null,"price":12.5,"at":"text"}"#);
    }
}
