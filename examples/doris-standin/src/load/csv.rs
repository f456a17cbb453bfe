//! One line of separated values into the fields of a row.

use std::borrow::Cow;

use super::cast::Source;
use super::plan::Plan;

/// Splits a line; `Err` with the reason when the number of values is wrong.
pub(super) fn line<'a>(
    plan: &Plan,
    text: &'a str,
    separator: &str,
    trim_double_quotes: bool,
    fields: &mut Vec<Option<Source<'a>>>,
) -> Result<(), String> {
    fields.clear();
    fields.extend(text.split(separator).map(|value| {
        let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        Some(match value {
            "\\N" => Source::Null,
            _ => Source::Text(Cow::Borrowed(unquoted.filter(|_| trim_double_quotes).unwrap_or(value))),
        })
    }));
    let (actual, expected) = (fields.len(), plan.width());
    if actual == expected {
        return Ok(());
    }
    let relation = if actual < expected { "less" } else { "more" };
    Err(format!(
        "actual column number in csv file is  {relation} than  schema column number.actual number: {actual}, schema column number: {expected}; line delimiter: [\n], column separator: [{separator}], "
    ))
}
