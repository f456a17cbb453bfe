//! DELETE: by any condition from unique tables, by simple ones on columns from the others.

use super::answer::Answer;
use super::cursor::Cursor;
use super::error::SqlError;
use super::insert::target;
use super::lexer::{Kind, Token, tokens};
use super::session::Session;
use super::write::{self, Effect};
use super::{select, translate};
use crate::load::Plan;
use crate::store::{KeyModel, StoreError, Table, quoted};

/// Runs the statement.
pub(super) fn run(session: &Session, sql: &str, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    cursor.expect_word("DELETE")?;
    cursor.expect_word("FROM")?;
    let Some(first) = cursor.peek() else { return Err(cursor.unexpected("IDENTIFIER")) };
    let (database, name) = cursor.qualified()?;
    let aliased = cursor.peek().is_some_and(|token| {
        !["WHERE", "PARTITION", "PARTITIONS", "USING"].iter().any(|word| token.is_word(word))
    });
    if aliased {
        cursor.eat_word("AS");
        cursor.identifier()?;
    }
    let from = cursor.text_since(first);
    let (database, table) = target(session, database.as_deref(), &name)?;
    if cursor.peek_word("USING") {
        return Err(if table.model == KeyModel::Unique {
            SqlError::beyond("DELETE … USING")
        } else {
            only_unique()
        });
    }
    if cursor.peek_word("PARTITION") || cursor.peek_word("PARTITIONS") {
        return Err(SqlError::beyond("DELETE from single partitions"));
    }
    let Some(condition) = cursor.peek().filter(|token| token.is_word("WHERE")) else {
        return Err(SqlError::analysis("delete command should specify a where condition"));
    };
    let label = write::label(session);
    if table.model == KeyModel::Unique {
        let query = format!("SELECT * FROM {from} {}", &sql[condition.start..]);
        let found = select::run(session, &query, &tokens(&query))?;
        let columns = table.columns.iter().map(|column| column.name.clone()).collect();
        let plan = Plan::positional(table, Some(columns)).map_err(SqlError::analysis)?;
        let rows = write::of_query(found.rows);
        return write::write(session, &database, &plan, &label, rows, Effect::Delete);
    }
    check_simple(&cursor.rest()[1..], &table)?;
    let condition = translate::condition(session, cursor.rest())?;
    database.change_rows(&format!("DELETE FROM {} {condition}", quoted(&name))).map_err(
        |error| match error {
            StoreError::Engine(error) => error.into(),
            other => SqlError::analysis(other),
        },
    )?;
    // The rows are found when they are read, so Doris never says how many there were.
    let plan = Plan::positional(table, None).map_err(SqlError::analysis)?;
    write::write(session, &database, &plan, &label, Vec::new(), Effect::Delete)
}

/// Comparisons of columns with values, joined by AND: what is kept beside the rows until they are read.
fn check_simple(tokens: &[Token<'_>], table: &Table) -> Result<(), SqlError> {
    let mut rest = tokens;
    while let Some((column, after)) = rest.split_first() {
        if !matches!(column.kind, Kind::Word | Kind::Quoted) {
            return Err(only_unique());
        }
        let length = comparison(after).ok_or_else(only_unique)?;
        let at = table.position(&column.value()).ok_or_else(|| {
            let name = column.value();
            SqlError::analysis(format_args!("Unknown column '{name}' in 'table list' in FILTER clause"))
        })?;
        let combines = !table.columns[at].key && table.model == KeyModel::Aggregate;
        if combines {
            return Err(SqlError::analysis(format_args!(
                "delete predicate on value column only supports Unique table with merge-on-write enabled and Duplicate table, but Table[{}] is an Aggregate table.",
                table.name
            )));
        }
        rest = match &after[length..] {
            [and, more @ ..] if and.is_word("AND") && !more.is_empty() => more,
            [] => return Ok(()),
            _ => return Err(only_unique()),
        };
    }
    Err(only_unique())
}

/// How many tokens `= value`, `IN (…)` or `IS [NOT] NULL` has at the front.
fn comparison(tokens: &[Token<'_>]) -> Option<usize> {
    const SYMBOLS: [&str; 7] = ["=", "!=", "<>", "<", "<=", ">", ">="];
    let is_value = |token: &Token<'_>| {
        matches!(token.kind, Kind::Number | Kind::Text) || token.is_word("TRUE") || token.is_word("FALSE")
    };
    match tokens {
        [is, null, ..] if is.is_word("IS") && null.is_word("NULL") => Some(2),
        [is, not, null, ..] if is.is_word("IS") && not.is_word("NOT") && null.is_word("NULL") => Some(3),
        [not, rest @ ..] if not.is_word("NOT") && rest.first()?.is_word("IN") => Some(1 + comparison(rest)?),
        [within, open, rest @ ..] if within.is_word("IN") && open.is_symbol("(") => {
            let close = rest.iter().position(|token| token.is_symbol(")"))?;
            let values = rest[..close].iter().filter(|token| !token.is_symbol(",") && !token.is_symbol("-"));
            values.into_iter().all(is_value).then_some(close + 3)
        }
        [symbol, sign, value, ..]
            if SYMBOLS.contains(&symbol.raw) && sign.is_symbol("-") && value.kind == Kind::Number =>
        {
            Some(3)
        }
        [symbol, value, ..] if SYMBOLS.contains(&symbol.raw) && is_value(value) => Some(2),
        _ => None,
    }
}

fn only_unique() -> SqlError {
    SqlError::analysis("delete command on with using clause only supports unique key model")
}
