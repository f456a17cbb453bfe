//! Numbers, read leniently and printed as Java prints them: `Integer`, `BigInteger`, `BigDecimal`, `Double`.

use super::{Malformed, cursor::Cursor};

/// The number that begins here, as Java prints it.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<String, Malformed> {
    let negative = sign(cursor) == Some('-');
    let whole = digits(cursor);
    if whole.is_empty() {
        return Err(cursor.malformed("digits are needed"));
    }
    let fraction = if cursor.take('.') { Some(digits(cursor)) } else { None };
    let exponent = if cursor.take('e') || cursor.take('E') { Some(exponent(cursor)?) } else { None };
    let literal = Literal { negative, whole, fraction, exponent };
    // Java's letters for types: Double and Float; Long, Short and Byte.
    if cursor.take('D') || cursor.take('F') {
        return Ok(literal.double());
    }
    if exponent.is_none() && matches!(cursor.peek(), Some('L' | 'S' | 'B')) {
        cursor.next();
    }
    Ok(literal.exact())
}

fn sign(cursor: &mut Cursor<'_>) -> Option<char> {
    cursor.peek().filter(|c| matches!(c, '-' | '+')).and_then(|_| cursor.next())
}

fn digits<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    cursor.take_while(|c| c.is_ascii_digit())
}

fn exponent(cursor: &mut Cursor<'_>) -> Result<i32, Malformed> {
    let negative = sign(cursor) == Some('-');
    match digits(cursor).parse::<i32>() {
        Ok(exponent) => Ok(if negative { -exponent } else { exponent }),
        Err(_) => Err(cursor.malformed("an exponent is needed, and not so large")),
    }
}

/// The parts of a number as written.
struct Literal<'a> {
    negative: bool,
    /// Digits before the point, at least one.
    whole: &'a str,
    /// Digits after the point; `None` without a point.
    fraction: Option<&'a str>,
    exponent: Option<i32>,
}

impl Literal<'_> {
    /// As `BigInteger` or `BigDecimal` prints it, which keep every digit.
    fn exact(&self) -> String {
        let fraction = self.fraction.unwrap_or_default();
        let digits = format!("{}{fraction}", self.whole);
        let digits = match digits.trim_start_matches('0') {
            "" => "0",
            stripped => stripped,
        };
        let sign = if self.negative && digits != "0" { "-" } else { "" };
        let is_integer = self.fraction.is_none() && self.exponent.is_none();
        if is_integer {
            return format!("{sign}{digits}");
        }
        let scale = length(fraction) - i64::from(self.exponent.unwrap_or(0));
        format!("{sign}{}", decimal(digits, scale))
    }

    /// As `Double` prints it.
    fn double(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let text = format!(
            "{sign}{}.{}0e{}",
            self.whole,
            self.fraction.unwrap_or_default(),
            self.exponent.unwrap_or(0)
        );
        text.parse::<f64>().map_or(text, double)
    }
}

/// Source: the documentation of `java.math.BigDecimal.toString`.
fn decimal(digits: &str, scale: i64) -> String {
    let adjusted = length(digits) - 1 - scale;
    if scale == 0 {
        return digits.to_owned();
    }
    if scale > 0 && adjusted >= -6 {
        let missing = usize::try_from(scale + 1 - length(digits)).unwrap_or(0);
        let padded = format!("{}{digits}", "0".repeat(missing));
        let point = padded.len().saturating_sub(usize::try_from(scale).unwrap_or(0));
        return format!("{}.{}", &padded[..point], &padded[point..]);
    }
    let (first, rest) = digits.split_at(1);
    let mut text = first.to_owned();
    if !rest.is_empty() {
        text.push('.');
        text.push_str(rest);
    }
    if adjusted != 0 {
        text.push_str(&format!("E{adjusted:+}"));
    }
    text
}

/// Source: the documentation of `java.lang.Double.toString`.
fn double(value: f64) -> String {
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text,
    }
}

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}
