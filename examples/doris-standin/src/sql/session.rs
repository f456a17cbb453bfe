//! One SQL client's session, and which statement goes where.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::answer::Answer;
use super::cursor::Cursor;
use super::error::SqlError;
use super::lexer::tokens;
use super::{accounts, alter, change, create_table, delete, insert, select, show, update, variables};
use crate::accounts::Privilege;
use crate::cluster::Cluster;
use crate::store::Database;

/// The words a statement may begin with, as the parser lists them.
const STATEMENTS: &str = "{<EOF>, ';', '(', 'ADMIN', 'ALTER', 'ANALYZE', 'BACKUP', 'BEGIN', 'BUILD', 'CALL', 'CANCEL', 'CLEAN', 'COLUMNS', 'COMMIT', 'COPY', 'CREATE', 'DELETE', 'DESC', 'DESCRIBE', 'DROP', 'EXPLAIN', 'EXPORT', 'GRANT', 'HELP', 'INSERT', 'INSTALL', 'KILL', 'LOAD', 'LOCK', 'ORDER', 'PAUSE', 'PLAN', 'PRECEDING', 'RECOVER', 'REFRESH', 'REPLACE', 'RESTORE', 'RESUME', 'REVOKE', 'ROLLBACK', 'SELECT', 'SET', 'SHOW', 'START', 'STOP', 'SWITCH', 'SYNC', 'TRUNCATE', 'UNINSTALL', 'UNLOCK', 'UNSET', 'UPDATE', 'USE', 'VALUES', 'WARM', 'WHERE', 'WITH'}";

/// Databases that are always there, and that the store does not know.
pub(super) const BUILT_IN_DATABASES: [&str; 3] = ["__internal_schema", "information_schema", "mysql"];

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) user: String,
    pub(crate) host: IpAddr,
    pub(crate) connection_id: u32,
    pub(crate) database: Option<String>,
    /// What SET changed.
    pub(crate) variables: BTreeMap<String, String>,
    /// What SET gave to `@name`, as SQL.
    pub(super) user_variables: BTreeMap<String, String>,
}

impl Session {
    /// The session of a user who has been let in, without a database.
    pub(crate) fn new(cluster: Arc<Cluster>, user: String, host: IpAddr, connection_id: u32) -> Self {
        Self {
            cluster,
            user,
            host,
            connection_id,
            database: None,
            variables: BTreeMap::new(),
            user_variables: BTreeMap::new(),
        }
    }

    /// Runs one statement. Blocks.
    pub(crate) fn execute(&mut self, sql: &str) -> Result<Answer, SqlError> {
        let tokens = tokens(sql);
        let tokens = match tokens.split_last() {
            Some((last, rest)) if last.is_symbol(";") => rest,
            _ => &tokens,
        };
        let Some(first) = tokens.first() else { return Ok(Answer::done()) };
        let mut cursor = Cursor::new(sql, tokens);
        if first.is_symbol("(") {
            return select::run(self, sql, tokens).map(Answer::Rows);
        }
        match first.raw.to_ascii_uppercase().as_str() {
            "SELECT" | "WITH" | "VALUES" => select::run(self, sql, tokens).map(Answer::Rows),
            "SHOW" => show::run(self, sql, tokens).map(Answer::Rows),
            "DESC" | "DESCRIBE" => show::describe(self, sql, tokens).map(Answer::Rows),
            "USE" => self.use_statement(&mut cursor),
            "SET" => variables::set(self, sql, tokens),
            "CREATE" => self.create(cursor),
            "ALTER" if cursor.eat_words(&["ALTER", "USER"]) => accounts::alter(self, cursor),
            "ALTER" => alter::run(self, cursor),
            "CANCEL" => alter::cancel(self, cursor),
            "DROP" => change::drop(self, cursor),
            "TRUNCATE" => change::truncate(self, cursor),
            "DELETE" => delete::run(self, sql, cursor),
            "UPDATE" => update::run(self, sql, cursor),
            "INSERT" => insert::run(self, sql, cursor),
            "GRANT" => accounts::grant(self, cursor),
            "REVOKE" => accounts::revoke(self, cursor),
            // Outside an explicit transaction there is nothing to end.
            "COMMIT" | "ROLLBACK" => Ok(Answer::done()),
            word if is_statement(word) => Err(SqlError::beyond(format_args!("{word} statements"))),
            _ => Err(SqlError::unexpected(sql, first.start, first.raw, STATEMENTS)),
        }
    }

    /// Switches to a database.
    pub(crate) fn use_database(&mut self, name: &str) -> Result<(), SqlError> {
        if !BUILT_IN_DATABASES.contains(&name) && self.cluster.store.database(name).is_none() {
            return Err(SqlError::unknown_database(name));
        }
        self.database = Some(name.to_owned());
        Ok(())
    }

    /// The database a name means, given or current.
    pub(crate) fn find_database(&self, given: Option<&str>) -> Result<Arc<Database>, SqlError> {
        let name = given.or(self.database.as_deref()).ok_or_else(SqlError::no_database)?;
        self.cluster.store.database(name).ok_or_else(|| SqlError::unknown_database(name))
    }

    /// Refuses what the user may not do.
    pub(crate) fn require(&self, privilege: Privilege, database: &str, table: &str) -> Result<(), SqlError> {
        if self.cluster.accounts.may(&self.user, privilege, database, table) {
            return Ok(());
        }
        let word = format!("{privilege:?}").to_ascii_uppercase();
        Err(SqlError::numbered(
            1142,
            "42000",
            format_args!(
                "{word} command denied to user '{}'@'{}' for table '{database}: {table}'",
                self.user, self.host
            ),
        ))
    }

    /// Refuses what only administrators may do; `words` are the privileges that the refusal names.
    pub(crate) fn require_administrator(&self, words: &str) -> Result<(), SqlError> {
        if self.cluster.accounts.may(&self.user, Privilege::Admin, "*", "*") {
            return Ok(());
        }
        Err(SqlError::numbered(
            1227,
            "42000",
            format_args!(
                "Access denied; you need (at least one of) the ({words}) privilege(s) for this operation"
            ),
        ))
    }

    fn use_statement(&mut self, cursor: &mut Cursor<'_>) -> Result<Answer, SqlError> {
        cursor.expect_word("USE")?;
        let (_, name) = cursor.qualified()?;
        cursor.expect_end()?;
        self.use_database(&name)?;
        Ok(Answer::done())
    }

    fn create(&mut self, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
        cursor.expect_word("CREATE")?;
        if cursor.eat_word("DATABASE") || cursor.eat_word("SCHEMA") {
            return change::create_database(self, cursor);
        }
        if cursor.eat_word("TABLE") {
            return create_table::run(self, cursor);
        }
        if cursor.eat_word("USER") {
            return accounts::create(self, cursor);
        }
        Err(SqlError::beyond("this kind of CREATE"))
    }
}

/// Splits a text into its statements at semicolons outside quotes and comments.
pub(crate) fn statements(sql: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for token in tokens(sql) {
        if token.is_symbol(";") {
            found.push(&sql[start..token.start]);
            start = token.end();
        }
    }
    if !tokens(&sql[start..]).is_empty() || found.is_empty() {
        found.push(&sql[start..]);
    }
    found
}

fn is_statement(word: &str) -> bool {
    STATEMENTS.contains(&format!("'{word}'")) || word == "EXPLAIN"
}
