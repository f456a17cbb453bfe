//! A moment as a pattern shows it.

use super::{
    DateFormat, MONTHS, WEEKDAYS, clock,
    pattern::{Field, Piece},
};
use time::{Date, Time};

impl DateFormat {
    /// `millis` since 1970 UTC as text; `None` when it is out of the calendar.
    pub(crate) fn write(&self, millis: i64) -> Option<String> {
        let (date, time) = clock(millis)?;
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Field(field, count) => write_field(*field, *count, date, time, &mut out),
            }
        }
        Some(out)
    }
}

fn write_field(field: Field, count: usize, date: Date, time: Time, out: &mut String) {
    let month = u8::from(date.month());
    let hour = time.hour();
    let number: u32 = match field {
        Field::Year if count == 2 => u32::try_from(date.year().rem_euclid(100)).unwrap_or_default(),
        Field::Year => date.year().unsigned_abs(),
        Field::Month if count >= 3 => return name(MONTHS[usize::from(month) - 1], count, out),
        Field::Month => month.into(),
        Field::Day => date.day().into(),
        Field::DayOfYear => date.ordinal().into(),
        Field::Weekday => {
            return name(WEEKDAYS[usize::from(date.weekday().number_days_from_monday())], count, out);
        }
        Field::HalfDay => return out.push_str(if hour < 12 { "AM" } else { "PM" }),
        Field::Hour => hour.into(),
        Field::HourFrom1 => (if hour == 0 { 24 } else { hour }).into(),
        Field::HourOfHalf => (hour % 12).into(),
        Field::HourOfHalfFrom1 => ((hour + 11) % 12 + 1).into(),
        Field::Minute => time.minute().into(),
        Field::Second => time.second().into(),
        Field::Fraction => return fraction(time.millisecond(), count, out),
        Field::ZoneName => return out.push_str("UTC"),
        Field::ZoneOffset => return out.push_str("+0000"),
        Field::ZoneIso => return out.push('Z'),
    };
    out.push_str(&format!("{number:0count$}"));
}

/// Three letters of a name, or all of them.
fn name(name: &str, count: usize, out: &mut String) {
    out.push_str(if count > 3 { name } else { &name[..3] });
}

/// Java writes milliseconds as a number, whatever the count; behind a point, four letters and more can only mean the first digits of a
/// second.
fn fraction(millis: u16, count: usize, out: &mut String) {
    if count <= 3 {
        return out.push_str(&format!("{millis:0count$}"));
    }
    out.push_str(&format!("{millis:03}"));
    out.extend(std::iter::repeat_n('0', count - 3));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_show_moments_as_java_does() {
        // Sunday, 2026-11-22 20:51:07.023 UTC.
        let check = |pattern: &str, expected: &str| {
            let written = DateFormat::new(pattern, 0).unwrap().write(1_795_380_667_023);
            assert_eq!(written.as_deref(), Some(expected), "{pattern}");
        };
        check("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-11-22T20:51:07.023Z");
        check("yyyyMMdd", "20261122");
        check("d.M.yy h:mm a", "22.11.26 8:51 PM");
        check("EEE, MMM d", "Sun, Nov 22");
        check("EEEE MMMM D", "Sunday November 326");
        check("kk KK HH:mm z Z", "20 08 20:51 UTC +0000");
        check("ss.S ss.SSSSSS", "07.23 07.023000");
    }

    #[test]
    fn midnight_has_four_names() {
        assert_eq!(DateFormat::new("H k K h a", 0).unwrap().write(0).unwrap(), "0 24 0 12 AM");
    }

    #[test]
    fn before_1970_is_a_time_too_and_the_calendar_ends() {
        assert_eq!(
            DateFormat::new("yyyy-MM-dd HH:mm:ss.SSS", 0).unwrap().write(-1).unwrap(),
            "1969-12-31 23:59:59.999"
        );
        assert_eq!(DateFormat::new("yyyy", 0).unwrap().write(i64::MAX), None);
    }
}
