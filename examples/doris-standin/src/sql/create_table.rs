//! CREATE TABLE with Doris's clauses, checked as the front end checks them.

use super::answer::Answer;
use super::columns::columns;
use super::cursor::{Cursor, split_commas};
use super::error::SqlError;
use super::properties::properties;
use super::session::Session;
use super::show;
use super::table_rules::{check_columns, check_replicas, mark_keys};
use crate::accounts::Privilege;
use crate::store::{Column, KeyModel, Sequence, StoreError, Table};

/// Runs the statement; the cursor stands after `CREATE TABLE`.
pub(super) fn run(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    let if_not_exists = cursor.eat_words(&["IF", "NOT", "EXISTS"]);
    let (database, name) = cursor.qualified()?;
    let database = session.find_database(database.as_deref())?;
    session.require(Privilege::Create, database.name(), &name)?;
    let table =
        if cursor.eat_word("LIKE") { like(session, &mut cursor, &name)? } else { parse(&mut cursor, &name)? };
    check_replicas(&table.properties, session.cluster.backends.len())?;
    match database.create_table(table) {
        Ok(()) => Ok(Answer::done()),
        Err(StoreError::TableExists(_)) if if_not_exists => Ok(Answer::done()),
        Err(StoreError::TableExists(name)) => {
            Err(SqlError::numbered(1050, "42S01", format_args!("Table '{name}' already exists")))
        }
        Err(error) => Err(SqlError::analysis(error)),
    }
}

/// The same table under another name, without its rows.
fn like(session: &Session, cursor: &mut Cursor<'_>, name: &str) -> Result<Table, SqlError> {
    let (database, source) = cursor.qualified()?;
    cursor.eat_words(&["WITH", "ROLLUP"]);
    cursor.expect_end()?;
    let (_, table) = show::find(session, database.as_deref(), &source)?;
    Ok(Table { name: name.to_owned(), ..Table::clone(&table) })
}

fn parse(cursor: &mut Cursor<'_>, name: &str) -> Result<Table, SqlError> {
    if cursor.peek_word("AS") {
        return Err(SqlError::beyond("CREATE TABLE … AS SELECT"));
    }
    let mut columns = columns(cursor)?;
    if cursor.eat_word("ENGINE") {
        cursor.expect_symbol("=")?;
        let engine = cursor.identifier()?;
        if !engine.eq_ignore_ascii_case("olap") {
            return Err(SqlError::beyond(format_args!("tables of ENGINE={engine}")));
        }
    }
    let (model, keys) = keys(cursor)?;
    let comment = if cursor.eat_word("COMMENT") { cursor.text()?.into_owned() } else { String::new() };
    let partition = clause(cursor, &["AUTO", "PARTITION"])?;
    let distribution = distribution(cursor, &columns)?;
    if cursor.eat_word("ROLLUP") {
        return Err(SqlError::beyond("ROLLUP"));
    }
    let properties = if cursor.eat_word("PROPERTIES") { properties(cursor)? } else { Vec::new() };
    cursor.expect_end()?;
    let model = mark_keys(&mut columns, model, &keys)?;
    check_columns(&columns, model)?;
    let table = Table { name: name.to_owned(), model, columns, comment, partition, distribution, properties };
    Sequence::read(&table).map_err(SqlError::analysis)?;
    Ok(table)
}

fn keys(cursor: &mut Cursor<'_>) -> Result<(Option<KeyModel>, Vec<String>), SqlError> {
    for model in [KeyModel::Duplicate, KeyModel::Unique, KeyModel::Aggregate] {
        if cursor.eat_words(&[model.word(), "KEY"]) {
            let group = cursor.group()?;
            let names = split_commas(group).into_iter().map(|part| cursor.within(part).identifier());
            let names = names.collect::<Result<Vec<_>, _>>()?;
            if cursor.peek_word("CLUSTER") {
                return Err(SqlError::beyond("CLUSTER BY"));
            }
            return Ok((Some(model), names));
        }
    }
    Ok((None, Vec::new()))
}

/// A `PARTITION BY …` clause, kept as written.
fn clause(cursor: &mut Cursor<'_>, lead: &[&str]) -> Result<Option<String>, SqlError> {
    let Some(first) = cursor.peek() else { return Ok(None) };
    if !cursor.eat_words(lead) && !cursor.eat_word("PARTITION") {
        return Ok(None);
    }
    cursor.expect_word("BY")?;
    while cursor.peek().is_some_and(|token| !token.is_symbol("(")) {
        cursor.next();
    }
    cursor.group()?;
    if cursor.peek().is_some_and(|token| token.is_symbol("(")) {
        cursor.group()?;
    }
    Ok(Some(cursor.text_since(first).to_owned()))
}

/// The `DISTRIBUTED BY` clause in the form SHOW CREATE TABLE gives it.
fn distribution(cursor: &mut Cursor<'_>, columns: &[Column]) -> Result<String, SqlError> {
    if !cursor.eat_word("DISTRIBUTED") {
        return Ok("DISTRIBUTED BY RANDOM BUCKETS AUTO".to_owned());
    }
    cursor.expect_word("BY")?;
    let by = if cursor.eat_word("HASH") {
        let group = cursor.group()?;
        let mut names = Vec::new();
        for part in split_commas(group) {
            let name = cursor.within(part).identifier()?;
            let column =
                columns.iter().find(|column| column.name.eq_ignore_ascii_case(&name)).ok_or_else(|| {
                    SqlError::analysis(format_args!("Distribution column({name}) doesn't exist."))
                })?;
            names.push(format!("`{}`", column.name));
        }
        format!("HASH({})", names.join(", "))
    } else {
        cursor.expect_word("RANDOM")?;
        "RANDOM".to_owned()
    };
    let buckets = if cursor.eat_word("BUCKETS") && !cursor.eat_word("AUTO") {
        cursor.number::<u32>()?.to_string()
    } else {
        "AUTO".to_owned()
    };
    Ok(format!("DISTRIBUTED BY {by} BUCKETS {buckets}"))
}
