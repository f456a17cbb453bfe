//! Paths of Doris's HTTP interface.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn stream_load(database: &str, table: &str) -> String {
    of_table(database, table, "_stream_load")
}

pub(super) fn two_phase_commit(database: &str) -> String {
    format!("/api/{}/_stream_load_2pc", encoded(database))
}

pub(super) fn schema(database: &str, table: &str) -> String {
    of_table(database, table, "_schema")
}

pub(super) fn load_state(database: &str, label: &str) -> String {
    format!("/api/{}/get_load_state?label={}", encoded(database), encoded(label))
}

pub(super) fn cancel(database: &str, label: &str) -> String {
    format!("/api/{}/_cancel?label={}", encoded(database), encoded(label))
}

fn of_table(database: &str, table: &str, what: &str) -> String {
    format!("/api/{}/{}/{what}", encoded(database), encoded(table))
}

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded() {
        assert_eq!(stream_load("a b", "t 中"), "/api/a%20b/t%20%E4%B8%AD/_stream_load");
        assert_eq!(load_state("d", "a_b-c"), "/api/d/get_load_state?label=a_b-c");
    }
}
