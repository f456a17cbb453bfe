//! Functions of dates and times.

use super::functions::Function;
use super::value::Value;
use crate::clock::now_ms;
use crate::load::datetime::Moment;
use crate::load::zone::ZoneOffset;

/// They are all NULL where an argument is.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::strict("now", (0, 0), |_, zone| Some(Value::Time(now(zone), 0))),
    Function::strict("current_timestamp", (0, 0), |_, zone| Some(Value::Time(now(zone), 0))),
    Function::strict("curdate", (0, 0), |_, zone| Some(Value::Date(now(zone)))),
    Function::strict("current_date", (0, 0), |_, zone| Some(Value::Date(now(zone)))),
    Function::strict("date", (1, 1), |of, zone| of[0].moment(zone).map(day)),
    Function::strict("to_date", (1, 1), |of, zone| of[0].moment(zone).map(day)),
    Function::strict("year", (1, 1), |of, zone| part(of, zone, 0)),
    Function::strict("month", (1, 1), |of, zone| part(of, zone, 1)),
    Function::strict("day", (1, 1), |of, zone| part(of, zone, 2)),
    Function::strict("hour", (1, 1), |of, zone| part(of, zone, 3)),
    Function::strict("minute", (1, 1), |of, zone| part(of, zone, 4)),
    Function::strict("second", (1, 1), |of, zone| part(of, zone, 5)),
    Function::strict("from_unixtime", (1, 2), |of, zone| {
        let seconds = of[0].whole().filter(|seconds| *seconds >= 0)?;
        let moment = Moment::of_millis((seconds + zone.seconds()).checked_mul(1000)?);
        let pattern = of.get(1).map_or(Some("%Y-%m-%d %H:%i:%s".to_owned()), Value::text)?;
        written(moment, &pattern).map(Value::Text)
    }),
    Function::strict("unix_timestamp", (0, 1), |of, zone| {
        let moment = of.first().map_or(Some(now(zone)), |value| value.moment(zone))?;
        Some(Value::Whole((moment.seconds() - zone.seconds()).max(0).into()))
    }),
    Function::strict("date_format", (2, 2), |of, zone| {
        written(of[0].moment(zone)?, &of[1].text()?).map(Value::Text)
    }),
    Function::strict("str_to_date", (2, 2), |of, _| read(&of[0].text()?, &of[1].text()?)),
];

/// Now, on the clock of a zone.
fn now(zone: ZoneOffset) -> Moment {
    Moment::of_millis(now_ms() + zone.seconds() * 1000)
}

fn day(moment: Moment) -> Value {
    let [year, month, day, ..] = moment.parts();
    Moment::of_parts([year, month, day, 0, 0, 0, 0]).map_or(Value::Null, Value::Date)
}

fn part(of: &[Value], zone: ZoneOffset, index: usize) -> Option<Value> {
    let number = of[0].moment(zone)?.parts()[index];
    Some(Value::Whole(number.into()))
}

/// The short forms that the server takes for patterns.
fn pattern(text: &str) -> &str {
    match text {
        "yyyyMMdd" => "%Y%m%d",
        "yyyy-MM-dd" => "%Y-%m-%d",
        "yyyy-MM-dd HH:mm:ss" => "%Y-%m-%d %H:%i:%s",
        other => other,
    }
}

/// A moment written by a pattern of MySQL's; NULL for letters that are not known here.
fn written(moment: Moment, text: &str) -> Option<String> {
    let [year, month, day, hour, minute, second, micros] = moment.parts();
    let mut out = String::new();
    let mut letters = pattern(text).chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        out.push_str(&match letters.next()? {
            'Y' => format!("{year:04}"),
            'y' => format!("{:02}", year % 100),
            'm' => format!("{month:02}"),
            'c' => month.to_string(),
            'd' => format!("{day:02}"),
            'e' => day.to_string(),
            'H' => format!("{hour:02}"),
            'k' => hour.to_string(),
            'i' => format!("{minute:02}"),
            's' | 'S' => format!("{second:02}"),
            'f' => format!("{micros:06}"),
            'T' => format!("{hour:02}:{minute:02}:{second:02}"),
            '%' => "%".to_owned(),
            _ => return None,
        });
    }
    Some(out)
}

/// A moment read by a pattern: a date where it has no part of a time.
fn read(text: &str, by: &str) -> Option<Value> {
    let mut parts = [0, 1, 1, 0, 0, 0, 0];
    let (mut rest, mut has_time, mut has_fraction) = (text, false, false);
    let mut letters = pattern(by).chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            rest = rest.strip_prefix(letter)?;
            continue;
        }
        let (index, most) = match letters.next()? {
            'Y' => (0, 4),
            'm' | 'c' => (1, 2),
            'd' | 'e' => (2, 2),
            'H' | 'k' => (3, 2),
            'i' => (4, 2),
            's' | 'S' => (5, 2),
            'f' => (6, 6),
            _ => return None,
        };
        let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, behind) = rest.split_at(length);
        parts[index] = digits.parse().ok()?;
        if index == 6 {
            parts[index] *= 10_i64.pow(6 - u32::try_from(length).ok()?);
        }
        has_time |= index > 2;
        has_fraction |= index == 6;
        rest = behind;
    }
    let moment = Moment::of_parts(parts)?;
    Some(if has_time { Value::Time(moment, if has_fraction { 6 } else { 0 }) } else { Value::Date(moment) })
}
