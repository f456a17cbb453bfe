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

    /// All pairs in the order in which they stand; pairs that are not UTF-8 are left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.split(|b| *b == VALUE_END).filter_map(|pair| {
            let end = pair.iter().position(|b| *b == NAME_END)?;
            let (name, value) = pair.split_at(end);
            Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(&value[1..]).ok()?))
        })
    }
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
}
