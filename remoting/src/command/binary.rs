//! Headers in the binary form (RocketMQ remoting, `RocketMQSerializable`).
//!
//! `code (2) | language (1) | version (2) | opaque (4) | flag (4) | remark length (4) | remark |
//! fields length (4) | { name length (2) | name | value length (4) | value }`, big-endian.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::{Command, Encoding, Fields, HeaderError, Language};

pub(super) fn decode(mut header: &[u8], body: Bytes) -> Result<Command, HeaderError> {
    let input = &mut header;
    let code = input.try_get_i16().map_err(|_| HeaderError::Torn { part: "code" })?;
    let language = input.try_get_u8().map_err(|_| HeaderError::Torn { part: "language" })?;
    let version = input.try_get_i16().map_err(|_| HeaderError::Torn { part: "version" })?;
    let opaque = input.try_get_i32().map_err(|_| HeaderError::Torn { part: "opaque" })?;
    let flag = input.try_get_i32().map_err(|_| HeaderError::Torn { part: "flag" })?;
    let remark = text(long_slice(input, "remark")?, "remark")?;
    let fields = decode_fields(long_slice(input, "extFields")?)?;
    Ok(Command {
        code: i32::from(code),
        opaque,
        flag,
        language: Language::from_code(language),
        version: i32::from(version),
        remark: (!remark.is_empty()).then_some(remark),
        fields,
        body,
        encoding: Encoding::Binary,
    })
}

fn decode_fields(mut input: &[u8]) -> Result<Fields, HeaderError> {
    let mut fields = Fields::new();
    while !input.is_empty() {
        let length = input.try_get_u16().map_err(|_| HeaderError::Torn { part: "field name" })?;
        let name = text(slice(&mut input, usize::from(length), "field name")?, "field name")?;
        let value = text(long_slice(&mut input, "field value")?, "field value")?;
        fields.insert(name, value);
    }
    Ok(fields)
}

/// A slice after its four-byte length. Java takes a length below zero for zero.
fn long_slice<'a>(input: &mut &'a [u8], part: &'static str) -> Result<&'a [u8], HeaderError> {
    let length = input.try_get_i32().map_err(|_| HeaderError::Torn { part })?;
    slice(input, usize::try_from(length).unwrap_or(0), part)
}

fn slice<'a>(input: &mut &'a [u8], length: usize, part: &'static str) -> Result<&'a [u8], HeaderError> {
    let (head, tail) = input.split_at_checked(length).ok_or(HeaderError::Torn { part })?;
    *input = tail;
    Ok(head)
}

fn text(bytes: &[u8], part: &'static str) -> Result<String, HeaderError> {
    str::from_utf8(bytes).map(str::to_owned).map_err(|_| HeaderError::NotUtf8 { part })
}

pub(super) fn encode(command: &Command, into: &mut BytesMut) -> Result<(), HeaderError> {
    into.put_i16(fit(command.code, "code")?);
    into.put_u8(command.language.code());
    into.put_i16(fit(command.version, "version")?);
    into.put_i32(command.opaque);
    into.put_i32(command.flag);
    let remark = command.remark.as_deref().unwrap_or_default();
    into.put_i32(fit(remark.len(), "remark")?);
    into.put_slice(remark.as_bytes());
    let length: usize = command.fields.iter().map(|(name, value)| 2 + name.len() + 4 + value.len()).sum();
    into.put_i32(fit(length, "extFields")?);
    for (name, value) in command.fields.iter() {
        // Java reads the name's length as a signed number.
        into.put_i16(fit(name.len(), "field name")?);
        into.put_slice(name.as_bytes());
        into.put_i32(fit(value.len(), "field value")?);
        into.put_slice(value.as_bytes());
    }
    Ok(())
}

fn fit<T, U: TryFrom<T>>(value: T, part: &'static str) -> Result<U, HeaderError> {
    U::try_from(value).map_err(|_| HeaderError::TooLarge { part })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code 17, JAVA, version 5, opaque 7, response, remark "no", field `a` = "bc".
    const GOLDEN: &[u8] = &[
        0, 17, 0, 0, 5, 0, 0, 0, 7, 0, 0, 0, 1, // fixed part
        0, 0, 0, 2, b'n', b'o', // remark
        0, 0, 0, 9, 0, 1, b'a', 0, 0, 0, 2, b'b', b'c', // extFields
    ];

    fn golden() -> Command {
        let mut command = Command::request(17).field("a", "bc").with_remark("no");
        (command.version, command.opaque, command.flag) = (5, 7, 1);
        command.encoding = Encoding::Binary;
        command
    }

    #[test]
    fn a_header_is_read_and_written_byte_for_byte() {
        assert_eq!(decode(GOLDEN, Bytes::new()), Ok(golden()));
        let mut written = BytesMut::new();
        encode(&golden(), &mut written).unwrap();
        assert_eq!(written, GOLDEN);
    }

    #[test]
    fn a_header_cut_anywhere_is_torn_and_says_where() {
        for length in 0..GOLDEN.len() {
            let error = decode(&GOLDEN[..length], Bytes::new()).unwrap_err();
            assert!(matches!(error, HeaderError::Torn { .. }), "cut at {length}: {error}");
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error_not_a_wrong_number() {
        let check = |command: Command, part| {
            let error = encode(&command, &mut BytesMut::new()).unwrap_err();
            assert_eq!(error, HeaderError::TooLarge { part });
        };
        check(Command::request(200_050), "code");
        check(Command::request(1).field("n".repeat(40_000), ""), "field name");
    }
}
