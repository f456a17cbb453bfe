//! Statements, as text.

use super::{DorisType, NewColumn};
use crate::route::TableName;

/// A name in backticks.
pub(super) fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table with its database.
pub(super) fn qualified(database: &str, table: &TableName) -> String {
    format!("{}.{}", name(database), name(table.as_str()))
}

/// A text in quotes.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Adds columns, which are NULL in the rows that are there.
pub(super) fn add_columns(database: &str, table: &TableName, columns: &[&NewColumn]) -> String {
    let columns: Vec<_> =
        columns.iter().map(|column| definition(column, &column.column_type, true)).collect();
    format!("ALTER TABLE {} ADD COLUMN ({})", qualified(database, table), columns.join(", "))
}

/// `nullable` is how Doris takes it unless told otherwise.
pub(super) fn definition(column: &NewColumn, column_type: &DorisType, nullable: bool) -> String {
    let mut definition = format!("{} {column_type}", name(&column.name));
    definition.push_str(if nullable { " NULL" } else { " NOT NULL" });
    if !column.comment.is_empty() {
        definition.push_str(" COMMENT ");
        definition.push_str(&text(&column.comment));
    }
    definition
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_cannot_end_early() {
        assert_eq!(name("a`b"), "`a``b`");
        assert_eq!(text("it's \\ \"x\""), "'it''s \\\\ \"x\"'");
    }

    #[test]
    fn columns_are_added_with_one_statement() {
        let mut named = NewColumn::new("名 a", DorisType::Array(Box::new(DorisType::Int)));
        named.comment = "it's".to_owned();
        let columns = [&NewColumn::new("x", DorisType::Decimal { precision: 10, scale: 2 }), &named];
        assert_eq!(
            add_columns("shop", &"orders".parse().unwrap(), &columns),
            "ALTER TABLE `shop`.`orders` ADD COLUMN (`x` DECIMAL(10,2) NULL, `名 a` ARRAY<INT> NULL COMMENT 'it''s')"
        );
    }
}
