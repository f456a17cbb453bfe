//! Answers about one table.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Call;
use super::answers::Answer;
use super::java_map;
use super::login::{login, require};
use crate::accounts::Privilege;
use crate::cluster::Cluster;
use crate::store::{Column, ColumnType, Database, KeyModel, Table, attach, open_reader, quoted};
use crate::version::Version;

/// `GET /api/{db}/{table}/_schema`.
pub(super) fn schema(cluster: &Cluster, call: &Call, database: &str, table: &str) -> Result<Answer, Answer> {
    let (_, table) = readable(cluster, call, database, table)?;
    let replaces = table.model == KeyModel::Unique && !table.merges_on_write(cluster.version);
    let properties: Vec<_> = table.columns.iter().map(|column| property(column, replaces)).collect();
    let keys = table.model.keys_type();
    Ok(Answer::success(&json!({ "keysType": keys, "properties": properties, "status": 200 })))
}

/// `GET /api/{db}/{table}/_count`.
pub(super) fn count(cluster: &Cluster, call: &Call, database: &str, table: &str) -> Result<Answer, Answer> {
    let (database, table) = readable(cluster, call, database, table)?;
    let rows = rows(&database, &table).map_err(|error| Answer::error(&error.to_string()))?;
    Ok(Answer::success(&json!({ "size": rows, "status": 200 })))
}

#[derive(Deserialize)]
struct ColumnChange {
    #[serde(rename = "isDropColumn")]
    is_drop: Option<bool>,
    #[serde(rename = "columnName")]
    column: Option<String>,
}

/// `GET /api/enable_light_schema_change/{db}/{table}` with the change as its body: whether a column can be added or dropped at
/// once.
pub(super) fn light_schema_change(
    cluster: &Cluster,
    call: &Call,
    database: &str,
    table: &str,
) -> Result<Answer, Answer> {
    if call.body.is_empty() {
        return Err(Answer::internal_error(Some(
            "Required request body is missing: public java.lang.Object org.apache.doris.httpv2.rest.TableSchemaAction.columnChangeCanSync(java.lang.String,java.lang.String,javax.servlet.http.HttpServletRequest,javax.servlet.http.HttpServletResponse,java.lang.String)",
        )));
    }
    login(cluster, call)?;
    let (_, table) = find(cluster, database, table)?;
    if !table.has_light_schema_change(cluster.version) {
        return Err(Answer::error(&format!("table {} disable light schema change", table.name)));
    }
    let change: ColumnChange = super::body::parse(&call.body)?;
    let Some(is_drop) = change.is_drop else {
        let text = "Cannot invoke \"java.lang.Boolean.booleanValue()\" because \"ddlRequestBody.isDropColumn\" is null";
        return Err(Answer::internal_error((cluster.version >= Version::V3_0).then_some(text)));
    };
    let column = change.column.unwrap_or_default();
    let is_key = table.position(&column).is_some_and(|at| table.columns[at].key);
    if is_drop && is_key {
        return Err(Answer::error(&format!(
            "Column {column} is primary key in materializedIndex that can't do the light schema change"
        )));
    }
    Ok(Answer::success(&Value::Null))
}

/// A table that the client may read.
fn readable(
    cluster: &Cluster,
    call: &Call,
    database: &str,
    table: &str,
) -> Result<(Arc<Database>, Arc<Table>), Answer> {
    let user = login(cluster, call)?.user;
    require(cluster, &user, Privilege::Select, database, table)
        .map_err(|reason| Answer::unauthorized(&reason))?;
    find(cluster, database, table)
}

fn find(cluster: &Cluster, database: &str, table: &str) -> Result<(Arc<Database>, Arc<Table>), Answer> {
    let found = cluster.store.database(database).ok_or_else(|| unknown_database(database))?;
    let table = found.table(table).ok_or_else(|| {
        Answer::error(&format!("errCode = 7, detailMessage = {}, tableName={table}", unknown_table(cluster)))
    })?;
    Ok((found, table))
}

fn unknown_table(cluster: &Cluster) -> &'static str {
    if cluster.version >= Version::V3_0 { "table not found" } else { "unknown table" }
}

pub(super) fn unknown_database(name: &str) -> Answer {
    Answer::error(&format!("errCode = 7, detailMessage = unknown databases, dbName={name}"))
}

fn rows(database: &Database, table: &Table) -> rusqlite::Result<i64> {
    let connection = open_reader()?;
    attach(&connection, "db", database.path())?;
    connection.query_row(&format!("SELECT count(*) FROM db.{}", quoted(&table.name)), [], |row| row.get(0))
}

/// `replaces`: what a value column without an aggregation does.
fn property(column: &Column, replaces: bool) -> Value {
    let aggregation = match (column.key, column.aggregation) {
        (true, _) => "",
        (false, Some(aggregation)) => aggregation.word(),
        (false, None) if replaces => "REPLACE",
        (false, None) => "NONE",
    };
    let mut entries = Vec::new();
    if let ColumnType::Decimal { precision, scale } = column.column_type {
        entries.push(("precision", precision.to_string()));
        entries.push(("scale", scale.to_string()));
    }
    entries.push(("type", column.column_type.bare_name().to_owned()));
    entries.push(("comment", column.comment.clone()));
    entries.push(("name", column.name.clone()));
    entries.push(("aggregation_type", aggregation.to_owned()));
    java_map::object(2, entries.into_iter().map(|(key, value)| (key.to_owned(), Value::String(value))))
}
