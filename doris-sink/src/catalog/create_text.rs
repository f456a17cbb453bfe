//! Tables as `SHOW CREATE TABLE` writes them.
//!
//! It is the one answer that has everything in every version: `DESC` leaves out digits of decimals in some, and none of
//! `information_schema` has the properties. One answer is also one moment, where two could be before and after a change.

use super::{
    DorisType,
    table::{Column, KeyModel, Sequence, Source, Table},
};
use crate::route::TableName;

/// Reads the statement that would make the table. Says what is missing when it is not the statement of an OLAP table.
pub(super) fn read(name: &TableName, text: &str) -> Result<Table, &'static str> {
    let (columns, rest) = text.split_once("\n)").ok_or("it has no columns")?;
    if !rest.trim_start().to_ascii_uppercase().starts_with("ENGINE=OLAP") {
        return Err("it is not a table of Doris itself (ENGINE=OLAP), and those cannot be loaded");
    }
    let (clauses, properties) = rest.split_once("PROPERTIES (").unwrap_or((rest, ""));
    let property = |name: &str| properties.lines().find_map(|line| value_of(name, line));
    let is_on = |name: &str| property(name).map(|value| value.eq_ignore_ascii_case("true"));
    let merge_on_write = is_on("enable_unique_key_merge_on_write").unwrap_or(false);
    let (model, keys) = key(clauses, merge_on_write);
    let mut columns: Vec<_> = columns.lines().skip(1).filter_map(column).collect();
    for column in &mut columns {
        column.key = keys.contains(&column.name);
    }
    if columns.is_empty() {
        return Err("it has no columns");
    }
    let by_column = property("function_column.sequence_col").map(|name| Sequence::Column(name.to_owned()));
    let given = property("function_column.sequence_type");
    let sequence = by_column.or_else(|| given.map(|of| Sequence::Given(DorisType::parse(of))));
    let light_schema_change = is_on("light_schema_change").unwrap_or(false);
    Ok(Table { name: name.clone(), model, columns, sequence, light_schema_change })
}

/// ``  `name` type [AS (…)] [SUM] [NOT] NULL [AUTO_INCREMENT(1)] [DEFAULT …] [COMMENT …],``; `None` for an index.
fn column(line: &str) -> Option<Column> {
    let (name, rest) = quoted(line.trim_start())?;
    let (column_type, rest) = DorisType::parse_start(rest);
    let mut words = Words(rest);
    let mut column =
        Column { name, column_type, nullable: true, key: false, source: Source::Nothing, aggregate: None };
    while let Some(word) = words.next() {
        match word.to_ascii_uppercase().as_str() {
            "NULL" => column.nullable = true,
            "NOT" => {
                words.next();
                column.nullable = false;
            }
            "GENERATED" | "ALWAYS" => {}
            "AS" => column.source = Source::Generated,
            "DEFAULT" => {
                let value = words.next().filter(|value| !value.eq_ignore_ascii_case("NULL"));
                column.source = value.map_or(Source::Nothing, |value| Source::Default(unquoted(value)));
            }
            "ON" | "COMMENT" => break,
            other if other.starts_with("AUTO_INCREMENT") => column.source = Source::AutoIncrement,
            other if other.starts_with('(') || other == "NONE" => {}
            other => column.aggregate = Some(other.to_owned()),
        }
    }
    Some(column)
}

/// The model, and the names of the key's columns.
fn key(clauses: &str, merge_on_write: bool) -> (KeyModel, Vec<String>) {
    let models = [
        ("DUPLICATE KEY(", KeyModel::Duplicate),
        ("UNIQUE KEY(", KeyModel::Unique { merge_on_write }),
        ("AGGREGATE KEY(", KeyModel::Aggregate),
    ];
    for line in clauses.lines() {
        for (start, model) in models {
            let Some(mut names) = line.trim_start().strip_prefix(start) else { continue };
            let mut keys = Vec::new();
            while let Some((name, rest)) = quoted(names.trim_start_matches([',', ' '])) {
                keys.push(name);
                names = rest;
            }
            return (model, keys);
        }
    }
    // A table may have been made without a key at all; then all rows stay.
    (KeyModel::Duplicate, Vec::new())
}

/// A name in backticks, and what comes after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('`')?;
    let mut name = String::new();
    loop {
        let (part, after) = rest.split_once('`')?;
        name.push_str(part);
        match after.strip_prefix('`') {
            // Two of them stand for one.
            Some(more) => {
                name.push('`');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

/// `"name" = "value"`.
fn value_of<'a>(name: &str, line: &'a str) -> Option<&'a str> {
    let rest = line.trim().strip_prefix('"')?.strip_prefix(name)?.strip_prefix('"')?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
    value.split_once('"').map(|(value, _)| value)
}

/// Words, texts in quotes, and what stands in brackets as one.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start().trim_end_matches(',');
        let (mut open, mut quote, mut escaped) = (0usize, None, false);
        let ends = |(_, c): &(usize, char)| {
            match (*c, quote) {
                (_, Some(_)) if escaped => escaped = false,
                ('\\', Some(_)) => escaped = true,
                (c, Some(end)) if c == end => quote = None,
                (_, Some(_)) => {}
                ('\'' | '"', None) => quote = Some(*c),
                ('(', None) => open += 1,
                (')', None) => open = open.saturating_sub(1),
                _ => {}
            }
            quote.is_none() && open == 0 && c.is_whitespace()
        };
        let end = text.char_indices().find(ends).map_or(text.len(), |(at, _)| at);
        let (word, rest) = text.split_at(end);
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

fn unquoted(value: &str) -> String {
    let inside = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inside.map_or_else(|| value.to_owned(), |inside| inside.replace("\\\"", "\""))
}

#[cfg(test)]
mod tests;
