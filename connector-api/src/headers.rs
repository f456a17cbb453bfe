//! Message properties, looked up in the bytes they came in.

use bytes::Bytes;

const NAME_END: u8 = 1;
const VALUE_END: u8 = 2;

/// The properties of a message: names and values, both text, kept as one run of bytes until somebody asks.
///
/// The bytes are `name 0x01 value 0x02` pairs, as RocketMQ stores them (`MessageDecoder.NAME_VALUE_SEPARATOR`,
/// `PROPERTY_SEPARATOR`); cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Headers(Bytes);

impl Headers {
    /// Headers over bytes in the form described above.
    pub fn from_raw(raw: Bytes) -> Self {
        Self(raw)
    }

    /// The bytes as they are.
    pub fn as_raw(&self) -> &Bytes {
        &self.0
    }

    /// Value of the first property called `name`; `None` when there is none, or when it is not UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// The same headers where `name` has `value`: in the place of the first property of that name, else behind the others.
    ///
    /// # Errors
    /// [`InvalidHeader`] when the name or the value cannot be kept: the name is empty, or a byte 1 or 2 stands in one of them.
    pub fn with(&self, name: &str, value: &str) -> Result<Self, InvalidHeader> {
        let is_separator = |b: u8| b == NAME_END || b == VALUE_END;
        if name.is_empty() || name.bytes().any(is_separator) {
            return Err(InvalidHeader::Name(name.to_owned()));
        }
        if value.bytes().any(is_separator) {
            return Err(InvalidHeader::Value(name.to_owned()));
        }
        let new = [name.as_bytes(), &[NAME_END], value.as_bytes()];
        let is_it = |pair: &[u8]| {
            pair.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&NAME_END))
        };
        // The last pair may lack its end.
        let end: &[u8] = if self.0.last().is_none_or(|b| *b == VALUE_END) { &[] } else { &[VALUE_END] };
        let mut raw = Vec::with_capacity(self.0.len() + end.len() + name.len() + value.len() + 2);
        if !self.pairs().any(is_it) {
            raw.extend_from_slice(&self.0);
            raw.extend_from_slice(end);
            push(&mut raw, &new);
            return Ok(Self(raw.into()));
        }
        let mut is_set = false;
        for pair in self.pairs() {
            if !is_it(pair) {
                push(&mut raw, &[pair]);
            } else if !is_set {
                push(&mut raw, &new);
                is_set = true;
            }
        }
        Ok(Self(raw.into()))
    }

    /// The same headers without the properties whose name `is_unwanted`; not copied when there are none.
    #[must_use]
    pub fn without(&self, is_unwanted: impl Fn(&[u8]) -> bool) -> Self {
        if !self.pairs().any(|pair| is_named(pair, &is_unwanted)) {
            return self.clone();
        }
        let mut raw = Vec::with_capacity(self.0.len());
        for pair in self.pairs().filter(|pair| !is_named(pair, &is_unwanted)) {
            push(&mut raw, &[pair]);
        }
        Self(raw.into())
    }

    fn pairs(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|b| *b == VALUE_END).filter(|pair| !pair.is_empty())
    }

    /// All pairs in the order in which they stand; pairs that are not UTF-8 are left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.split(|b| *b == VALUE_END).filter_map(|pair| {
            let end = pair.iter().position(|b| *b == NAME_END)?;
            let (name, value) = pair.split_at(end);
            Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(&value[1..]).ok()?))
        })
    }
}

/// A property that RocketMQ's form cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// The name is empty, or has a byte that separates properties.
    #[error("{0:?} cannot be the name of a property: it is empty or has a byte 1 or 2")]
    Name(String),
    /// The value of the property so named has a byte that separates properties.
    #[error("the value for property {0:?} has a byte 1 or 2, which separate properties")]
    Value(String),
}

fn is_named(pair: &[u8], is_it: impl Fn(&[u8]) -> bool) -> bool {
    pair.iter().position(|b| *b == NAME_END).is_some_and(|end| is_it(&pair[..end]))
}

fn push(raw: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        raw.extend_from_slice(part);
    }
    raw.push(VALUE_END);
}

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let mut raw = Vec::new();
        for (name, value) in pairs {
            raw.extend_from_slice(name.as_bytes());
            raw.push(NAME_END);
            raw.extend_from_slice(value.as_bytes());
            raw.push(VALUE_END);
        }
        Self(raw.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &'static [u8], name: &str, expected: Option<&str>) {
        assert_eq!(Headers::from_raw(Bytes::from_static(raw)).get(name), expected);
    }

    #[test]
    fn a_property_is_found_by_its_whole_name() {
        check(b"KEYS\x01k1\x02TAGS\x01a\x02", "TAGS", Some("a"));
        check(b"KEYS\x01k1\x02TAGS\x01a", "TAGS", Some("a"));
        check(b"MYKEYS\x01no\x02KEYS\x01\x02", "KEYS", Some(""));
        check(b"KEYS\x01k1\x02", "KEY", None);
        check(b"", "KEYS", None);
        check(b"torn", "torn", None);
    }

    #[test]
    fn pairs_come_back_in_order() {
        let headers: Headers = [("a", "1"), ("b", "2")].into_iter().collect();
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("a", "1"), ("b", "2")]);
    }

    #[test]
    fn a_property_is_replaced_in_its_place_or_added_behind() {
        let headers: Headers = [("a", "1"), ("b", "2")].into_iter().collect();
        let check = |name, value, expected: &[(&str, &str)]| {
            let changed = headers.with(name, value).unwrap();
            assert_eq!(changed.iter().collect::<Vec<_>>(), expected);
        };
        check("a", "x", &[("a", "x"), ("b", "2")]);
        check("c", "", &[("a", "1"), ("b", "2"), ("c", "")]);
        let torn = Headers::from_raw(Bytes::from_static(b"a\x011\x02b\x012"));
        assert_eq!(torn.with("c", "3").unwrap().get("b"), Some("2"));
    }

    #[test]
    fn what_would_tear_the_properties_is_refused() {
        let headers = Headers::default();
        assert_eq!(headers.with("", "x").unwrap_err(), InvalidHeader::Name(String::new()));
        assert_eq!(headers.with("a\u{2}", "x").unwrap_err(), InvalidHeader::Name("a\u{2}".into()));
        assert_eq!(headers.with("a", "x\u{1}").unwrap_err(), InvalidHeader::Value("a".into()));
    }

    #[test]
    fn unwanted_properties_go_and_the_others_stay_as_they_are() {
        let headers = Headers::from_raw(Bytes::from_static(b"a\x011\x02b\x01\xff\x02a\x013\x02"));
        assert_eq!(headers.without(|name| name == b"a").as_raw().as_ref(), b"b\x01\xff\x02");
        assert_eq!(headers.without(|name| name == b"c").as_raw().as_ptr(), headers.as_raw().as_ptr());
    }
}
