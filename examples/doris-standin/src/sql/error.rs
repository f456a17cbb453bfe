//! SQL errors as a Doris front end words and numbers them.

/// An error answered to an SQL client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct SqlError {
    /// MySQL error number, 1105 where Doris has none of its own.
    pub(crate) code: u16,
    pub(crate) state: &'static str,
    pub(crate) message: String,
}

impl SqlError {
    /// Error 1105 with Doris's usual prefix.
    pub(crate) fn analysis(detail: impl std::fmt::Display) -> Self {
        Self::numbered(1105, "HY000", detail)
    }

    /// An error with a MySQL number of its own and Doris's usual prefix.
    pub(crate) fn numbered(code: u16, state: &'static str, detail: impl std::fmt::Display) -> Self {
        Self { code, state, message: format!("errCode = 2, detailMessage = {detail}") }
    }

    /// What this stand-in does not do, said plainly.
    pub(crate) fn beyond(what: impl std::fmt::Display) -> Self {
        Self::analysis(format_args!("the Doris stand-in does not do {what}"))
    }

    pub(crate) fn no_database() -> Self {
        Self::numbered(1046, "3D000", "No database selected")
    }

    pub(crate) fn unknown_database(name: &str) -> Self {
        Self::numbered(1049, "42000", format_args!("Unknown database '{name}'"))
    }

    pub(crate) fn unknown_table(name: &str) -> Self {
        Self::numbered(1051, "42S02", format_args!("Unknown table '{name}'"))
    }

    /// A word where another was expected, at a byte position in the statement.
    pub(crate) fn unexpected(sql: &str, at: usize, found: &str, expected: &str) -> Self {
        let before = &sql[..at.min(sql.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |text| text.chars().count());
        Self::analysis(format_args!(
            "\nmismatched input '{found}' expecting {expected}(line {line}, pos {column})\n"
        ))
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        let text = match &error {
            rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
            rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
            other => other.to_string(),
        };
        if let Some((database, table)) =
            text.strip_prefix("no such table: ").and_then(|name| name.split_once('.'))
        {
            return Self::analysis(format_args!("Table [{table}] does not exist in database [{database}]."));
        }
        match text.strip_prefix("no such column: ") {
            Some(column) => {
                let column = column.rsplit('.').next().unwrap_or(column);
                Self::analysis(format_args!("Unknown column '{column}' in 'table list' in PROJECT clause"))
            }
            None => Self::analysis(text),
        }
    }
}
