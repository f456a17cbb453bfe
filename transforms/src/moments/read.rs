//! From a text to the moment that a pattern finds in it.

use super::{
    DateFormat, MONTHS, WEEKDAYS, millis,
    pattern::{Field, Piece},
    zone::zone,
};
use time::{Date, Duration, Month, Time};

impl DateFormat {
    /// Milliseconds since 1970 UTC; `None` when the text is not of the pattern or shows no moment. Text behind it is not looked at, as in
    /// Java.
    pub(crate) fn read(&self, text: &str) -> Option<i64> {
        let mut found = Found { first_year: self.first_year, ..Found::default() };
        let mut rest = text;
        for (place, piece) in self.pieces.iter().enumerate() {
            rest = match piece {
                Piece::Text(text) => rest.strip_prefix(text.as_str())?,
                Piece::Field(field, count) if field.is_number(*count) => {
                    let next = self.pieces.get(place + 1);
                    let is_run = matches!(next, Some(Piece::Field(next, count)) if next.is_number(*count));
                    let (digits, rest) = digits(rest, is_run.then_some(*count))?;
                    found.number(*field, *count, digits)?;
                    rest
                }
                Piece::Field(field, _) => found.word(*field, rest)?,
            };
        }
        found.millis()
    }
}

/// The digits at the front: so many where another number follows, else all there are.
fn digits(text: &str, count: Option<usize>) -> Option<(&str, &str)> {
    let available = text.bytes().take_while(u8::is_ascii_digit).count();
    let count = count.unwrap_or(available);
    (count > 0 && count <= available).then(|| text.split_at(count))
}

/// What a text says of a moment; what it does not say is as at the beginning of 1970.
#[derive(Debug, Default)]
struct Found {
    first_year: i32,
    year: Option<i32>,
    month: Option<u8>,
    day: Option<u8>,
    day_of_year: Option<u16>,
    hour: Option<u8>,
    hour_of_half: Option<u8>,
    is_afternoon: bool,
    minute: u8,
    second: u8,
    millis: i64,
    offset: i64,
}

impl Found {
    fn number(&mut self, field: Field, count: usize, digits: &str) -> Option<()> {
        match field {
            Field::Year if count == 2 && digits.len() == 2 => {
                let year: i32 = digits.parse().ok()?;
                self.year = Some(self.first_year + (year - self.first_year).rem_euclid(100));
            }
            Field::Year => self.year = Some(digits.parse().ok()?),
            Field::Month => self.month = Some(digits.parse().ok()?),
            Field::Day => self.day = Some(digits.parse().ok()?),
            Field::DayOfYear => self.day_of_year = Some(digits.parse().ok()?),
            Field::Hour => self.hour = Some(digits.parse().ok()?),
            Field::HourFrom1 => self.hour = Some(from_one(digits, 24)?),
            Field::HourOfHalf => self.hour_of_half = Some(digits.parse().ok().filter(|hour| *hour < 12)?),
            Field::HourOfHalfFrom1 => self.hour_of_half = Some(from_one(digits, 12)?),
            Field::Minute => self.minute = digits.parse().ok()?,
            Field::Second => self.second = digits.parse().ok()?,
            Field::Fraction => self.millis = fraction(digits)?,
            _ => return None,
        }
        Some(())
    }

    /// Reads a field that is no number; what follows it.
    fn word<'t>(&mut self, field: Field, text: &'t str) -> Option<&'t str> {
        match field {
            Field::Month => {
                let (place, rest) = name(text, &MONTHS)?;
                self.month = Some(u8::try_from(place + 1).ok()?);
                Some(rest)
            }
            Field::Weekday => name(text, &WEEKDAYS).map(|(_, rest)| rest),
            Field::HalfDay => {
                let (place, rest) = name(text, &["AM", "PM"])?;
                self.is_afternoon = place == 1;
                Some(rest)
            }
            _ => {
                let (offset, rest) = zone(text)?;
                self.offset = offset;
                Some(rest)
            }
        }
    }

    fn millis(&self) -> Option<i64> {
        let year = self.year.unwrap_or(1970);
        let date = match self.day_of_year {
            Some(day) => Date::from_ordinal_date(year, day).ok()?,
            None => {
                let month = Month::try_from(self.month.unwrap_or(1)).ok()?;
                Date::from_calendar_date(year, month, self.day.unwrap_or(1)).ok()?
            }
        };
        let afternoon = if self.is_afternoon { 12 } else { 0 };
        let hour = self.hour.unwrap_or(self.hour_of_half.map_or(0, |hour| hour + afternoon));
        // A minute has 60 seconds here: the moment of a leap second is that of the one behind it.
        let (second, leap) =
            if self.second == 60 { (59, Duration::SECOND) } else { (self.second, Duration::ZERO) };
        let time = Time::from_hms(hour, self.minute, second).ok()?;
        let shown = millis(date, time) + i64::try_from(leap.whole_milliseconds()).ok()? + self.millis;
        Some(shown - self.offset * 1000)
    }
}

fn from_one(digits: &str, last: u8) -> Option<u8> {
    let hour = digits.parse().ok().filter(|hour| (1..=last).contains(hour))?;
    Some(if hour == last { 0 } else { hour })
}

/// Up to three digits are milliseconds, as Java reads them; more are the first digits of a second.
fn fraction(digits: &str) -> Option<i64> {
    digits.get(..3).unwrap_or(digits).parse().ok()
}

/// Which of `names` stands at the front, whole or by three letters, in any case; and what follows it.
fn name<'t>(text: &'t str, names: &[&str]) -> Option<(usize, &'t str)> {
    let is_first = |name: &str| text.get(..name.len()).is_some_and(|front| front.eq_ignore_ascii_case(name));
    names.iter().enumerate().find_map(|(place, name)| {
        let short = name.get(..3).unwrap_or(name);
        let found = [*name, short].into_iter().find(|name| is_first(name))?;
        Some((place, &text[found.len()..]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: Option<i64>) {
        // 2026.
        let format = DateFormat::new(pattern, 1_795_000_000).unwrap();
        assert_eq!(format.read(text), expected, "{pattern} {text}");
    }

    #[test]
    fn texts_are_read_by_their_pattern() {
        check("yyyy-MM-dd HH:mm:ss.SSS", "2026-11-22 20:51:07.123", Some(1_795_380_667_123));
        check("yyyyMMddHHmmss", "20261122205107", Some(1_795_380_667_000));
        check("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-11-22T20:51:07+08:00", Some(1_795_351_867_000));
        check("EEE, d MMM yyyy h:mm a", "Sun, 22 Nov 2026 8:51 pm", Some(1_795_380_660_000));
        check("d MMMM yyyy", "22 november 2026", Some(1_795_305_600_000));
        check("yyyy D", "2026 326", Some(1_795_305_600_000));
        check("HH:mm", "00:01", Some(60_000));
        check("ss.SSSSSS", "07.123456", Some(7_123));
        check("ss.SSS", "07.5", Some(7_005));
        check("kk hh a", "24 12 AM", Some(0));
        check("HH:mm:ss", "23:59:60", Some(86_400_000));
    }

    #[test]
    fn two_digits_mean_a_year_of_this_time() {
        check("yy-MM-dd", "26-11-22", Some(1_795_305_600_000));
        check("yy-MM-dd", "70-01-01", Some(0));
        check("yy-MM-dd", "45-01-01", Some(2_366_841_600_000));
        check("yy-MM-dd", "46-01-01", Some(-757_382_400_000));
    }

    #[test]
    fn text_behind_is_not_looked_at() {
        check("yyyy-MM-dd", "1970-01-02T10:00:00Z", Some(86_400_000));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        check("yyyy-MM-dd", "2026-13-01", None);
        check("yyyy-MM-dd", "2026-02-29", None);
        check("yyyy-MM-dd", "2026/02/01", None);
        check("HH:mm", "24:00", None);
        check("yyyyMMdd", "202611", None);
        check("h", "13", None);
        check("MMM", "Xyz", None);
        check("HH Z", "10 CET", None);
        check("yyyy", "", None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(millis in -62_135_596_800_000_i64..253_402_300_800_000) {
            for pattern in ["yyyy-MM-dd'T'HH:mm:ss.SSSX", "D yyyy hh:mm:ss.SSS a Z", "EEEE, d. MMMM yyyy kk:mm:ss.SSSSSS z"] {
                let format = DateFormat::new(pattern, 0).unwrap();
                prop_assert_eq!(format.read(&format.write(millis).unwrap()), Some(millis));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text: String, pattern in "[yMdDEaHkKhmsSzZX :.'-]{0,12}") {
            if let Ok(format) = DateFormat::new(&pattern, 0) {
                format.read(&text);
            }
        }
    }
}
