//! `information_schema`, made anew for each query that reads it.

mod fixed;

use rusqlite::{Connection, params};

use super::error::SqlError;
use super::session::Session;
use super::variables;
use crate::accounts::Privilege;
use crate::store::{Column, ColumnType, DefaultValue, Table};

const TABLES: &str = "
CREATE TABLE information_schema.schemata (CATALOG_NAME TEXT, SCHEMA_NAME TEXT, DEFAULT_CHARACTER_SET_NAME TEXT,
  DEFAULT_COLLATION_NAME TEXT, SQL_PATH TEXT);
CREATE TABLE information_schema.tables (TABLE_CATALOG TEXT, TABLE_SCHEMA TEXT, TABLE_NAME TEXT, TABLE_TYPE TEXT, ENGINE TEXT,
  VERSION INTEGER, ROW_FORMAT TEXT, TABLE_ROWS INTEGER, AVG_ROW_LENGTH INTEGER, DATA_LENGTH INTEGER, MAX_DATA_LENGTH INTEGER,
  INDEX_LENGTH INTEGER, DATA_FREE INTEGER, AUTO_INCREMENT INTEGER, CREATE_TIME TEXT, UPDATE_TIME TEXT, CHECK_TIME TEXT,
  TABLE_COLLATION TEXT, CHECKSUM INTEGER, CREATE_OPTIONS TEXT, TABLE_COMMENT TEXT);
CREATE TABLE information_schema.columns (TABLE_CATALOG TEXT, TABLE_SCHEMA TEXT, TABLE_NAME TEXT, COLUMN_NAME TEXT,
  ORDINAL_POSITION INTEGER, COLUMN_DEFAULT TEXT, IS_NULLABLE TEXT, DATA_TYPE TEXT, CHARACTER_MAXIMUM_LENGTH INTEGER,
  CHARACTER_OCTET_LENGTH INTEGER, NUMERIC_PRECISION INTEGER, NUMERIC_SCALE INTEGER, DATETIME_PRECISION INTEGER,
  CHARACTER_SET_NAME TEXT, COLLATION_NAME TEXT, COLUMN_TYPE TEXT, COLUMN_KEY TEXT, EXTRA TEXT, PRIVILEGES TEXT,
  COLUMN_COMMENT TEXT, COLUMN_SIZE INTEGER, DECIMAL_DIGITS INTEGER, GENERATION_EXPRESSION TEXT, SRS_ID INTEGER);
";

/// Attaches it to a connection, filled with what the user may see.
pub(super) fn attach(connection: &Connection, session: &Session) -> Result<(), SqlError> {
    connection.execute_batch("ATTACH ':memory:' AS information_schema;")?;
    connection.execute_batch(TABLES)?;
    connection.execute_batch(fixed::TABLES)?;
    for table in ["session_variables", "global_variables"] {
        for (name, default) in variables::DEFAULTS {
            let value = session.variable(name).unwrap_or(default);
            connection.execute(
                &format!("INSERT INTO information_schema.{table} VALUES (?, ?, ?, ?)"),
                params![name, value, default, i64::from(value != *default)],
            )?;
        }
    }
    for name in ["information_schema", "mysql"] {
        schema(connection, name)?;
    }
    for name in session.cluster.store.names() {
        if !session.cluster.accounts.may(&session.user, Privilege::Select, &name, "*") {
            continue;
        }
        schema(connection, &name)?;
        let Some(database) = session.cluster.store.database(&name) else { continue };
        for table in database.tables() {
            connection.execute(
                "INSERT INTO information_schema.tables (TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, \
                 TABLE_COLLATION, TABLE_COMMENT) VALUES ('internal', ?, ?, 'BASE TABLE', 'Doris', 'utf8mb4_0900_bin', ?)",
                params![name, table.name, table.comment],
            )?;
            for (index, column) in table.columns.iter().enumerate() {
                add_column(connection, &name, &table, index, column)?;
            }
        }
    }
    Ok(())
}

fn schema(connection: &Connection, name: &str) -> Result<(), SqlError> {
    connection.execute(
        "INSERT INTO information_schema.schemata VALUES ('internal', ?, 'utf8mb4', 'utf8mb4_0900_bin', NULL)",
        [name],
    )?;
    Ok(())
}

fn add_column(
    connection: &Connection,
    database: &str,
    table: &Table,
    index: usize,
    column: &Column,
) -> Result<(), SqlError> {
    let length = match column.column_type {
        ColumnType::Char(length) | ColumnType::Varchar(length) => Some(length),
        ColumnType::Text => Some(2_147_483_643),
        _ => None,
    };
    let (precision, scale) = match column.column_type {
        ColumnType::TinyInt => (Some(3), Some(0)),
        ColumnType::SmallInt => (Some(5), Some(0)),
        ColumnType::Int => (Some(10), Some(0)),
        ColumnType::BigInt => (Some(19), Some(0)),
        ColumnType::LargeInt => (Some(39), Some(0)),
        ColumnType::Float => (Some(7), Some(7)),
        ColumnType::Double => (Some(15), Some(15)),
        ColumnType::Decimal { precision, scale } => (Some(precision), Some(scale)),
        _ => (None, None),
    };
    let fraction = match column.column_type {
        ColumnType::DateTime { scale } => Some(scale),
        _ => None,
    };
    let shown = column.column_type.to_string();
    let default = match &column.default {
        Some(DefaultValue::Literal(text)) => Some(text.clone()),
        Some(DefaultValue::CurrentTimestamp) => Some("CURRENT_TIMESTAMP".to_owned()),
        _ => None,
    };
    let key = if column.key { super::show::key_word(table.model) } else { "" };
    connection.execute(
        "INSERT INTO information_schema.columns (TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, \
         COLUMN_DEFAULT, IS_NULLABLE, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION, \
         NUMERIC_SCALE, DATETIME_PRECISION, COLUMN_TYPE, COLUMN_KEY, EXTRA, PRIVILEGES, COLUMN_COMMENT, COLUMN_SIZE, \
         DECIMAL_DIGITS) VALUES ('internal', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12, ?13, '', '', ?14, ?15, ?10)",
        params![
            database,
            table.name,
            column.name,
            i64::try_from(index + 1).unwrap_or(i64::MAX),
            default,
            if column.nullable { "YES" } else { "NO" },
            data_type(&column.column_type),
            length,
            precision,
            scale,
            fraction,
            shown,
            key,
            column.comment,
            length.or(precision.map(u32::from)),
        ],
    )?;
    Ok(())
}

fn data_type(column: &ColumnType) -> String {
    match column {
        ColumnType::LargeInt => "bigint unsigned".to_owned(),
        ColumnType::Decimal { .. } => "decimal".to_owned(),
        ColumnType::Date => "date".to_owned(),
        ColumnType::DateTime { .. } => "datetime".to_owned(),
        ColumnType::Text => "text".to_owned(),
        ColumnType::Boolean => "tinyint".to_owned(),
        other => other.bare_name().to_ascii_lowercase(),
    }
}
