//! Dates and times as loads write them.

use std::fmt::Write as _;

use super::zone::ZoneOffset;
use crate::clock::{civil, days, month_length};

const DAY_MICROS: i64 = 86_400_000_000;
const SECOND_MICROS: i64 = 1_000_000;
/// Years of two digits below this one are of this century.
const FIRST_YEAR_OF_1900: i64 = 70;
/// Year, month, day, hour, minute, second, fraction.
const FIELDS: usize = 7;
const FRACTION: usize = 6;

/// A moment on the calendar, in microseconds since 1970 of its own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl Moment {
    /// Reads what the server's own parser reads, rounded to `scale` digits of a second.
    ///
    /// `2024-01-31`, `20240131`, `2024-01-31 10:20:30.5`, `20240131T102030`, years of two digits, any punctuation between the
    /// fields; behind the time a zone, which is turned into `zone`. What stands behind a blank after the time is not read.
    pub(crate) fn parse(text: &str, zone: ZoneOffset, scale: u8) -> Option<Self> {
        Fields::read(text.trim_start().as_bytes(), scale.min(6))?.moment(zone)
    }

    /// The moment that many milliseconds after 1970 began.
    pub(crate) fn of_millis(ms: i64) -> Self {
        Self(ms.saturating_mul(1000))
    }

    /// Seconds since 1970 of its own zone, fraction cut off.
    pub(crate) fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND_MICROS)
    }

    /// Year, month, day, hour, minute, second, microsecond.
    pub(crate) fn parts(self) -> [i64; FIELDS] {
        let (year, month, day) = civil(self.0.div_euclid(DAY_MICROS));
        let micros = self.0.rem_euclid(DAY_MICROS);
        let seconds = micros / SECOND_MICROS;
        [year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60, micros % SECOND_MICROS]
    }

    /// The moment of a date and time whose fields are in their ranges.
    pub(crate) fn of_parts(parts: [i64; FIELDS]) -> Option<Self> {
        let [year, month, day, hour, minute, second, micros] = parts;
        let valid = (0..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=month_length(year, month)).contains(&day)
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second);
        let seconds = days(year, month, day) * 86_400 + (hour * 60 + minute) * 60 + second;
        valid.then_some(Self(seconds * SECOND_MICROS + micros)).filter(|moment| moment.parts()[0] <= 9999)
    }

    /// `YYYY-MM-DD`.
    pub(crate) fn date(self) -> String {
        let [year, month, day, ..] = self.parts();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `YYYY-MM-DD HH:MM:SS` with `scale` digits of a second.
    pub(crate) fn date_time(self, scale: u8) -> String {
        let [.., hour, minute, second, micros] = self.parts();
        let mut text = self.date();
        // Writing to a String cannot fail.
        write!(text, " {hour:02}:{minute:02}:{second:02}").unwrap_or_default();
        if scale > 0 {
            let width = usize::from(scale.min(6));
            let unit = 10_i64.pow(6 - u32::from(scale.min(6)));
            write!(text, ".{:0width$}", micros / unit).unwrap_or_default();
        }
        text
    }
}

/// The fields of a text, before they are checked.
struct Fields<'t> {
    values: [i64; FIELDS],
    count: usize,
    /// Digits of the year.
    year_length: usize,
    zone: Option<&'t [u8]>,
}

impl<'t> Fields<'t> {
    fn read(text: &'t [u8], scale: u8) -> Option<Self> {
        let run = text.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'T').count();
        if !text.first()?.is_ascii_digit() {
            return None;
        }
        // Without anything between date fields their lengths are fixed.
        let fixed = run == text.len() || text[run] == b'.' || zone_begins(&text[run..]);
        let year_length = if matches!(run, 4 | 8 | 14..) { 4 } else { 2 };
        let mut fields = Self { values: [0; FIELDS], count: 0, year_length, zone: None };
        let (mut at, mut length, mut saw_bar) = (0, year_length, false);
        while fields.count < FIELDS && text.get(at).is_some_and(u8::is_ascii_digit) {
            let field = fields.count;
            let most = if fixed || field == FRACTION { length } else { usize::MAX };
            let digits = text[at..].iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
            let value = number(&text[at..at + digits])?;
            fields.values[field] =
                if field == FRACTION { value * 10_i64.pow(6 - u32::try_from(digits).ok()?) } else { value };
            if field == 0 && !fixed {
                fields.year_length = digits;
            }
            at += digits;
            length = 2;
            if field == FRACTION {
                fields.round(scale, text.get(at).copied());
            }
            fields.count += 1;
            let rest = &text[at..];
            if rest.is_empty() {
                break;
            }
            if (field > 2 || !saw_bar) && zone_begins(rest) {
                fields.zone = Some(rest);
                break;
            }
            match (field, rest[0]) {
                (2, b'T') => at += 1,
                (5, b'.') => {
                    at += 1;
                    length = 6;
                }
                // Whatever stands behind the seconds.
                (5, _) => break,
                _ => {
                    let between = rest.iter().take_while(|byte| separates(**byte));
                    for byte in between {
                        if byte.is_ascii_whitespace() && !matches!(field, 2 | FRACTION) {
                            return None;
                        }
                        saw_bar |= *byte == b'-';
                        at += 1;
                    }
                }
            }
        }
        Some(fields)
    }

    /// Rounds the fraction; the seconds take what is carried when all fields are put together.
    fn round(&mut self, scale: u8, next_digit: Option<u8>) {
        let fraction = &mut self.values[FRACTION];
        if scale == 6 {
            *fraction += i64::from(next_digit.is_some_and(|digit| (b'5'..=b'9').contains(&digit)));
            return;
        }
        let unit = 10_i64.pow(6 - u32::from(scale));
        *fraction = (*fraction + unit / 2) / unit * unit;
    }

    fn moment(mut self, zone: ZoneOffset) -> Option<Moment> {
        if self.count < 3 {
            return None;
        }
        if self.year_length == 2 {
            self.values[0] += if self.values[0] < FIRST_YEAR_OF_1900 { 2000 } else { 1900 };
        }
        let moment = Moment::of_parts(self.values)?;
        let Some(given) = self.zone else { return Some(moment) };
        let given = ZoneOffset::parse(std::str::from_utf8(given).ok()?)?;
        Some(Moment(moment.0 + (zone.seconds() - given.seconds()) * SECOND_MICROS))
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(digits).ok()?;
    text.parse().ok().filter(|number| *number < 1_000_000)
}

fn separates(byte: u8) -> bool {
    byte.is_ascii_punctuation() || byte.is_ascii_whitespace()
}

/// Whether a zone's name or distance begins here; `T` is what stands between date and time.
fn zone_begins(text: &[u8]) -> bool {
    match text.first() {
        Some(b'+') => true,
        Some(b'-') => text.get(3) == Some(&b':'),
        Some(byte) => byte.is_ascii_alphabetic() && *byte != b'T',
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, scale: u8, expected: Option<&str>) {
        let found = Moment::parse(text, ZoneOffset::default(), scale).map(|moment| moment.date_time(scale));
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn times_are_read_in_the_forms_loads_use() {
        check("2024-02-29 10:20:30", 0, Some("2024-02-29 10:20:30"));
        check("2024-02-29T10:20:30.123456", 3, Some("2024-02-29 10:20:30.123"));
        check("20240229", 0, Some("2024-02-29 00:00:00"));
        check("20240229102030", 0, Some("2024-02-29 10:20:30"));
        check("20240229T102030", 0, Some("2024-02-29 10:20:30"));
        check("24-2-9", 0, Some("2024-02-09 00:00:00"));
        check("700102", 0, Some("1970-01-02 00:00:00"));
        check("2024/02/29 1:2:3", 0, Some("2024-02-29 01:02:03"));
        check("2024-02-29 10", 0, Some("2024-02-29 10:00:00"));
        check("  2024-02-29 10:20:30 what follows", 0, Some("2024-02-29 10:20:30"));
    }

    #[test]
    fn fractions_are_rounded_to_the_column() {
        check("2024-02-29T23:59:59.9996", 3, Some("2024-03-01 00:00:00.000"));
        check("2024-02-29 10:20:30.5", 0, Some("2024-02-29 10:20:31"));
        check("2024-02-29 10:20:30.4", 0, Some("2024-02-29 10:20:30"));
        check("2024-02-29 10:20:30.1234567", 6, Some("2024-02-29 10:20:30.123457"));
        check("2024-02-29 10:20:30.12", 6, Some("2024-02-29 10:20:30.120000"));
        check("9999-12-31 23:59:59.9", 0, None);
    }

    #[test]
    fn zones_move_times_into_that_of_the_load() {
        check("2024-02-29T10:20:30+08:00", 0, Some("2024-02-29 02:20:30"));
        check("2024-02-29T10:20:30Z", 0, Some("2024-02-29 10:20:30"));
        check("2024-02-29 10:20:30.5-08:00", 1, Some("2024-02-29 18:20:30.5"));
        check("2024-02-29 10:20:30Asia/Shanghai", 0, Some("2024-02-29 02:20:30"));
        check("2024-02-29 10:20:30 Asia/Shanghai", 0, Some("2024-02-29 10:20:30"));
        check("2024-02-29 10:20:30Mars/Phobos", 0, None);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "2023-02-29",
            "2024-02-29 25:00:00",
            "2024-02-29 10:60:00",
            "2024-13-01",
            "2024-02",
            "2024",
            "yesterday",
            "-2024-01-01",
            "2024 02 29",
            "",
        ] {
            check(text, 0, None);
        }
    }
}
