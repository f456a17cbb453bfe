//! Which types a column may change to.

use crate::sql::error::SqlError;
use crate::store::ColumnType::{self, *};
use crate::version::Version;

/// Whether a change of type alone is made at once.
///
/// # Errors
/// When it would shorten what the column takes.
pub(super) fn changes_lightly(
    old: &ColumnType,
    new: &ColumnType,
    version: Version,
) -> Result<bool, SqlError> {
    match (old, new) {
        (Varchar(from), Varchar(to)) if to < from => Err(SqlError::analysis(if version >= Version::V2_1 {
            format!("Shorten type length is prohibited, srcType={old}, dstType={new}")
        } else {
            "Cannot shorten string length".to_owned()
        })),
        (Varchar(_), Varchar(_)) => Ok(version >= Version::V2_0),
        _ => Ok(false),
    }
}

/// Refuses changes that Doris does not make.
pub(super) fn check(old: &ColumnType, new: &ColumnType) -> Result<(), SqlError> {
    if old == new {
        return Ok(());
    }
    if !allowed(old, new) {
        return Err(SqlError::analysis(format_args!(
            "Can not change {} to {}",
            old.bare_name(),
            new.bare_name()
        )));
    }
    if let (Some(digits), Char(length) | Varchar(length)) = (digits(old), new)
        && *length < digits
    {
        return Err(SqlError::analysis(format_args!(
            "Can not change from wider type {old} to narrower type {new}"
        )));
    }
    if let (Char(from) | Varchar(from), Char(to) | Varchar(to)) = (old, new)
        && to < from
    {
        return Err(SqlError::analysis("Cannot shorten string length"));
    }
    Ok(())
}

/// Doris's matrix of schema changes (`ColumnType.schemaChangeMatrix`).
fn allowed(old: &ColumnType, new: &ColumnType) -> bool {
    const NUMBERS: [&str; 7] = ["TINYINT", "SMALLINT", "INT", "BIGINT", "LARGEINT", "FLOAT", "DOUBLE"];
    let rank = |found: &ColumnType| NUMBERS.iter().position(|name| *name == found.bare_name());
    match (old, new) {
        (Char(_), Char(_) | Varchar(_) | Text)
        | (Varchar(_), Varchar(_) | Text | Json)
        | (Text, Json)
        | (Json, Text | Varchar(_))
        | (Decimal { .. }, Decimal { .. } | Varchar(_) | Text)
        | (Date, DateTime { .. })
        | (DateTime { .. }, Date | DateTime { .. }) => true,
        (Char(_) | Varchar(_), number) => rank(number).is_some(),
        (number, Varchar(_) | Text) => rank(number).is_some(),
        (from, to) => rank(from).zip(rank(to)).is_some_and(|(from, to)| from < to),
    }
}

/// The most characters a number's text has, sign and point included.
fn digits(number: &ColumnType) -> Option<u32> {
    Some(match number {
        TinyInt => 4,
        SmallInt => 6,
        Int => 11,
        BigInt => 20,
        LargeInt => 40,
        Float => 24,
        Double => 32,
        Decimal { precision, .. } => u32::from(*precision) + 2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_change_to_wider_ones_only() {
        for (old, new, expected) in [
            (Int, BigInt, None),
            (TinyInt, Double, None),
            (BigInt, Int, Some("Can not change BIGINT to INT")),
            (Varchar(10), Int, None),
            (Text, Varchar(10), Some("Can not change STRING to VARCHAR")),
            (Varchar(9), Date, Some("Can not change VARCHAR to DATEV2")),
            (Int, Varchar(5), Some("Can not change from wider type int to narrower type varchar(5)")),
            (Int, Varchar(11), None),
            (Char(9), Varchar(8), Some("Cannot shorten string length")),
            (Date, DateTime { scale: 0 }, None),
            (Boolean, Int, Some("Can not change BOOLEAN to INT")),
        ] {
            let found = check(&old, &new).err().map(|error| error.message);
            let expected = expected.map(|text| format!("errCode = 2, detailMessage = {text}"));
            assert_eq!(found, expected, "{old} to {new}");
        }
    }
}
