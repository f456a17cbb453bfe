//! Time zones of a fixed distance from UTC.

/// A fixed distance from UTC, in seconds. Zones with changing rules are not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct ZoneOffset(i32);

/// Zones that have kept their distance since 1970, in minutes.
const NAMED: &[(&str, i32)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("Etc/UTC", 0),
    ("Etc/GMT", 0),
    ("UCT", 0),
    ("Universal", 0),
    ("Zulu", 0),
    ("Africa/Abidjan", 0),
    ("Africa/Lagos", 60),
    ("Africa/Johannesburg", 120),
    ("Africa/Nairobi", 180),
    ("Asia/Riyadh", 180),
    ("Asia/Dubai", 240),
    ("Asia/Kolkata", 330),
    ("Asia/Calcutta", 330),
    ("Asia/Bangkok", 420),
    ("Asia/Jakarta", 420),
    ("Asia/Ho_Chi_Minh", 420),
    ("Asia/Shanghai", 480),
    ("PRC", 480),
    // The server's own rule: not the American one.
    ("CST", 480),
    ("Asia/Hong_Kong", 480),
    ("Asia/Singapore", 480),
    ("Asia/Taipei", 480),
    ("Asia/Tokyo", 540),
    ("Asia/Seoul", 540),
];

impl ZoneOffset {
    /// Reads `Z`, `UTC`, `+08:00`, and the names of zones without changing rules, in any case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let named = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map(|(_, minutes)| Self(minutes * 60)).or_else(|| Self::parse_offset(text))
    }

    /// How many seconds later it is here than in UTC.
    pub(super) fn seconds(self) -> i64 {
        self.0.into()
    }

    /// `+HH:MM`, from -12:59 to +14:59.
    fn parse_offset(text: &str) -> Option<Self> {
        let (sign, most) = match text.as_bytes().first()? {
            b'+' => (1, 14),
            b'-' => (-1, 12),
            _ => return None,
        };
        let (hours, minutes) = text[1..].split_once(':')?;
        let two_digits =
            |text: &str| text.len() <= 2 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !two_digits(hours) || minutes.len() != 2 || !two_digits(minutes) {
            return None;
        }
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours <= most && minutes < 60).then_some(Self(sign * (hours * 3600 + minutes * 60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_name_and_by_distance() {
        let check = |text: &str, hours: Option<f64>| {
            #[allow(clippy::cast_possible_truncation)]
            let expected = hours.map(|hours| (hours * 3600.0) as i64);
            assert_eq!(ZoneOffset::parse(text).map(ZoneOffset::seconds), expected, "{text}");
        };
        check("asia/shanghai", Some(8.0));
        check("CST", Some(8.0));
        check("+05:30", Some(5.5));
        check("-8:00", Some(-8.0));
        check("+15:00", None);
        check("-13:00", None);
        check("+08:60", None);
        check("+08", None);
        check("America/New_York", None);
        check("", None);
    }
}
