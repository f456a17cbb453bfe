//! Moments as text: in the patterns of Java's `SimpleDateFormat`, read and written in UTC with English names.

mod pattern;
mod read;
mod write;
mod zone;

pub(crate) use pattern::DateFormat;

use crate::schemas::Logical;
use time::{Date, Time, UtcDateTime};

/// Milliseconds of a day.
pub(crate) const DAY: i64 = 86_400_000;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What a clock in UTC shows; `None` when it is out of the calendar.
fn clock(millis: i64) -> Option<(Date, Time)> {
    let moment = UtcDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()?;
    Some((moment.date(), moment.time()))
}

/// Milliseconds since 1970 of what a clock in UTC shows.
fn millis(date: Date, time: Time) -> i64 {
    let moment = UtcDateTime::new(date, time);
    moment.unix_timestamp() * 1000 + i64::from(moment.millisecond())
}

/// A date, time or timestamp of Connect in ISO 8601, as Kafka Connect shows it.
pub(crate) fn iso(number: i64, logical: Logical) -> Option<String> {
    let day = |(date, _): (Date, Time)| {
        let (year, month, day) = date.to_calendar_date();
        format!("{year:04}-{:02}-{day:02}", u8::from(month))
    };
    let time = |(_, time): (Date, Time)| {
        let (hour, minute, second, milli) = time.as_hms_milli();
        format!("{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    };
    match logical {
        Logical::Date => clock(number.checked_mul(DAY)?).map(day),
        Logical::Time => clock(number).map(time),
        Logical::Timestamp => clock(number).map(|shown| format!("{}T{}", day(shown), time(shown))),
        Logical::Decimal { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_shows_what_a_schema_means() {
        let check =
            |number, logical, expected: Option<&str>| assert_eq!(iso(number, logical).as_deref(), expected);
        check(-1, Logical::Date, Some("1969-12-31"));
        check(45_296_007, Logical::Time, Some("12:34:56.007Z"));
        check(1_795_380_667_123, Logical::Timestamp, Some("2026-11-22T20:51:07.123Z"));
        check(i64::MAX, Logical::Date, None);
        check(i64::MAX, Logical::Timestamp, None);
    }
}
