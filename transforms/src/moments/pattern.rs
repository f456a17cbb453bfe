//! The letters of a pattern.

/// A pattern for moments, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct DateFormat {
    pub(super) pieces: Vec<Piece>,
    /// The first year that two digits can mean; with it go the 99 that follow.
    pub(super) first_year: i32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// A field of the clock, and how often its letter stands there.
    Field(Field, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Year,
    Month,
    Day,
    DayOfYear,
    Weekday,
    HalfDay,
    /// 0 to 23.
    Hour,
    /// 1 to 24.
    HourFrom1,
    /// 0 to 11.
    HourOfHalf,
    /// 1 to 12.
    HourOfHalfFrom1,
    Minute,
    Second,
    Fraction,
    /// `UTC`
    ZoneName,
    /// `+0000`
    ZoneOffset,
    /// `Z`
    ZoneIso,
}

/// Text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidFormat {
    #[error(
        "letter {0:?} means nothing that is known here: there are y M d D E a H k K h m s S z Z X, and text between apostrophes"
    )]
    Letter(char),
    #[error("the apostrophe at the beginning of {0:?} is not closed")]
    Apostrophe(String),
}

impl DateFormat {
    /// Reads a pattern. Two digits of a year mean one from 80 years before `now` (seconds since 1970) on.
    pub(crate) fn new(pattern: &str, now: i64) -> Result<Self, InvalidFormat> {
        let year = super::clock(now.saturating_mul(1000)).map_or(1970, |(date, _)| date.year());
        Ok(Self { pieces: pieces(pattern)?, first_year: year - 80 })
    }
}

fn pieces(pattern: &str) -> Result<Vec<Piece>, InvalidFormat> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => {
                let (text, length) =
                    quoted(rest).ok_or_else(|| InvalidFormat::Apostrophe(rest.to_owned()))?;
                push_text(&mut pieces, &text);
                length
            }
            letter if letter.is_ascii_alphabetic() => {
                let count = rest.chars().take_while(|char| *char == letter).count();
                pieces.push(Piece::Field(field(letter)?, count));
                count
            }
            other => {
                push_text(&mut pieces, other.encode_utf8(&mut [0; 4]));
                other.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Ok(pieces)
}

/// The text between apostrophes at the front, where two mean one, and how long it is with them.
fn quoted(text: &str) -> Option<(String, usize)> {
    if text.starts_with("''") {
        return Some(("'".to_owned(), 2));
    }
    let mut inner = String::new();
    let mut at = 1;
    loop {
        let end = at + text.get(at..)?.find('\'')?;
        inner.push_str(&text[at..end]);
        at = end + 1;
        if !text[at..].starts_with('\'') {
            return Some((inner, at));
        }
        inner.push('\'');
        at += 1;
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

fn field(letter: char) -> Result<Field, InvalidFormat> {
    Ok(match letter {
        'y' => Field::Year,
        'M' | 'L' => Field::Month,
        'd' => Field::Day,
        'D' => Field::DayOfYear,
        'E' => Field::Weekday,
        'a' => Field::HalfDay,
        'H' => Field::Hour,
        'k' => Field::HourFrom1,
        'K' => Field::HourOfHalf,
        'h' => Field::HourOfHalfFrom1,
        'm' => Field::Minute,
        's' => Field::Second,
        'S' => Field::Fraction,
        'z' => Field::ZoneName,
        'Z' => Field::ZoneOffset,
        'X' => Field::ZoneIso,
        other => return Err(InvalidFormat::Letter(other)),
    })
}

impl Field {
    /// Whether it is written in digits, when its letter stands there so often.
    pub(super) fn is_number(self, count: usize) -> bool {
        match self {
            Self::Month => count < 3,
            Self::Weekday | Self::HalfDay | Self::ZoneName | Self::ZoneOffset | Self::ZoneIso => false,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apostrophes_enclose_text() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let check = |pattern: &str, expected: &[Piece]| assert_eq!(pieces(pattern).as_deref(), Ok(expected));
        check("yyyy'T'", &[Piece::Field(Field::Year, 4), text("T")]);
        check("''yy", &[text("'"), Piece::Field(Field::Year, 2)]);
        check("h 'o''clock'", &[Piece::Field(Field::HourOfHalfFrom1, 1), text(" o'clock")]);
        check("年", &[text("年")]);
    }

    #[test]
    fn what_means_nothing_is_refused() {
        assert_eq!(pieces("yyyy-ww"), Err(InvalidFormat::Letter('w')));
        assert_eq!(pieces("yyyy'T"), Err(InvalidFormat::Apostrophe("'T".into())));
    }
}
