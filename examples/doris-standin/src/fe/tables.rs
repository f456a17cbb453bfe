//! Answers about the cluster and its tables.

use std::sync::Arc;

use serde_json::json;

use super::Call;
use super::answers::Answer;
use super::login;
use crate::cluster::Cluster;
use crate::store::{Column, ColumnType, Database, Table, attach, open_reader, quoted};

/// `GET /api/bootstrap`, as answered without the cluster's token.
pub(super) fn bootstrap() -> Answer {
    Answer::success(
        &json!({ "replayedJournalId": 0, "queryPort": 0, "rpcPort": 0, "arrowFlightSqlPort": 0, "version": "" }),
    )
}

/// `GET /api/health`.
pub(super) fn health() -> Answer {
    Answer::success(&json!({ "online_backend_num": 1, "total_backend_num": 1 }))
}

/// `GET /api/backends`.
pub(super) fn backends(cluster: &Cluster, call: &Call) -> Answer {
    if let Err(error) = login(cluster, call) {
        return error.into();
    }
    let be = json!({ "ip": cluster.be.ip().to_string(), "http_port": cluster.be.port(), "is_alive": true });
    Answer::success(&json!({ "backends": [be] }))
}

/// `GET /api/{db}/{table}/_schema`.
pub(super) fn schema(cluster: &Cluster, call: &Call, database: &str, table: &str) -> Answer {
    let (_, table) = match find(cluster, call, database, table) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let properties: Vec<_> = table.columns.iter().map(property).collect();
    Answer::success(&json!({ "keysType": table.model.keys_type(), "properties": properties, "status": 200 }))
}

/// `GET /api/{db}/{table}/_count`.
pub(super) fn count(cluster: &Cluster, call: &Call, database: &str, table: &str) -> Answer {
    let (database, table) = match find(cluster, call, database, table) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    match rows(&database, &table) {
        Ok(rows) => Answer::success(&json!({ "size": rows, "status": 200 })),
        Err(error) => Answer::error(&error.to_string()),
    }
}

fn rows(database: &Database, table: &Table) -> rusqlite::Result<i64> {
    let connection = open_reader()?;
    attach(&connection, "db", database.path())?;
    connection.query_row(&format!("SELECT count(*) FROM db.{}", quoted(&table.name)), [], |row| row.get(0))
}

fn find(
    cluster: &Cluster,
    call: &Call,
    database: &str,
    table: &str,
) -> Result<(Arc<Database>, Arc<Table>), Answer> {
    login(cluster, call)?;
    let found = cluster.store.database(database).ok_or_else(|| {
        Answer::error(&format!("errCode = 7, detailMessage = unknown databases, dbName={database}"))
    })?;
    let table = found.table(table).ok_or_else(|| {
        Answer::error(&format!("errCode = 7, detailMessage = table not found, tableName={table}"))
    })?;
    Ok((found, table))
}

fn property(column: &Column) -> serde_json::Value {
    let aggregation = match (column.key, column.aggregation) {
        (true, _) => "",
        (false, Some(aggregation)) => aggregation.word(),
        (false, None) => "NONE",
    };
    let mut property = json!({
        "name": column.name,
        "aggregation_type": aggregation,
        "comment": column.comment,
        "type": column.column_type.bare_name(),
    });
    if let ColumnType::Decimal { precision, scale } = column.column_type {
        property["precision"] = json!(precision.to_string());
        property["scale"] = json!(scale.to_string());
    }
    property
}
