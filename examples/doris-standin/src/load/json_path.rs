//! Paths into JSON documents: `jsonpaths` and `json_root`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::settings::HeaderError;

/// Steps from a document to a value in it, such as `$.a.b[0]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl JsonPath {
    /// Reads a path. The `$` at its front may be missing; keys that hold dots stand in double quotes.
    pub(super) fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        for part in parts(text.trim()) {
            let (key, indexes) = part.split_once('[').unwrap_or((&part, ""));
            let is_root = steps.is_empty() && key == "$";
            if !key.is_empty() && !is_root {
                steps.push(Step::Key(key.to_owned()));
            }
            let indexes = indexes.split('[').filter_map(|index| index.strip_suffix(']'));
            // `[*]` is the array as a whole.
            steps.extend(indexes.filter_map(|index| index.trim().parse().ok()).map(Step::Index));
        }
        Self { steps }
    }

    /// Reads the `jsonpaths` header: an array of paths.
    ///
    /// # Errors
    /// [`HeaderError`] when it is none, or a path asks for what is behind each element of an array.
    pub(super) fn parse_list(text: &str) -> Result<Vec<Self>, HeaderError> {
        let invalid = || HeaderError(format!("[INVALID_JSON_PATH]Invalid json path: {text}"));
        let paths: Vec<String> = serde_json::from_str(text).map_err(|_| invalid())?;
        if let Some(path) = paths.iter().find(|path| path.contains("[*].") || path.contains("[*][")) {
            return Err(HeaderError(format!(
                "[INTERNAL_ERROR]the Doris stand-in does not look behind [*] in jsonpaths, path={path}"
            )));
        }
        Ok(paths.iter().map(|path| Self::parse(path)).collect())
    }

    /// The value's own text; `None` when there is nothing at the path. Of equal keys the first counts.
    pub(super) fn find<'a>(&self, json: &'a str) -> Option<&'a str> {
        self.steps.iter().try_fold(json.trim(), |json, step| match step {
            Step::Key(key) => member(json, key),
            Step::Index(index) => {
                let elements: Vec<&RawValue> = serde_json::from_str(json).ok()?;
                elements.get(*index).map(|element| element.get())
            }
        })
    }
}

/// The parts between dots, without the quotes around those that hold dots themselves.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.push(character);
                }
            }
        }
    }
    parts
}

/// The first member of that name, if the text is an object that has one.
fn member<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    let mut parser = serde_json::Deserializer::from_str(json);
    (&mut parser).deserialize_map(Member(key)).ok().flatten()
}

struct Member<'k>(&'k str);

impl<'a> Visitor<'a> for Member<'_> {
    type Value = Option<&'a str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut found = None;
        while let Some(wanted) = map.next_key_seed(IsKey(self.0))? {
            if wanted && found.is_none() {
                found = Some(map.next_value::<&RawValue>()?.get());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Compares a key without keeping it.
struct IsKey<'k>(&'k str);

impl<'a> DeserializeSeed<'a> for IsKey<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsKey<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_values() {
        let json = r#"{"a":{"b":[10,{"c":"x"}],"d.e":null},"é":1,"é":2, "z":[[1,2]]}"#;
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(JsonPath::parse(path).find(json), expected, "{path}");
        };
        check("$", Some(json));
        check("$.a.b[0]", Some("10"));
        check("a.b[1].c", Some("\"x\""));
        check("$.a.b[*]", Some(r#"[10,{"c":"x"}]"#));
        check("$.a.\"d.e\"", Some("null"));
        check("$.é", Some("1"));
        check("$.z[0][1]", Some("2"));
        check("$.a.b[7]", None);
        check("$.a.b.c", None);
        check("$.nothing.at.all", None);
    }

    #[test]
    fn what_is_no_list_of_paths_is_refused() {
        let check = |text: &str, expected: &str| {
            let found = JsonPath::parse_list(text).map_err(|error| error.to_string());
            assert_eq!(found.unwrap_err(), expected, "{text}");
        };
        check("$.a", "[INVALID_JSON_PATH]Invalid json path: $.a");
        check("[1]", "[INVALID_JSON_PATH]Invalid json path: [1]");
        check(
            "[\"$.a[*].b\"]",
            "[INTERNAL_ERROR]the Doris stand-in does not look behind [*] in jsonpaths, path=$.a[*].b",
        );
    }
}
