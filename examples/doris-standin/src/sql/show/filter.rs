//! What narrows a listing: FROM, LIKE, WHERE.

use crate::sql::cursor::{Cursor, split_commas};
use crate::sql::error::SqlError;

/// `FROM db` or `IN db`.
pub(super) fn from(cursor: &mut Cursor<'_>) -> Result<Option<String>, SqlError> {
    if cursor.eat_word("FROM") || cursor.eat_word("IN") {
        return Ok(Some(cursor.qualified()?.1));
    }
    Ok(None)
}

/// `LIKE 'pattern'`, `WHERE name = 'x' OR name LIKE 'y%' OR name IN ('z')`, or nothing.
pub(super) fn filter(mut cursor: Cursor<'_>) -> Result<impl Fn(&str) -> bool, SqlError> {
    let mut patterns = None;
    if cursor.eat_word("WHERE") {
        patterns = Some(alternatives(&mut cursor)?);
    } else if cursor.eat_word("LIKE") {
        patterns = Some(vec![cursor.text()?.into_owned()]);
    }
    cursor.expect_end()?;
    Ok(move |name: &str| {
        let any = |patterns: &Vec<String>| patterns.iter().any(|pattern| like(pattern, name));
        patterns.as_ref().is_none_or(any)
    })
}

/// The patterns of a condition, one of which must match.
fn alternatives(cursor: &mut Cursor<'_>) -> Result<Vec<String>, SqlError> {
    let mut patterns = Vec::new();
    loop {
        cursor.identifier()?;
        if cursor.eat_word("LIKE") {
            patterns.push(cursor.text()?.into_owned());
        } else if cursor.eat_word("IN") {
            let group = cursor.group()?;
            for part in split_commas(group) {
                patterns.push(exactly(&cursor.within(part).text()?));
            }
        } else {
            cursor.expect_symbol("=")?;
            patterns.push(exactly(&cursor.text()?));
        }
        if !cursor.eat_word("OR") {
            return Ok(patterns);
        }
    }
}

/// The pattern that matches a text alone.
fn exactly(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// SQL's LIKE, in any case.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    fn matches(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|skip| matches(rest, &text[skip..])),
            Some(('\\', [escaped, rest @ ..])) => text.first() == Some(escaped) && matches(rest, &text[1..]),
            Some((wanted, rest)) => {
                text.first().is_some_and(|found| *wanted == '_' || wanted == found)
                    && matches(rest, &text[1..])
            }
        }
    }
    let characters = |text: &str| text.to_lowercase().chars().collect::<Vec<_>>();
    matches(&characters(pattern), &characters(text))
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn like_matches_as_sql_does() {
        for (pattern, text, expected) in [
            ("%time_zone%", "system_time_zone", true),
            ("lower_case%", "lower_case_table_names", true),
            ("a_c", "ABC", true),
            ("a\\_c", "abc", false),
            ("a\\_c", "a_c", true),
            ("", "x", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{text} like {pattern}");
        }
    }
}
