//! Column types as declared in CREATE TABLE.

use super::cursor::Cursor;
use super::error::SqlError;
use crate::store::ColumnType;

const MAX_VARCHAR: u32 = 65_533;
const MAX_CHAR: u32 = 255;
const MAX_PRECISION: u8 = 38;

/// Reads a type.
pub(super) fn column_type(cursor: &mut Cursor<'_>) -> Result<ColumnType, SqlError> {
    let name = cursor.identifier()?.to_ascii_uppercase();
    Ok(match name.as_str() {
        "BOOLEAN" | "BOOL" => ColumnType::Boolean,
        "TINYINT" => with_display_width(cursor, ColumnType::TinyInt)?,
        "SMALLINT" => with_display_width(cursor, ColumnType::SmallInt)?,
        "INT" | "INTEGER" => with_display_width(cursor, ColumnType::Int)?,
        "BIGINT" => with_display_width(cursor, ColumnType::BigInt)?,
        "LARGEINT" => with_display_width(cursor, ColumnType::LargeInt)?,
        "FLOAT" => ColumnType::Float,
        "DOUBLE" => ColumnType::Double,
        "DECIMAL" | "DECIMALV3" | "DECIMALV2" | "NUMERIC" => decimal(cursor)?,
        "DATE" | "DATEV2" | "DATEV1" => ColumnType::Date,
        "DATETIME" | "DATETIMEV2" | "DATETIMEV1" | "TIMESTAMP" => {
            let scale = argument::<u8>(cursor)?.unwrap_or(0);
            if scale > 6 {
                return Err(SqlError::analysis(format_args!(
                    "Scale of Datetime/Time must between 0 and 6. Scale was set to: {scale}"
                )));
            }
            ColumnType::DateTime { scale }
        }
        "CHAR" => ColumnType::Char(length(cursor, "CHAR", MAX_CHAR)?.unwrap_or(1)),
        "VARCHAR" => ColumnType::Varchar(length(cursor, "VARCHAR", MAX_VARCHAR)?.unwrap_or(MAX_VARCHAR)),
        "STRING" | "TEXT" => ColumnType::Text,
        "JSON" | "JSONB" => ColumnType::Json,
        "VARIANT" => ColumnType::Variant,
        "IPV4" => ColumnType::Ipv4,
        "IPV6" => ColumnType::Ipv6,
        "ARRAY" => {
            cursor.expect_symbol("<")?;
            let item = column_type(cursor)?;
            close(cursor)?;
            ColumnType::Array(Box::new(item))
        }
        "MAP" => {
            cursor.expect_symbol("<")?;
            let key = column_type(cursor)?;
            cursor.expect_symbol(",")?;
            let value = column_type(cursor)?;
            close(cursor)?;
            ColumnType::Map(Box::new(key), Box::new(value))
        }
        "STRUCT" => structure(cursor)?,
        "BITMAP" | "HLL" | "QUANTILE_STATE" | "AGG_STATE" => {
            return Err(SqlError::beyond(format_args!("columns of type {name}")));
        }
        _ => return Err(SqlError::analysis(format_args!("Unknown column type: {name}"))),
    })
}

/// `int(11)`: the width is taken and means nothing.
fn with_display_width(cursor: &mut Cursor<'_>, found: ColumnType) -> Result<ColumnType, SqlError> {
    argument::<u32>(cursor)?;
    Ok(found)
}

fn argument<N: std::str::FromStr>(cursor: &mut Cursor<'_>) -> Result<Option<N>, SqlError> {
    if !cursor.eat_symbol("(") {
        return Ok(None);
    }
    let number = cursor.number()?;
    cursor.expect_symbol(")")?;
    Ok(Some(number))
}

fn length(cursor: &mut Cursor<'_>, name: &str, most: u32) -> Result<Option<u32>, SqlError> {
    if cursor.eat_symbol("(") {
        if cursor.eat_symbol("*") {
            cursor.expect_symbol(")")?;
            return Ok(Some(most));
        }
        let length: u32 = cursor.number()?;
        cursor.expect_symbol(")")?;
        if length == 0 || length > most {
            return Err(SqlError::analysis(format_args!("{name} size must be <= {most} and > 0: {length}")));
        }
        return Ok(Some(length));
    }
    Ok(None)
}

fn decimal(cursor: &mut Cursor<'_>) -> Result<ColumnType, SqlError> {
    let (mut precision, mut scale) = (MAX_PRECISION, 9);
    if cursor.eat_symbol("(") {
        precision = cursor.number()?;
        scale = if cursor.eat_symbol(",") { cursor.number()? } else { 0 };
        cursor.expect_symbol(")")?;
    }
    if precision == 0 || precision > MAX_PRECISION {
        return Err(SqlError::analysis(format_args!(
            "Precision of decimal must between 1 and {MAX_PRECISION}. Precision was set to: {precision}."
        )));
    }
    if scale > precision {
        return Err(SqlError::analysis(format_args!(
            "Scale of decimal must be less than precision. Scale is {scale} and precision is {precision}"
        )));
    }
    Ok(ColumnType::Decimal { precision, scale })
}

fn structure(cursor: &mut Cursor<'_>) -> Result<ColumnType, SqlError> {
    cursor.expect_symbol("<")?;
    let mut fields = Vec::new();
    loop {
        let name = cursor.identifier()?;
        cursor.expect_symbol(":")?;
        fields.push((name, column_type(cursor)?));
        if !cursor.eat_symbol(",") {
            close(cursor)?;
            return Ok(ColumnType::Struct(fields));
        }
    }
}

fn close(cursor: &mut Cursor<'_>) -> Result<(), SqlError> {
    cursor.expect_symbol(">")
}
