//! Listings that are the same for everybody, and those of the cluster's processes.

use crate::cluster::Cluster;
use crate::nodes::NodeList;
use crate::sql::answer::{ResultColumn, ResultSet, ResultType};
use crate::sql::error::SqlError;
use crate::sql::session::Session;
use crate::store::Cell;

/// The processes of the cluster, for administrators.
pub(super) fn nodes(session: &Session, list: fn(&Cluster) -> NodeList) -> Result<ResultSet, SqlError> {
    session.require_administrator("Node_priv,Admin_priv")?;
    let NodeList { columns, rows } = list(&session.cluster);
    let text = |name: &str| ResultColumn { name: name.to_owned(), result_type: ResultType::Text };
    Ok(ResultSet {
        columns: columns.into_iter().map(text).collect(),
        rows: rows
            .into_iter()
            .map(|row| row.into_iter().map(|value| Cell::Text(value.into())).collect())
            .collect(),
    })
}

/// `SHOW CHARSET`.
pub(super) fn charsets() -> ResultSet {
    rows(
        ["Charset", "Description", "Default collation", "Maxlen"],
        &[["utf8mb4", "UTF-8 Unicode", "utf8mb4_0900_bin", "4"]],
    )
}

/// `SHOW COLLATION`.
pub(super) fn collations() -> ResultSet {
    rows(
        ["Collation", "Charset", "Id", "Default", "Compiled", "Sortlen"],
        &[
            ["utf8mb4_0900_bin", "utf8mb4", "309", "Yes", "Yes", "1"],
            ["utf8mb3_general_ci", "utf8mb3", "33", "Yes", "Yes", "1"],
        ],
    )
}

/// `SHOW ENGINES`.
pub(super) fn engines() -> ResultSet {
    let engine = |name, comment| [name, "YES", comment, "NO", "NO", "NO"];
    rows(
        ["Engine", "Support", "Comment", "Transactions", "XA", "Savepoints"],
        &[
            engine("Olap engine", "Default storage engine of palo"),
            engine("MySQL", "MySQL server which data is in it"),
            engine("ELASTICSEARCH", "ELASTICSEARCH cluster which data is in it"),
            engine("HIVE", "HIVE database which data is in it"),
            engine("ICEBERG", "ICEBERG data lake which data is in it"),
            engine("ODBC", "ODBC driver which data we can connect"),
            engine("HUDI", "HUDI data lake which data is in it"),
        ],
    )
}

/// `SHOW PROCESSLIST`, as far as the session itself goes.
pub(super) fn processes(session: &Session, sql: &str) -> ResultSet {
    ResultSet::of_text(
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
    )
}

fn rows<const N: usize>(heads: [&str; N], rows: &[[&str; N]]) -> ResultSet {
    ResultSet::of_text(heads, rows.iter().map(|row| row.map(|text| Some(text.to_owned()))))
}
