//! Headers as JSON objects, as Java's `RemotingSerializable` writes and reads them.
//!
//! Lenient in what Java is lenient in: every member may be missing or null, members nobody knows are passed over, a field may be a
//! number or a truth value instead of a text.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor, value};
use serde::{Deserialize as DeriveDeserialize, Serialize, Serializer};

use super::{Command, Encoding, Fields, HeaderError, Language};

/// The members as they are read. Java's `version` and `language` may be missing.
#[derive(DeriveDeserialize)]
#[serde(rename_all = "camelCase")]
struct Incoming {
    #[serde(default)]
    code: Option<i32>,
    #[serde(default)]
    language: Option<Scalar>,
    #[serde(default)]
    version: Option<i32>,
    #[serde(default)]
    opaque: Option<i32>,
    #[serde(default)]
    flag: Option<i32>,
    #[serde(default)]
    remark: Option<Scalar>,
    #[serde(default)]
    ext_fields: Option<IncomingFields>,
}

/// The members as they are written, in the order of a Java client.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outgoing<'a> {
    code: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ext_fields: Option<OutgoingFields<'a>>,
    flag: i32,
    language: &'static str,
    opaque: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<&'a str>,
    #[serde(rename = "serializeTypeCurrentRPC")]
    serialize_type_current_rpc: &'static str,
    version: i32,
}

pub(super) fn decode(header: &[u8], body: Bytes) -> Result<Command, HeaderError> {
    let incoming: Incoming =
        serde_json::from_slice(header).map_err(|error| HeaderError::Json(error.to_string()))?;
    Ok(Command {
        code: incoming.code.unwrap_or(0),
        opaque: incoming.opaque.unwrap_or(0),
        flag: incoming.flag.unwrap_or(0),
        language: incoming
            .language
            .and_then(|name| name.0)
            .map_or(Language::default(), |name| Language::from_name(&name)),
        version: incoming.version.unwrap_or(0),
        remark: incoming.remark.and_then(|text| text.0),
        fields: incoming.ext_fields.map(|fields| fields.0).unwrap_or_default(),
        body,
        encoding: Encoding::Json,
    })
}

pub(super) fn encode(command: &Command, into: &mut BytesMut) -> Result<(), HeaderError> {
    let outgoing = Outgoing {
        code: command.code,
        ext_fields: (!command.fields.is_empty()).then_some(OutgoingFields(&command.fields)),
        flag: command.flag,
        language: command.language.name(),
        opaque: command.opaque,
        remark: command.remark.as_deref(),
        serialize_type_current_rpc: "JSON",
        version: command.version,
    };
    serde_json::to_writer(into.writer(), &outgoing).map_err(|error| HeaderError::Json(error.to_string()))
}

struct OutgoingFields<'a>(&'a Fields);

impl Serialize for OutgoingFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

struct IncomingFields(Fields);

impl<'de> Deserialize<'de> for IncomingFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = IncomingFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Fields::new();
                while let Some((name, value)) = map.next_entry::<String, Scalar>()? {
                    // A null value is a missing one, as Java treats it.
                    if let Some(text) = value.0 {
                        fields.insert(name, text);
                    }
                }
                Ok(IncomingFields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// A value read as text whatever it is; null is none.
struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl<'de> Visitor<'de> for ScalarVisitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(Some(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar(Some(text)))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }

            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Scalar, A::Error> {
                let array = serde_json::Value::deserialize(value::SeqAccessDeserializer::new(seq))?;
                Ok(Scalar(Some(array.to_string())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scalar, A::Error> {
                let object = serde_json::Value::deserialize(value::MapAccessDeserializer::new(map))?;
                Ok(Scalar(Some(object.to_string())))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(header: &str) -> Command {
        decode(header.as_bytes(), Bytes::new()).unwrap()
    }

    #[test]
    fn a_header_is_written_as_a_java_client_writes_it() {
        let mut command = Command::request(105).field("topic", "orders");
        command.opaque = 3;
        let mut written = BytesMut::new();
        encode(&command, &mut written).unwrap();
        assert_eq!(
            str::from_utf8(&written).unwrap(),
            r#"{"code":105,"extFields":{"topic":"orders"},"flag":0,"language":"JAVA","opaque":3,"serializeTypeCurrentRPC":"JSON","version":513}"#
        );
    }

    #[test]
    fn what_java_lets_pass_is_read() {
        let check = |extension: &str, expected: &[(&str, &str)]| {
            let command = decoded(&format!(r#"{{"code":0,"flag":1,"opaque":9,{extension}}}"#));
            assert_eq!(command.fields.iter().collect::<Vec<_>>(), expected, "{extension}");
            assert_eq!((command.opaque, command.is_response()), (9, true));
        };
        check(r#""extFields":null"#, &[]);
        check(r#""extFields":{}"#, &[]);
        check(r#""language":"ZIG","remark":null"#, &[]);
        check(
            r#""extFields":{"a":null,"b":5,"c":-5,"d":true,"e":"x"}"#,
            &[("b", "5"), ("c", "-5"), ("d", "true"), ("e", "x")],
        );
        check(r#""extFields":{"o":{"k":[1]}},"unknown":[{}]"#, &[("o", r#"{"k":[1]}"#)]);
    }

    #[test]
    fn what_is_not_a_command_is_an_error_that_says_where() {
        let error = decode(b"{\"code\":}", Bytes::new()).unwrap_err();
        assert!(error.to_string().contains("column 9"), "{error}");
    }
}
