//! Habits of Java that answers show: the order of hash maps, and how whole numbers are read.
//!
//! Source: the documentation of `java.lang.String.hashCode`, `java.util.HashMap` and `java.lang.Integer.valueOf`.

/// The order in which a Java `HashMap` with default settings iterates over these keys, inserted in the order given.
pub(super) fn hash_map_order<T>(mut entries: Vec<T>, key: impl Fn(&T) -> &str) -> Vec<T> {
    let mask = table_size(entries.len()) - 1;
    // Entries of one bucket keep the order of their insertion, also when the table grows: the sort is stable.
    entries.sort_by_key(|entry| spread(hash_code(key(entry))) & mask);
    entries
}

/// The whole number a text stands for, as `Integer.valueOf` reads it.
pub(super) fn parse_int(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.starts_with(['+', '-']) { None } else { text.parse().ok() }
}

/// What `Integer.valueOf` says of a text that is no whole number.
pub(super) fn not_an_int(text: &str) -> String {
    format!("For input string: \"{text}\"")
}

/// The table starts with 16 buckets and doubles when it is more than three quarters full.
fn table_size(entries: usize) -> u32 {
    let mut size: u32 = 16;
    while entries > (size as usize) / 4 * 3 && size < 1 << 30 {
        size *= 2;
    }
    size
}

fn hash_code(text: &str) -> u32 {
    text.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)))
}

fn spread(hash: u32) -> u32 {
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_order(keys: &[&str], expected: &[&str]) {
        assert_eq!(hash_map_order(keys.to_vec(), |key| key), expected);
    }

    #[test]
    fn keys_come_in_the_order_of_a_java_hash_map() {
        check_order(
            &["rc-e3", "rc-f1", "rc-f2", "rc-f3", "rc-m", "rc-s2", "rc-s3", "rc-src"],
            &["rc-f1", "rc-m", "rc-s3", "rc-src", "rc-f2", "rc-f3", "rc-e3", "rc-s2"],
        );
        check_order(
            &["connect.topicnames", "filename", "max.tasks", "connector.class", "consume.from.where"],
            &["connector.class", "consume.from.where", "filename", "max.tasks", "connect.topicnames"],
        );
        check_order(
            &["stoppingTasks", "runningTasks", "pendingTasks", "errorTasks", "stoppedTasks"],
            &["pendingTasks", "stoppedTasks", "errorTasks", "stoppingTasks", "runningTasks"],
        );
    }

    #[test]
    fn hash_codes_are_those_of_java() {
        assert_eq!(hash_code(""), 0);
        assert_eq!(
            hash_code("connector-doris1"),
            "connector-doris1".bytes().fold(0, |h: u32, b| h.wrapping_mul(31).wrapping_add(b.into()))
        );
        assert_eq!(hash_code("polygenelubricants"), 0x8000_0000);
        assert_eq!(hash_code("😀"), 0xD83D * 31 + 0xDE00);
    }

    #[test]
    fn the_table_grows_beyond_three_quarters() {
        let check = |entries, size| assert_eq!(table_size(entries), size);
        check(0, 16);
        check(12, 16);
        check(13, 32);
        check(24, 32);
        check(25, 64);
    }

    #[test]
    fn whole_numbers() {
        let check = |text, expected| assert_eq!(parse_int(text), expected, "{text}");
        check("0", Some(0));
        check("+1", Some(1));
        check("-01", Some(-1));
        check("2147483648", None);
        check("+-1", None);
        check(" 1", None);
        check("", None);
        check("abc", None);
    }
}
