//! Decimals as Connect keeps them: the number without its point, in big-endian two's complement, and how many digits stand behind it.

/// The digits of a decimal.
pub(crate) fn text(unscaled: &[u8], scale: i32) -> String {
    let is_negative = unscaled.first().is_some_and(|byte| byte & 0x80 != 0);
    let mut magnitude = unscaled.to_vec();
    if is_negative {
        negate(&mut magnitude);
    }
    let digits = digits(magnitude);
    let sign = if is_negative { "-" } else { "" };
    let count = usize::try_from(scale.unsigned_abs()).unwrap_or_default();
    if scale <= 0 {
        let zeros = if digits == "0" { 0 } else { count };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    }
    let digits = format!("{digits:0>width$}", width = count.saturating_add(1));
    let (whole, behind) = digits.split_at(digits.len() - count);
    format!("{sign}{whole}.{behind}")
}

/// The two's complement.
fn negate(number: &mut [u8]) {
    let mut carry = true;
    for byte in number.iter_mut().rev() {
        (*byte, carry) = (!*byte).overflowing_add(carry.into());
    }
}

/// Decimal digits of a number without a sign.
fn digits(mut number: Vec<u8>) -> String {
    let mut digits = Vec::new();
    while number.iter().any(|byte| *byte != 0) {
        let mut rest = 0_u16;
        for byte in &mut number {
            let part = rest << 8 | u16::from(*byte);
            // A rest below 10 leaves a part below 2560, so its tenth fits a byte.
            *byte = u8::try_from(part / 10).unwrap_or(u8::MAX);
            rest = part % 10;
        }
        digits.push(char::from_digit(rest.into(), 10).unwrap_or('0'));
    }
    if digits.is_empty() { "0".to_owned() } else { digits.iter().rev().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit() {
        let check =
            |bytes: &[u8], scale, expected: &str| assert_eq!(text(bytes, scale), expected, "{bytes:?}");
        check(&[0x30, 0x39], 2, "123.45");
        check(&[0xff], 0, "-1");
        check(&[0xff], 3, "-0.001");
        check(&[0x80], 0, "-128");
        check(&[0], 2, "0.00");
        check(&[5], -2, "500");
        check(&[], 0, "0");
        check(&i128::MAX.to_be_bytes(), 10, "17014118346046923173168730371.5884105727");
        check(&i128::MIN.to_be_bytes(), 0, "-170141183460469231731687303715884105728");
    }
}
