//! Whole numbers, floating ones and truth values, read as the server's string parser reads them.

/// A whole number; digits after a point are cut off.
pub(super) fn whole<N: std::str::FromStr>(text: &str) -> Option<N> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (number, fraction) = text.split_once('.')?;
    if fraction.bytes().all(|byte| byte.is_ascii_digit()) { number.parse().ok() } else { None }
}

/// A floating number. What is too large is none, unless it says that it is infinite.
pub(super) fn float(text: &str) -> Option<f64> {
    let text = text.trim();
    let number: f64 = text.parse().ok()?;
    let says_infinite = || text.contains(['i', 'I']);
    (!number.is_infinite() || says_infinite()).then_some(number)
}

/// The nearest 32-bit number, with the digits that tell it apart from its neighbours.
pub(super) fn narrowed(number: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation)]
    let narrow = number as f32;
    narrow.to_string().parse().unwrap_or(number)
}

/// `true`, `false`, `1`, `0`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        "1" => Some(true),
        "0" => Some(false),
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_lose_their_fraction() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(whole::<i64>(text), expected, "{text}");
        check("12", Some(12));
        check(" -12 ", Some(-12));
        check("+5", Some(5));
        check("1.9", Some(1));
        check("-0.5", Some(0));
        check("7.", Some(7));
        check(".5", None);
        check("1e3", None);
        check("1.2.3", None);
        check("0x10", None);
        check("9223372036854775808", None);
        check("", None);
    }

    #[test]
    fn floating_numbers_may_say_that_they_are_none() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(float(text).map(|number| number.to_string()).as_deref(), expected, "{text}");
        };
        check("1.5", Some("1.5"));
        check(" -2e3 ", Some("-2000"));
        check("1e400", None);
        check("-Infinity", Some("-inf"));
        check("NaN", Some("NaN"));
        check("1,5", None);
        check("", None);
    }
}
