//! Rewrites a query from Doris's dialect into the embedded engine's.
//!
//! Only what differs is touched: quoting, session functions and variables, whole-number division, names of tables and of cast types.

mod aliases;
mod session_values;

use std::collections::BTreeSet;
use std::sync::Arc;

use aliases::aliases;

use super::error::SqlError;
use super::lexer::{Kind, Token};
use super::session::Session;
use crate::accounts::Privilege;
use crate::store::{Table, quoted};

/// A query for the embedded engine.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) sql: String,
    /// The databases it reads.
    pub(super) databases: BTreeSet<String>,
    /// The tables it reads.
    pub(super) tables: Vec<Arc<Table>>,
}

/// Rewrites a whole query.
pub(super) fn query(session: &Session, sql: &str, tokens: &[Token<'_>]) -> Result<Translated, SqlError> {
    let mut writer = Writer::new(session, tokens);
    writer.aliases = aliases(sql, tokens);
    writer.run()?;
    Ok(Translated { sql: writer.out, databases: writer.databases, tables: writer.tables })
}

/// Rewrites a condition without tables.
pub(super) fn condition(session: &Session, tokens: &[Token<'_>]) -> Result<String, SqlError> {
    let mut writer = Writer::new(session, tokens);
    writer.run()?;
    Ok(writer.out)
}

/// What is known about one level of parentheses.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    selects: bool,
    in_from: bool,
    is_cast: bool,
}

struct Writer<'s, 't, 'a> {
    session: &'s Session,
    tokens: &'t [Token<'a>],
    at: usize,
    out: String,
    databases: BTreeSet<String>,
    tables: Vec<Arc<Table>>,
    levels: Vec<Level>,
    /// A table is to come next.
    expects_table: bool,
    common: BTreeSet<String>,
    /// Column names to add after a token.
    aliases: Vec<(usize, String)>,
}

impl<'s, 't, 'a> Writer<'s, 't, 'a> {
    fn new(session: &'s Session, tokens: &'t [Token<'a>]) -> Self {
        let is_query =
            |token: Option<&Token<'_>>| token.is_some_and(|t| t.is_word("SELECT") || t.is_word("WITH"));
        let common = tokens
            .windows(3)
            .enumerate()
            .filter(|(index, w)| w[1].is_word("AS") && w[2].is_symbol("(") && is_query(tokens.get(index + 3)))
            .map(|(_, window)| window[0].value().into_owned())
            .collect();
        Self {
            session,
            tokens,
            at: 0,
            out: String::new(),
            databases: BTreeSet::new(),
            tables: Vec::new(),
            levels: vec![Level::default()],
            expects_table: false,
            common,
            aliases: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), SqlError> {
        while let Some(token) = self.tokens.get(self.at) {
            let index = self.at;
            self.gap(index);
            self.at += 1;
            if std::mem::take(&mut self.expects_table) && matches!(token.kind, Kind::Word | Kind::Quoted) {
                self.table(index)?;
            } else {
                self.token(index, *token)?;
            }
            let last = self.at - 1;
            if let Some((_, name)) = self.aliases.iter().find(|(at, _)| (index..=last).contains(at)) {
                self.out.push_str(" AS ");
                self.out.push_str(&quoted(name));
            }
        }
        Ok(())
    }

    fn token(&mut self, index: usize, token: Token<'_>) -> Result<(), SqlError> {
        match token.kind {
            Kind::Word => self.word(index, token),
            Kind::Quoted => {
                self.out.push_str(&quoted(&token.value()));
                Ok(())
            }
            Kind::Text => {
                self.literal(&token.value());
                Ok(())
            }
            Kind::Number => {
                self.out.push_str(token.raw);
                Ok(())
            }
            Kind::Variable => self.variable(token),
            Kind::Symbol => {
                self.symbol(index, token);
                Ok(())
            }
        }
    }

    fn word(&mut self, index: usize, token: Token<'_>) -> Result<(), SqlError> {
        if let Some(value) = self.session_function(index) {
            self.at += 2;
            match value {
                Some(value) => self.literal(&value),
                None => self.out.push_str("NULL"),
            }
            return Ok(());
        }
        let word = token.raw.to_ascii_uppercase();
        let level = self.level();
        match word.as_str() {
            "SELECT" => {
                level.selects = true;
                level.in_from = false;
            }
            // `extract(day FROM x)` has no SELECT at its level.
            "FROM" if level.selects => {
                level.in_from = true;
                self.expects_table = true;
            }
            "JOIN" => self.expects_table = true,
            "WHERE" | "GROUP" | "ORDER" | "HAVING" | "LIMIT" | "UNION" => level.in_from = false,
            "AS" if level.is_cast => {
                self.out.push_str("AS ");
                return self.cast_type();
            }
            "REGEXP" | "RLIKE" | "INTERVAL" | "LATERAL" => {
                return Err(SqlError::beyond(format_args!("{word} in queries")));
            }
            _ => {}
        }
        self.out.push_str(token.raw);
        Ok(())
    }

    fn symbol(&mut self, index: usize, token: Token<'_>) {
        match token.raw {
            "(" => {
                if self.is_operand(index) {
                    // The engine takes no parentheses around the parts of a UNION.
                    self.out.push_str("SELECT * FROM ");
                }
                let is_cast = index.checked_sub(1).is_some_and(|before| self.tokens[before].is_word("CAST"));
                self.levels.push(Level { is_cast, ..Level::default() });
            }
            ")" if self.levels.len() > 1 => {
                self.levels.pop();
            }
            "," if self.level().in_from => self.expects_table = true,
            _ => {}
        }
        self.out.push_str(match token.raw {
            // The engine divides whole numbers without a remainder; Doris does not.
            "/" => "* 1.0 /",
            "&&" => " AND ",
            "<=>" => " IS ",
            other => other,
        });
    }

    /// Whether the parenthesis holds a query that UNION or its like joins with another.
    fn is_operand(&self, open: usize) -> bool {
        const JOINS: [&str; 4] = ["UNION", "INTERSECT", "EXCEPT", "MINUS"];
        let joins = |token: Option<&Token<'_>>, more: &[&str]| {
            token.is_some_and(|token| JOINS.iter().chain(more).any(|word| token.is_word(word)))
        };
        let holds_query = self.tokens.get(open + 1).is_some_and(|token| token.is_word("SELECT"));
        let before = open.checked_sub(1).and_then(|before| self.tokens.get(before));
        holds_query && (joins(before, &["ALL"]) || joins(self.after_group(open), &[]))
    }

    /// The token after the parenthesis that closes this one.
    fn after_group(&self, open: usize) -> Option<&Token<'a>> {
        let mut depth = 0;
        let close = self.tokens[open..].iter().position(|token| {
            depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
            depth == 0
        });
        self.tokens.get(open + close? + 1)
    }

    /// A table's name, checked and with its database.
    fn table(&mut self, index: usize) -> Result<(), SqlError> {
        let mut parts = vec![self.tokens[index].value().into_owned()];
        while self.tokens.get(self.at).is_some_and(|token| token.is_symbol(".")) {
            let Some(part) = self.tokens.get(self.at + 1) else { break };
            parts.push(part.value().into_owned());
            self.at += 2;
        }
        let name = parts.pop().unwrap_or_default();
        let given = parts.pop();
        if given.is_none() && self.common.contains(&name) {
            self.out.push_str(&quoted(&name));
            return Ok(());
        }
        let database = given.or_else(|| self.session.database.clone()).ok_or_else(SqlError::no_database)?;
        if database.eq_ignore_ascii_case("information_schema") {
            self.databases.insert("information_schema".to_owned());
            self.out.push_str(&format!("information_schema.{}", quoted(&name)));
            return Ok(());
        }
        let found = self
            .session
            .cluster
            .store
            .database(&database)
            .ok_or_else(|| SqlError::analysis(format_args!("Database [{database}] does not exist.")))?;
        let table = found.table(&name).ok_or_else(|| {
            SqlError::analysis(format_args!("Table [{name}] does not exist in database [{database}]."))
        })?;
        self.session.require(Privilege::Select, &database, &name)?;
        self.out.push_str(&format!("{}.{}", quoted(&database), quoted(&name)));
        self.databases.insert(database);
        self.tables.push(table);
        Ok(())
    }

    fn cast_type(&mut self) -> Result<(), SqlError> {
        let Some(token) = self.tokens.get(self.at) else { return Ok(()) };
        self.at += 1;
        let engine = match token.raw.to_ascii_uppercase().as_str() {
            "TINYINT" | "SMALLINT" | "INT" | "INTEGER" | "BIGINT" | "SIGNED" | "UNSIGNED" | "BOOLEAN" => {
                "INTEGER"
            }
            "FLOAT" | "DOUBLE" | "DECIMAL" | "DECIMALV3" => "REAL",
            "CHAR" | "VARCHAR" | "STRING" | "TEXT" | "DATE" | "DATETIME" | "LARGEINT" | "JSON" => "TEXT",
            other => return Err(SqlError::beyond(format_args!("CAST to {other}"))),
        };
        self.out.push_str(engine);
        if self.tokens.get(self.at).is_some_and(|token| token.is_symbol("(")) {
            while self.tokens.get(self.at).is_some_and(|token| !token.is_symbol(")")) {
                self.at += 1;
            }
            self.at += 1;
        }
        Ok(())
    }

    fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn literal(&mut self, text: &str) {
        self.out.push('\'');
        self.out.push_str(&text.replace('\'', "''"));
        self.out.push('\'');
    }

    /// White space as in the original, comments gone.
    fn gap(&mut self, index: usize) {
        if index > 0 && self.tokens[index].start > self.tokens[index - 1].end() {
            self.out.push(' ');
        }
    }
}
