//! Decimal literals as unscaled numbers.

use num_bigint::BigInt;

/// More digits than any column of any database has.
const MOST: i64 = 10_000;

/// The big-endian two's complement of a number with `scale` digits behind its point.
///
/// # Errors
/// When it is no number, or has more digits behind its point than the scale.
pub(super) fn unscaled(literal: &str, scale: i32) -> Result<Vec<u8>, String> {
    let wrong = || format!("{literal} is not a decimal number with up to {scale} digits behind its point");
    let (mantissa, exponent) = match literal.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| wrong())?),
        None => (literal, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let behind = i64::try_from(fraction.len()).unwrap_or(i64::MAX).saturating_sub(exponent);
    let missing = i64::from(scale).saturating_sub(behind);
    let mut digits = format!("{whole}{fraction}");
    if missing > MOST {
        return Err(wrong());
    }
    match usize::try_from(missing) {
        Ok(missing) => digits.push_str(&"0".repeat(missing)),
        Err(_) => {
            let too_many = usize::try_from(missing.unsigned_abs()).unwrap_or(usize::MAX);
            let kept = digits.len().checked_sub(too_many).ok_or_else(wrong)?;
            if digits[kept..].bytes().any(|digit| digit != b'0') {
                return Err(wrong());
            }
            digits.truncate(kept);
        }
    }
    let number: BigInt = digits.parse().map_err(|_| wrong())?;
    Ok(number.to_signed_bytes_be())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(literal: &str, scale: i32, expected: Option<i64>) {
        let expected = expected.map(|number| BigInt::from(number).to_signed_bytes_be());
        assert_eq!(unscaled(literal, scale).ok(), expected, "{literal} with scale {scale}");
    }

    #[test]
    fn every_digit_is_kept_or_the_number_refused() {
        check("123.45", 2, Some(12_345));
        check("123.4", 2, Some(12_340));
        check("-0.01", 2, Some(-1));
        check("12", 2, Some(1_200));
        check("1.2e3", 1, Some(12_000));
        check("1500", -2, Some(15));
        check("1.500", 1, Some(15));
        check("1.25", 1, None);
        check("1501", -2, None);
        check("x", 1, None);
        check("1e99999", 1, None);
    }
}
