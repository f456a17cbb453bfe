//! A value as the text that is stored for it.
//!
//! Configurations are text for each key. What Java makes of a value is `toString()`: a string is itself, an object or
//! array is compact JSON, in which fastjson leaves out members that are null.

use super::{Json, Object};

impl Json {
    /// The text stored for this value; `None` for null, which no text stands for.
    pub(in crate::rest) fn stored(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(value.to_string()),
            Self::Number(text) | Self::String(text) => Some(text.clone()),
            Self::Array(_) | Self::Object(_) => {
                let mut text = String::new();
                write_value(&mut text, self);
                Some(text)
            }
        }
    }
}

fn write_value(into: &mut String, value: &Json) {
    match value {
        Json::Null => into.push_str("null"),
        Json::Bool(value) => into.push_str(if *value { "true" } else { "false" }),
        Json::Number(text) => into.push_str(text),
        Json::String(text) => write_string(into, text),
        Json::Array(items) => {
            into.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(into, index);
                write_value(into, item);
            }
            into.push(']');
        }
        Json::Object(object) => write_object(into, object),
    }
}

fn write_object(into: &mut String, object: &Object) {
    into.push('{');
    let members = object.in_java_order().into_iter().filter(|(_, value)| **value != Json::Null);
    for (index, (key, value)) in members.enumerate() {
        separate(into, index);
        write_string(into, key);
        into.push(':');
        write_value(into, value);
    }
    into.push('}');
}

fn separate(into: &mut String, index: usize) {
    if index > 0 {
        into.push(',');
    }
}

fn write_string(into: &mut String, text: &str) {
    into.push('"');
    for character in text.chars() {
        match character {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            '\u{8}' => into.push_str("\\b"),
            '\u{c}' => into.push_str("\\f"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                into.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            _ => into.push(character),
        }
    }
    into.push('"');
}
