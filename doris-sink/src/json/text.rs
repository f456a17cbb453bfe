//! The end of a JSON string.

use std::iter::repeat_n;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Length of a string up to and with its closing quote, given what follows the opening one; `Err` with the place of the
/// first byte that is wrong (the length of `bytes` when it breaks off).
pub(super) fn end_of_string(bytes: &[u8]) -> Result<usize, usize> {
    let mut at = 0;
    loop {
        at += plain(&bytes[at..]);
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = escape(bytes, at)?,
            _ => return Err(at),
        }
    }
}

/// How many bytes at the front are neither quote, backslash nor control character, looked at eight by eight.
fn plain(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = equal(word, b'"') | equal(word, b'\\') | below_space(word);
        if found != 0 {
            return i * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let tail = words.len() * 8;
    let special = |b: &u8| matches!(b, b'"' | b'\\' | 0..0x20);
    bytes[tail..].iter().position(special).map_or(bytes.len(), |at| tail + at)
}

/// The high bit of each byte of `word` that equals `byte`; above the first one found there may be false ones.
fn equal(word: u64, byte: u8) -> u64 {
    let differing = word ^ (ONES * u64::from(byte));
    differing.wrapping_sub(ONES) & !differing & HIGHS
}

/// The high bit of each byte of `word` below 0x20; above the first one found there may be false ones.
fn below_space(word: u64) -> u64 {
    word.wrapping_sub(ONES * 0x20) & !word & HIGHS
}

/// Where the escape that begins at `at` ends.
fn escape(bytes: &[u8], at: usize) -> Result<usize, usize> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => unicode(bytes, at),
        _ => Err((at + 1).min(bytes.len())),
    }
}

/// A `\uXXXX`, or two that make one character. Half of a pair is no character, and no reader of Doris takes it.
fn unicode(bytes: &[u8], at: usize) -> Result<usize, usize> {
    let first = code_unit(bytes, at)?;
    match first {
        0xD800..0xDC00 => {}
        0xDC00..0xE000 => return Err(at),
        _ => return Ok(at + 6),
    }
    let second = at + 6;
    for (expected, place) in b"\\u".iter().zip(second..) {
        if bytes.get(place) != Some(expected) {
            return Err(place.min(bytes.len()));
        }
    }
    match code_unit(bytes, second)? {
        0xDC00..0xE000 => Ok(second + 6),
        _ => Err(second),
    }
}

fn code_unit(bytes: &[u8], at: usize) -> Result<u32, usize> {
    let mut unit = 0;
    for (place, ()) in (at + 2..).zip(repeat_n((), 4)) {
        let digit = bytes.get(place).and_then(|b| char::from(*b).to_digit(16));
        unit = unit << 4 | digit.ok_or(place.min(bytes.len()))?;
    }
    Ok(unit)
}
