//! Time zones in texts: offsets from UTC, and the names of UTC.

/// Seconds east of UTC of the zone at the front of `text`, and what follows it.
pub(super) fn zone(text: &str) -> Option<(i64, &str)> {
    for name in ["UTC", "GMT", "Z"] {
        if let Some(rest) = text.strip_prefix(name) {
            return Some(if name == "Z" { (0, rest) } else { offset(rest).unwrap_or((0, rest)) });
        }
    }
    offset(text)
}

/// `+hh`, `+hhmm` or `+hh:mm`, with either sign.
fn offset(text: &str) -> Option<(i64, &str)> {
    let (sign, text) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, rest) = two_digits(text)?;
    let behind_colon = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = two_digits(behind_colon).unwrap_or((0, rest));
    (hours < 24 && minutes < 60).then_some((sign * (hours * 3600 + minutes * 60), rest))
}

fn two_digits(text: &str) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten().map(|number| (number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_in_every_notation() {
        let check = |text, expected| assert_eq!(zone(text), expected, "{text}");
        check("Z!", Some((0, "!")));
        check("UTC", Some((0, "")));
        check("GMT+08:00", Some((28_800, "")));
        check("+0530 x", Some((19_800, " x")));
        check("-08", Some((-28_800, "")));
        check("+8", None);
        check("+2500", None);
        check("CET", None);
    }
}
