//! Dates and times as loads write them.

use std::fmt::Write as _;

use crate::clock::{civil, days, month_length};

const DAY_MICROS: i64 = 86_400_000_000;

/// A fixed distance from UTC, in seconds. Zones with changing rules are not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct ZoneOffset(i32);

impl ZoneOffset {
    /// Reads `Z`, `UTC`, `+08:00`, and the names of zones without changing rules.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let hours = match text {
            "Z" | "z" | "UTC" | "GMT" | "Etc/UTC" | "Etc/GMT" | "Universal" | "Zulu" => 0,
            "Asia/Shanghai" | "PRC" | "CST" | "Asia/Singapore" | "Asia/Hong_Kong" | "Asia/Taipei" => 8,
            "Asia/Tokyo" | "Asia/Seoul" => 9,
            "Asia/Dubai" => 4,
            "Asia/Jakarta" | "Asia/Bangkok" | "Asia/Ho_Chi_Minh" => 7,
            _ => return Self::parse_offset(text),
        };
        Some(Self(hours * 3600))
    }

    fn parse_offset(text: &str) -> Option<Self> {
        let sign = match text.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, minutes) = text[1..].split_once(':').unwrap_or((&text[1..], "0"));
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours <= 14 && minutes < 60).then_some(Self(sign * (hours * 3600 + minutes * 60)))
    }
}

/// A moment on the calendar, in microseconds since 1970 of its own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(i64);

impl Moment {
    /// Reads `2024-01-31`, `20240131`, `2024-01-31 10:20:30.5`, with `T` and a zone allowed; a zone is turned into `zone`.
    pub(crate) fn parse(text: &str, zone: ZoneOffset) -> Option<Self> {
        let text = text.trim();
        let (date, time) = match text.find(['T', ' ']) {
            Some(at) => (&text[..at], text[at + 1..].trim_start()),
            None => (text, ""),
        };
        let (year, month, day) = parse_date(date)?;
        let date_micros = days(year, month, day) * DAY_MICROS;
        if time.is_empty() {
            return Some(Self(date_micros));
        }
        let zone_at =
            time.find(['Z', 'z', '+', '-']).or_else(|| time.find(|c: char| c.is_ascii_alphabetic()));
        let (clock, offset) = match zone_at {
            Some(at) => (time[..at].trim_end(), Some(ZoneOffset::parse(time[at..].trim())?)),
            None => (time, None),
        };
        let shift = offset.map_or(0, |offset| i64::from(zone.0 - offset.0) * 1_000_000);
        Some(Self(date_micros + parse_clock(clock)? + shift))
    }

    /// `YYYY-MM-DD`.
    pub(crate) fn date(self) -> String {
        let (year, month, day) = civil(self.0.div_euclid(DAY_MICROS));
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `YYYY-MM-DD HH:MM:SS` with `scale` digits of a second, rounded.
    pub(crate) fn date_time(self, scale: u8) -> String {
        let unit = 10_i64.pow(6 - u32::from(scale.min(6)));
        let rounded = Self((self.0 + unit / 2).div_euclid(unit) * unit);
        let micros = rounded.0.rem_euclid(DAY_MICROS);
        let seconds = micros / 1_000_000;
        let mut text = rounded.date();
        // Writing to a String cannot fail.
        write!(text, " {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
            .unwrap_or_default();
        if scale > 0 {
            let width = usize::from(scale);
            write!(text, ".{:0width$}", micros % 1_000_000 / unit).unwrap_or_default();
        }
        text
    }
}

fn parse_date(text: &str) -> Option<(i64, i64, i64)> {
    let (year, month, day) = if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        (text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?)
    } else {
        let mut parts = text.splitn(3, ['-', '/']);
        let mut part =
            || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok();
        (part()?, part()?, part()?)
    };
    let valid = (0..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=month_length(year, month)).contains(&day);
    valid.then_some((year, month, day))
}

fn parse_clock(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.splitn(3, ':').map(|part| part.parse::<i64>().ok().filter(|number| *number >= 0));
    let hour = parts.next()??;
    let minute = parts.next().unwrap_or(Some(0))?;
    let second = parts.next().unwrap_or(Some(0))?;
    if hour > 23 || minute > 59 || second > 59 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micros: i64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<6}")[..6].parse().ok()? };
    Some(((hour * 60 + minute) * 60 + second) * 1_000_000 + micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, scale: u8, expected: Option<&str>) {
        let found = Moment::parse(text, ZoneOffset::default()).map(|moment| moment.date_time(scale));
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn times_are_read_in_the_forms_loads_use() {
        check("2024-02-29 10:20:30", 0, Some("2024-02-29 10:20:30"));
        check("2024-02-29T10:20:30.123456", 3, Some("2024-02-29 10:20:30.123"));
        check("2024-02-29T23:59:59.9996", 3, Some("2024-03-01 00:00:00.000"));
        check("20240229", 0, Some("2024-02-29 00:00:00"));
        check("2024-02-29T10:20:30+08:00", 0, Some("2024-02-29 02:20:30"));
        check("2024-02-29T10:20:30Z", 0, Some("2024-02-29 10:20:30"));
        check("2024-02-29 10:20:30 Asia/Shanghai", 0, Some("2024-02-29 02:20:30"));
        check("2023-02-29", 0, None);
        check("2024-02-29 25:00:00", 0, None);
        check("yesterday", 0, None);
        check("", 0, None);
    }
}
