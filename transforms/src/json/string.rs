//! The end of a JSON string.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The place behind the closing quote, and whether escapes stand before it, given the place behind the opening one; `Err` with the
/// place of the first byte that is wrong (the length of `bytes` when it breaks off).
pub(super) fn end_of_string(bytes: &[u8], start: usize) -> Result<(usize, bool), usize> {
    let mut at = start;
    let mut is_escaped = false;
    loop {
        at += plain(&bytes[at..]);
        match bytes.get(at) {
            Some(b'"') => return Ok((at + 1, is_escaped)),
            Some(b'\\') => {
                is_escaped = true;
                at = behind_escape(bytes, at)?;
            }
            _ => return Err(at),
        }
    }
}

/// How many bytes at the front are neither quote, backslash nor control character, eight at a time.
fn plain(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return i * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes.len() - tail.len() + tail.iter().position(is_special).unwrap_or(tail.len())
}

/// The high bit of each byte that ends a plain stretch. Above the lowest one found there may be false ones, from the borrow.
fn special_bytes(word: u64) -> u64 {
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let quotes = zeros(word ^ (ONES * u64::from(b'"')));
    let backslashes = zeros(word ^ (ONES * u64::from(b'\\')));
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    (quotes | backslashes | controls) & HIGHS
}

fn behind_escape(bytes: &[u8], at: usize) -> Result<usize, usize> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => behind_unicode(bytes, at),
        _ => Err((at + 1).min(bytes.len())),
    }
}

/// Behind one `\uXXXX`, or two that make one character. Half of a pair is no character.
fn behind_unicode(bytes: &[u8], at: usize) -> Result<usize, usize> {
    match code_unit(bytes, at)? {
        0xDC00..0xE000 => Err(at),
        0xD800..0xDC00 => match code_unit(bytes, at + 6)? {
            0xDC00..0xE000 => Ok(at + 12),
            _ => Err(at + 6),
        },
        _ => Ok(at + 6),
    }
}

/// The number in the `\uXXXX` at this place.
fn code_unit(bytes: &[u8], at: usize) -> Result<u32, usize> {
    for (place, expected) in (at..).zip(b"\\u") {
        if bytes.get(place) != Some(expected) {
            return Err(place.min(bytes.len()));
        }
    }
    (at + 2..at + 6).try_fold(0, |unit, place| {
        let digit = bytes.get(place).and_then(|byte| char::from(*byte).to_digit(16));
        digit.map(|digit| unit << 4 | digit).ok_or(place.min(bytes.len()))
    })
}
