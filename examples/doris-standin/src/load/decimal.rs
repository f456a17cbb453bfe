//! Exact decimal numbers of up to 38 digits.

use std::cmp::Ordering;
use std::fmt;

const MAX_DIGITS: u32 = 38;

/// `unscaled × 10^-scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    unscaled: i128,
    scale: u32,
}

impl Decimal {
    /// Reads `-12.50`, `1e3`, `.5`; `None` for anything else and for more digits than fit.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.as_bytes().first()? {
            b'-' => (true, &mantissa[1..]),
            b'+' => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut unscaled: i128 = 0;
        let mut dropped = 0;
        for (index, byte) in whole.bytes().chain(fraction.bytes()).enumerate() {
            if !byte.is_ascii_digit() {
                return None;
            }
            let next = unscaled.checked_mul(10).and_then(|value| value.checked_add(i128::from(byte - b'0')));
            match next {
                Some(next) if dropped == 0 => unscaled = next,
                // Digits of the fraction beyond what any column holds do not count.
                _ if index >= whole.len() => dropped += 1,
                _ => return None,
            }
        }
        let scale = i32::try_from(fraction.len()).ok()? - dropped - exponent;
        let number = Self { unscaled: if negative { -unscaled } else { unscaled }, scale: 0 };
        if scale >= 0 {
            Some(Self { scale: scale.unsigned_abs(), ..number })
        } else {
            Some(Self { unscaled: number.unscaled.checked_mul(power(scale.unsigned_abs())?)?, scale: 0 })
        }
    }

    /// The same number with `scale` digits after the point, half rounded away from zero; `None` if it then has more than `precision` digits.
    pub(crate) fn rescaled(self, precision: u8, scale: u8) -> Option<Self> {
        let scale = u32::from(scale);
        let unscaled = if scale >= self.scale {
            self.unscaled.checked_mul(power(scale - self.scale)?)?
        } else {
            match power(self.scale - scale) {
                Some(divisor) => {
                    let rest = (self.unscaled % divisor).abs();
                    let up = i128::from(rest >= divisor - rest);
                    self.unscaled / divisor + up * self.unscaled.signum()
                }
                None => 0,
            }
        };
        let limit = power(u32::from(precision))?;
        (unscaled.abs() < limit).then_some(Self { unscaled, scale })
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let left = self.unscaled.checked_mul(power(scale - self.scale)?)?;
        let right = other.unscaled.checked_mul(power(scale - other.scale)?)?;
        Some(Self { unscaled: left.checked_add(right)?, scale })
    }

    pub(crate) fn negative(self) -> Self {
        Self { unscaled: -self.unscaled, ..self }
    }

    pub(crate) fn times(self, other: Self) -> Option<Self> {
        Some(Self { unscaled: self.unscaled.checked_mul(other.unscaled)?, scale: self.scale + other.scale })
    }

    /// The quotient with at least four digits after the point.
    pub(crate) fn divided(self, count: i64) -> Self {
        let scale = self.scale.max(4);
        let widened = power(scale - self.scale).and_then(|factor| self.unscaled.checked_mul(factor));
        let (unscaled, scale) = widened.map_or((self.unscaled, self.scale), |unscaled| (unscaled, scale));
        Self { unscaled: unscaled / i128::from(count.max(1)), scale }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.unscaled.unsigned_abs().to_string();
        let scale = usize::try_from(self.scale).unwrap_or(usize::MAX);
        let digits =
            if digits.len() <= scale { format!("{digits:0>width$}", width = scale + 1) } else { digits };
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if self.unscaled < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}")?;
        if fraction.is_empty() { Ok(()) } else { write!(f, ".{fraction}") }
    }
}

/// Compares numbers written as text; `None` when one of them is not a number.
pub(crate) fn compare(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (Decimal::parse(left)?, Decimal::parse(right)?);
    let scale = left.scale.max(right.scale);
    let wide = |number: Decimal| number.unscaled.checked_mul(power(scale - number.scale)?);
    Some(match (wide(left), wide(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        // One is too large to be brought to the other's scale: its sign or its size decides.
        (None, _) => left.unscaled.cmp(&0),
        (_, None) => 0.cmp(&right.unscaled),
    })
}

fn power(exponent: u32) -> Option<i128> {
    (exponent <= MAX_DIGITS).then(|| 10_i128.pow(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, precision: u8, scale: u8, expected: Option<&str>) {
        let number = Decimal::parse(text).and_then(|number| number.rescaled(precision, scale));
        assert_eq!(
            number.map(|number| number.to_string()).as_deref(),
            expected,
            "{text} as ({precision},{scale})"
        );
    }

    #[test]
    fn numbers_are_rounded_to_their_column() {
        check("1.005", 10, 2, Some("1.01"));
        check("-1.005", 10, 2, Some("-1.01"));
        check("0.004", 10, 2, Some("0.00"));
        check("12e3", 10, 0, Some("12000"));
        check("1.5e-3", 10, 4, Some("0.0015"));
        check(".5", 5, 1, Some("0.5"));
        check("999.99", 4, 1, None);
        check(
            "99999999999999999999999999999999999999",
            38,
            0,
            Some("99999999999999999999999999999999999999"),
        );
        check("0.123456789012345678901234567890123456789012345", 38, 4, Some("0.1235"));
        check("x", 10, 2, None);
        check("", 10, 2, None);
        check("-", 10, 2, None);
    }

    #[test]
    fn numbers_compare_by_value() {
        assert_eq!(compare("9.5", "10"), Some(Ordering::Less));
        assert_eq!(compare("-2", "-10.0"), Some(Ordering::Greater));
        assert_eq!(compare("1.0", "1"), Some(Ordering::Equal));
        assert_eq!(compare("99999999999999999999999999999999999999", "0.5"), Some(Ordering::Greater));
    }
}
