//! `("key" = "value", …)`.

use super::cursor::{Cursor, split_commas};
use super::error::SqlError;

/// The properties in parentheses, in the order they are written.
pub(super) fn properties(cursor: &mut Cursor<'_>) -> Result<Vec<(String, String)>, SqlError> {
    let group = cursor.group()?;
    let mut found = Vec::new();
    for part in split_commas(group).into_iter().filter(|part| !part.is_empty()) {
        let mut part = cursor.within(part);
        let key = part.text()?.into_owned();
        part.expect_symbol("=")?;
        let value = part.text()?.into_owned();
        part.expect_end()?;
        found.push((key, value));
    }
    Ok(found)
}
