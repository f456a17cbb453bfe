//! The order in which a Java `HashMap` with text keys lists its entries.
//!
//! The front end answers with such maps, so their order is what its clients have always seen, however arbitrary.

use serde_json::{Map, Value};

/// Capacity of a map that was made without saying how much it would hold.
pub(super) const DEFAULT_CAPACITY: usize = 16;

/// A JSON object of these entries, put one after another into a map made for `capacity`.
pub(super) fn object(capacity: usize, entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    let mut entries: Vec<_> = entries.into_iter().collect();
    let mut buckets = capacity.next_power_of_two();
    // Doubled whenever three quarters full.
    while entries.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    // Entries of one bucket stay in the order in which they came.
    entries.sort_by_key(|(key, _)| spread(key) as usize & (buckets - 1));
    Value::Object(Map::from_iter(entries))
}

/// `String.hashCode`, high bits folded into the low ones.
fn spread(key: &str) -> u32 {
    let hash =
        key.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(capacity: usize, put: &[&str], expected: &str) {
        let object = object(capacity, put.iter().map(|key| ((*key).to_owned(), Value::Null)));
        let listed: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(listed.join(" "), expected);
    }

    #[test]
    fn entries_are_listed_as_recorded_answers_list_them() {
        check(2, &["type", "comment", "name", "aggregation_type"], "name aggregation_type comment type");
        check(2, &["status", "keysType", "properties"], "keysType properties status");
        check(4, &["status", "size"], "size status");
        check(16, &["total_backend_num", "online_backend_num"], "online_backend_num total_backend_num");
        check(
            16,
            &["__internal_schema", "information_schema", "mysql", "test", "test2"],
            "test2 information_schema test mysql __internal_schema",
        );
    }
}
