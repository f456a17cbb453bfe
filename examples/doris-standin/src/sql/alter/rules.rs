//! What must hold of the table as it will be.

use super::compatible;
use crate::sql::error::SqlError;
use crate::sql::lexer::tokens;
use crate::store::{Column, KeyModel, SchemaChange, Table};

/// Checks a change of columns as the front end does before it makes one.
pub(super) fn check(old: &Table, change: &SchemaChange) -> Result<(), SqlError> {
    let columns = &change.table.columns;
    if *columns == old.columns {
        return Err(SqlError::analysis("Nothing is changed. please check your alter stmt."));
    }
    let table = &old.name;
    if columns.windows(2).any(|pair| pair[1].key && !pair[0].key) {
        return Err(SqlError::analysis(format_args!(
            "Invalid column order. value should be after key. index[{table}]"
        )));
    }
    if !columns.iter().any(|column| column.key) {
        return Err(SqlError::analysis(format_args!("No key column left. index[{table}]")));
    }
    for (column, from) in columns.iter().zip(&change.from) {
        let Some(before) = from.as_ref().and_then(|from| old.position(from)) else { continue };
        check_column(&old.columns[before], column, old.model)?;
    }
    for (clause, what) in
        [(old.partition.as_deref(), "partition"), (Some(&*old.distribution), "distribution")]
    {
        if let Some(clause) = clause {
            check_clause(old, change, clause, what)?;
        }
    }
    Ok(())
}

fn check_column(old: &Column, new: &Column, model: KeyModel) -> Result<(), SqlError> {
    if old == new {
        return Ok(());
    }
    compatible::check(&old.column_type, &new.column_type)?;
    let combines = |column: &Column| (!column.key).then_some((model, column.aggregation));
    if combines(old) != combines(new) {
        return Err(SqlError::analysis("Can not change aggregation type"));
    }
    if old.nullable && !new.nullable {
        return Err(SqlError::analysis("Can not change from nullable to non-nullable"));
    }
    if old.default != new.default {
        return Err(SqlError::analysis("Can not change default value"));
    }
    Ok(())
}

/// Columns that rows are distributed or partitioned by stay as they are.
fn check_clause(old: &Table, change: &SchemaChange, clause: &str, what: &str) -> Result<(), SqlError> {
    let table = &old.name;
    let capital = if what == "partition" { "Partition" } else { "Distribution" };
    for name in columns_of(clause) {
        let Some(before) = old.position(&name) else { continue };
        let after = change.from.iter().position(|from| from.as_deref() == Some(&*old.columns[before].name));
        match after.map(|at| &change.table.columns[at]) {
            None => {
                return Err(SqlError::analysis(format_args!(
                    "{capital} column[{name}] cannot be dropped. index[{table}]"
                )));
            }
            Some(column) if column.column_type != old.columns[before].column_type => {
                return Err(SqlError::analysis(format_args!(
                    "Can not modify {what} column[{name}]. index[{table}]"
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The names in a clause's first parentheses.
fn columns_of(clause: &str) -> Vec<String> {
    let tokens = tokens(clause);
    let inner = tokens.iter().skip_while(|token| !token.is_symbol("(")).skip(1);
    let inner = inner.take_while(|token| !token.is_symbol(")")).filter(|token| !token.is_symbol(","));
    inner.map(|token| token.value().into_owned()).collect()
}
