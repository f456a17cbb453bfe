//! Strings and their escapes, which are more than those of JSON.

use super::{Malformed, cursor::Cursor};

/// The string that begins here with `quote` and ends with the next one.
pub(super) fn read(cursor: &mut Cursor<'_>, quote: char) -> Result<String, Malformed> {
    cursor.take(quote);
    let mut text = String::new();
    loop {
        text.push_str(cursor.take_while(|c| c != quote && c != '\\'));
        match cursor.next() {
            Some('\\') => text.push(escape(cursor)?),
            Some(_) => return Ok(text),
            None => return Err(cursor.malformed("a string does not end")),
        }
    }
}

/// The character of an escape; the backslash is already passed.
fn escape(cursor: &mut Cursor<'_>) -> Result<char, Malformed> {
    let character = match cursor.next() {
        Some(digit @ '0'..='7') => char::from_u32(u32::from(digit) - u32::from('0')),
        Some('b') => Some('\u{8}'),
        Some('t') => Some('\t'),
        Some('n') => Some('\n'),
        Some('v') => Some('\u{b}'),
        Some('f' | 'F') => Some('\u{c}'),
        Some('r') => Some('\r'),
        Some(same @ ('"' | '\'' | '/' | '\\')) => Some(same),
        Some('x') => {
            return hexadecimal(cursor, 2).map(|unit| char::from_u32(unit.into()).unwrap_or_default());
        }
        Some('u') => return unicode(cursor),
        _ => None,
    };
    character.ok_or_else(|| cursor.malformed("an escape that does not exist"))
}

/// One UTF-16 unit or a pair of them; half a pair stands for no character.
fn unicode(cursor: &mut Cursor<'_>) -> Result<char, Malformed> {
    let first = hexadecimal(cursor, 4)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Ok(character);
    }
    let mut ahead = cursor.clone();
    let second = if ahead.take_text("\\u") { hexadecimal(&mut ahead, 4).ok() } else { None };
    match second.and_then(|second| char::decode_utf16([first, second]).next()) {
        Some(Ok(character)) => {
            *cursor = ahead;
            Ok(character)
        }
        _ => Ok(char::REPLACEMENT_CHARACTER),
    }
}

fn hexadecimal(cursor: &mut Cursor<'_>, count: usize) -> Result<u16, Malformed> {
    let digits = cursor.rest().get(..count).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
    let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok().zip(Some(digits)));
    let (unit, digits) = unit.ok_or_else(|| cursor.malformed("hexadecimal digits are needed"))?;
    cursor.take_text(digits);
    Ok(unit)
}
