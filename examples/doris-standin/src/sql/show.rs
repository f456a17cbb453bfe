//! SHOW and DESCRIBE.

use std::sync::Arc;

use super::answer::ResultSet;
use super::cursor::Cursor;
use super::error::SqlError;
use super::lexer::Token;
use super::session::Session;
use super::{show_create, show_transactions, variables};
use crate::accounts::Privilege;
use crate::store::{Column, Database, DefaultValue, KeyModel, Table};

/// Runs a SHOW.
pub(super) fn run(session: &Session, sql: &str, tokens: &[Token<'_>]) -> Result<ResultSet, SqlError> {
    let mut cursor = Cursor::new(sql, tokens);
    cursor.expect_word("SHOW")?;
    let full = cursor.eat_word("FULL");
    for scope in ["GLOBAL", "SESSION", "LOCAL"] {
        cursor.eat_word(scope);
    }
    let kind = cursor.identifier()?.to_ascii_uppercase();
    match kind.as_str() {
        "DATABASES" | "SCHEMAS" => databases(session, cursor),
        "TABLES" => tables(session, cursor, full),
        "COLUMNS" | "FIELDS" => columns(session, cursor, full),
        "CREATE" => show_create::run(session, cursor),
        "VARIABLES" => variables(session, cursor),
        "TRANSACTION" => show_transactions::run(session, cursor),
        "WARNINGS" | "ERRORS" => Ok(ResultSet::of_text(["Level", "Code", "Message"], [])),
        "STATUS" => Ok(ResultSet::of_text(["Variable_name", "Value"], [])),
        "CHARSET" => Ok(fixed(
            ["Charset", "Description", "Default collation", "Maxlen"],
            &[["utf8mb4", "UTF-8 Unicode", "utf8mb4_0900_bin", "4"]],
        )),
        "CHARACTER" => Ok(fixed(
            ["Charset", "Description", "Default collation", "Maxlen"],
            &[["utf8mb4", "UTF-8 Unicode", "utf8mb4_0900_bin", "4"]],
        )),
        "COLLATION" => Ok(fixed(
            ["Collation", "Charset", "Id", "Default", "Compiled", "Sortlen"],
            &[
                ["utf8mb4_0900_bin", "utf8mb4", "309", "Yes", "Yes", "1"],
                ["utf8mb3_general_ci", "utf8mb3", "33", "Yes", "Yes", "1"],
            ],
        )),
        "ENGINES" => Ok(fixed(
            ["Engine", "Support", "Comment", "Transactions", "XA", "Savepoints"],
            &[["Olap engine", "YES", "Default storage engine of palo", "NO", "NO", "NO"]],
        )),
        "PROCESSLIST" => Ok(ResultSet::of_text(
            ["Id", "User", "Host", "Db", "Command", "Time", "State", "Info"],
            [[
                Some(session.connection_id.to_string()),
                Some(session.user.clone()),
                Some(session.host.to_string()),
                session.database.clone(),
                Some("Query".to_owned()),
                Some("0".to_owned()),
                Some("OK".to_owned()),
                Some(sql.to_owned()),
            ]],
        )),
        _ => Err(SqlError::beyond(format_args!("SHOW {kind}"))),
    }
}

/// Runs DESC or DESCRIBE.
pub(super) fn describe(session: &Session, sql: &str, tokens: &[Token<'_>]) -> Result<ResultSet, SqlError> {
    let mut cursor = Cursor::new(sql, tokens);
    cursor.next();
    let (database, name) = cursor.qualified()?;
    cursor.eat_word("ALL");
    cursor.expect_end()?;
    let (_, table) = find(session, database.as_deref(), &name)?;
    let rows = table.columns.iter().map(|column| {
        [
            Some(column.name.clone()),
            Some(column.column_type.to_string()),
            Some(if column.nullable { "Yes" } else { "No" }.to_owned()),
            Some(column.key.to_string()),
            default_text(column),
            Some(extra(column).to_owned()),
        ]
    });
    Ok(ResultSet::of_text(["Field", "Type", "Null", "Key", "Default", "Extra"], rows.collect::<Vec<_>>()))
}

/// A table the user may see.
pub(super) fn find(
    session: &Session,
    database: Option<&str>,
    name: &str,
) -> Result<(Arc<Database>, Arc<Table>), SqlError> {
    let database = session.find_database(database)?;
    let table = database
        .table(name)
        .ok_or_else(|| SqlError::numbered(1146, "42S02", format_args!("Table '{name}' doesn't exist")))?;
    session.require(Privilege::Select, database.name(), name)?;
    Ok((database, table))
}

fn databases(session: &Session, cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    let wanted = filter(cursor)?;
    let mut names = vec!["information_schema".to_owned(), "mysql".to_owned()];
    if session.cluster.accounts.may(&session.user, Privilege::Admin, "*", "*") {
        names.push("__internal_schema".to_owned());
    }
    let own = session.cluster.store.names();
    names.extend(own.into_iter().filter(|name| {
        let privileges = [Privilege::Select, Privilege::Load];
        privileges.iter().any(|&privilege| session.cluster.accounts.may(&session.user, privilege, name, "*"))
    }));
    names.sort();
    let rows = names.into_iter().filter(|name| wanted(name)).map(|name| [Some(name)]);
    Ok(ResultSet::of_text(["Database"], rows.collect::<Vec<_>>()))
}

fn tables(session: &Session, mut cursor: Cursor<'_>, full: bool) -> Result<ResultSet, SqlError> {
    let given = from(&mut cursor)?;
    let wanted = filter(cursor)?;
    let name = given.as_ref().or(session.database.as_ref()).ok_or_else(SqlError::no_database)?;
    let tables = match session.cluster.store.database(name) {
        Some(database) => database.tables(),
        None if ["information_schema", "mysql", "__internal_schema"].contains(&name.as_str()) => Vec::new(),
        None => return Err(SqlError::unknown_database(name)),
    };
    let names = tables.iter().map(|table| table.name.clone()).filter(|name| wanted(name));
    let names = names.filter(|table| {
        [Privilege::Select, Privilege::Load]
            .iter()
            .any(|&privilege| session.cluster.accounts.may(&session.user, privilege, name, table))
    });
    let heading = format!("Tables_in_{name}");
    if full {
        let heads = [heading.as_str(), "Table_type", "Storage_format", "Inverted_index_storage_format"];
        let rows = names.map(|name| {
            [Some(name), Some("BASE TABLE".to_owned()), Some("V2".to_owned()), Some("V2".to_owned())]
        });
        return Ok(ResultSet::of_text(heads, rows.collect::<Vec<_>>()));
    }
    Ok(ResultSet::of_text([heading.as_str()], names.map(|name| [Some(name)]).collect::<Vec<_>>()))
}

fn columns(session: &Session, mut cursor: Cursor<'_>, full: bool) -> Result<ResultSet, SqlError> {
    if !cursor.eat_word("FROM") {
        cursor.expect_word("IN")?;
    }
    let (mut database, name) = cursor.qualified()?;
    if let Some(given) = from(&mut cursor)? {
        database = Some(given);
    }
    let wanted = filter(cursor)?;
    let (_, table) = find(session, database.as_deref(), &name)?;
    let columns: Vec<&Column> = table.columns.iter().filter(|column| wanted(&column.name)).collect();
    let yes = |truth: bool| Some(if truth { "YES" } else { "NO" }.to_owned());
    if full {
        let heads =
            ["Field", "Type", "Collation", "Null", "Key", "Default", "Extra", "Privileges", "Comment"];
        let rows = columns.into_iter().map(|column| {
            [
                Some(column.name.clone()),
                Some(column.column_type.to_string()),
                Some(String::new()),
                yes(column.nullable),
                yes(column.key),
                default_text(column),
                Some(extra(column).to_owned()),
                Some(String::new()),
                Some(column.comment.clone()),
            ]
        });
        return Ok(ResultSet::of_text(heads, rows.collect::<Vec<_>>()));
    }
    let rows = columns.into_iter().map(|column| {
        [
            Some(column.name.clone()),
            Some(column.column_type.to_string()),
            yes(column.nullable),
            yes(column.key),
            default_text(column),
            Some(extra(column).to_owned()),
        ]
    });
    Ok(ResultSet::of_text(["Field", "Type", "Null", "Key", "Default", "Extra"], rows.collect::<Vec<_>>()))
}

fn variables(session: &Session, cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    let wanted = filter(cursor)?;
    let rows = variables::DEFAULTS.iter().filter(|(name, _)| wanted(name)).map(|(name, default)| {
        let value = session.variables.get(*name).map_or(*default, String::as_str);
        let changed = if value == *default { "0" } else { "1" };
        [*name, value, default, changed].map(|text| Some(text.to_owned()))
    });
    let heads = ["Variable_name", "Value", "Default_Value", "Changed"];
    Ok(ResultSet::of_text(heads, rows.collect::<Vec<_>>()))
}

/// `FROM db` or `IN db`.
fn from(cursor: &mut Cursor<'_>) -> Result<Option<String>, SqlError> {
    if cursor.eat_word("FROM") || cursor.eat_word("IN") {
        return Ok(Some(cursor.qualified()?.1));
    }
    Ok(None)
}

/// `LIKE 'pattern'`, `WHERE name = 'x'`, or nothing.
fn filter(mut cursor: Cursor<'_>) -> Result<impl Fn(&str) -> bool, SqlError> {
    let mut pattern = None;
    if cursor.eat_word("WHERE") {
        cursor.identifier()?;
        if !cursor.eat_word("LIKE") {
            cursor.expect_symbol("=")?;
        }
        pattern = Some(cursor.text()?.into_owned());
    } else if cursor.eat_word("LIKE") {
        pattern = Some(cursor.text()?.into_owned());
    }
    cursor.expect_end()?;
    Ok(move |name: &str| pattern.as_deref().is_none_or(|pattern| like(pattern, name)))
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

fn extra(column: &Column) -> &'static str {
    match (column.key, column.aggregation) {
        (true, _) => "",
        (false, Some(aggregation)) => aggregation.word(),
        (false, None) => "NONE",
    }
}

fn default_text(column: &Column) -> Option<String> {
    match &column.default {
        Some(DefaultValue::Literal(text)) => Some(text.clone()),
        Some(DefaultValue::CurrentTimestamp) => Some("CURRENT_TIMESTAMP".to_owned()),
        _ => None,
    }
}

fn fixed<const N: usize>(heads: [&str; N], rows: &[[&str; N]]) -> ResultSet {
    ResultSet::of_text(heads, rows.iter().map(|row| row.map(|text| Some(text.to_owned()))))
}

/// The word before `KEY` in the column listings of information_schema.
pub(super) fn key_word(model: KeyModel) -> &'static str {
    match model {
        KeyModel::Duplicate => "DUP",
        KeyModel::Unique => "UNI",
        KeyModel::Aggregate => "AGG",
    }
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
