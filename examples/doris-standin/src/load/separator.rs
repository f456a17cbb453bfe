//! Separators and delimiters, as headers spell them.

/// Why a separator cannot be read, in the front end's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SeparatorError {
    #[error("Hex str is empty")]
    Empty,
    #[error("Hex str format error")]
    Format,
    #[error("Hex str length error")]
    Length,
}

/// What `\n`, `\t`, `\r` or `\x01` stands for; other texts stand for themselves.
pub(super) fn separator(text: &str) -> Result<String, SeparatorError> {
    match text.strip_prefix("\\x").or_else(|| text.strip_prefix("\\X")) {
        Some(hex) => from_hex(hex),
        None => Ok(text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r")),
    }
}

fn from_hex(hex: &str) -> Result<String, SeparatorError> {
    if hex.is_empty() {
        return Err(SeparatorError::Empty);
    }
    if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(SeparatorError::Format);
    }
    if !hex.len().is_multiple_of(2) {
        return Err(SeparatorError::Length);
    }
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
    bytes.map(|byte| byte.map(character).map_err(|_| SeparatorError::Format)).collect()
}

/// A byte as Java widens it to a character: with its sign, so that bytes from 0x80 on become other characters than one would
/// think.
fn character(byte: u8) -> char {
    let code = if byte < 0x80 { u32::from(byte) } else { 0xff00 | u32::from(byte) };
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_read_as_the_front_end_reads_them() {
        let check = |text: &str, expected: Result<&str, SeparatorError>| {
            assert_eq!(separator(text).as_deref(), expected.as_ref().map(|text| *text), "{text}");
        };
        check(",", Ok(","));
        check("||", Ok("||"));
        check("\\t", Ok("\t"));
        check("\\r\\n", Ok("\r\n"));
        check("\\x01", Ok("\u{1}"));
        check("\\X0102", Ok("\u{1}\u{2}"));
        check("\\xff", Ok("\u{ffff}"));
        check("\\x", Err(SeparatorError::Empty));
        check("\\x0", Err(SeparatorError::Length));
        check("\\xzz", Err(SeparatorError::Format));
    }
}
