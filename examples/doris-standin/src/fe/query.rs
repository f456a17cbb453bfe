//! SQL over HTTP.
//!
//! The front end parses a statement with its older parser to see what kind it is, and then is a MySQL client of itself; so
//! refusals come in three shapes: the parser's, the driver's, and its own.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;

use super::answers::Answer;
use super::redirect::to_https;
use super::result_json::{self, Elapsed};
use super::sessions::Sessions;
use super::{Call, body};
use crate::accounts::Credentials;
use crate::cluster::Cluster;
use crate::http::Framing;
use crate::sql::{self, Session, SqlError};
use crate::version::Version;

#[derive(Deserialize)]
struct Statement {
    stmt: Option<String>,
    is_sync: Option<bool>,
    /// Rows; only looked at when the answer is not streamed.
    limit: Option<i64>,
}

/// `POST /api/query/{namespace}/{db}` with `{"stmt": …}`. The namespace does not matter.
pub(super) fn run(
    cluster: &Arc<Cluster>,
    sessions: &Sessions,
    call: &Call,
    database: &str,
) -> Result<Answer, Answer> {
    if call.body.is_empty() {
        return Err(Answer::internal_error(Some(
            "Required request body is missing: public java.lang.Object org.apache.doris.httpv2.rest.StmtExecutionAction.executeSQL(java.lang.String,java.lang.String,javax.servlet.http.HttpServletRequest,javax.servlet.http.HttpServletResponse,java.lang.String)",
        )));
    }
    to_https(cluster, call)?;
    sessions.answer(cluster, call, |credentials| {
        let request: Statement = body::parse(&call.body)?;
        let statement = request.stmt.filter(|statement| !statement.is_empty());
        let statement = statement.ok_or_else(|| Answer::bad_request("Missing statement request body"))?;
        let wants_stream = !call
            .request
            .headers
            .get("X-Doris-Stream")
            .is_some_and(|value| value.eq_ignore_ascii_case("false"));
        let began = Instant::now();
        let answer = execute(cluster, credentials, database, &statement)?;
        let elapsed = Elapsed::since(began);
        if request.is_sync == Some(false) {
            return Err(Answer::error("Not support async query execution"));
        }
        if wants_stream && cluster.version >= Version::V2_0 {
            return Ok(streamed(&answer, elapsed));
        }
        let limit = usize::try_from(request.limit.unwrap_or(1000)).unwrap_or(0);
        match result_json::enveloped(&answer, limit, elapsed) {
            Ok(data) => Ok(Answer::success(&data)),
            Err(error) => Err(Answer::error(&format!("Failed to execute sql: {error}"))),
        }
    })
}

fn streamed(answer: &sql::Answer, elapsed: Elapsed) -> Answer {
    match answer {
        sql::Answer::Rows(rows) => Answer::written(result_json::rows(rows, elapsed), Framing::Streamed),
        sql::Answer::Done { .. } => Answer::written(result_json::done(elapsed), Framing::Counted),
    }
}

fn execute(
    cluster: &Arc<Cluster>,
    credentials: &Credentials,
    database: &str,
    statement: &str,
) -> Result<sql::Answer, Answer> {
    let failed = |text: &str| Answer::error(&format!("Failed to execute sql: {text}"));
    let statement = sql::statements(statement).first().copied().unwrap_or_default();
    check_kind(statement).map_err(|text| failed(&text))?;
    let connection = cluster.next_connection_id();
    // The driver runs on the front end's own machine.
    let host = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut session = Session::new(Arc::clone(cluster), credentials.user.clone(), host, connection);
    session
        .use_database(database)
        .and_then(|()| session.execute(statement))
        .map_err(|error| failed(&thrown(&error, connection)))
}

/// Refuses statements that are none, and those that only make sense in a session of one's own.
fn check_kind(statement: &str) -> Result<(), String> {
    const KNOWN: [&str; 28] = [
        "SELECT",
        "WITH",
        "VALUES",
        "SHOW",
        "DESC",
        "DESCRIBE",
        "EXPLAIN",
        "CREATE",
        "DROP",
        "ALTER",
        "TRUNCATE",
        "GRANT",
        "REVOKE",
        "DELETE",
        "INSERT",
        "UPDATE",
        "EXPORT",
        "LOAD",
        "CANCEL",
        "ADMIN",
        "REFRESH",
        "RECOVER",
        "RESTORE",
        "BACKUP",
        "ANALYZE",
        "SYNC",
        "INSTALL",
        "UNINSTALL",
    ];
    const OF_SESSIONS: [&str; 10] =
        ["USE", "SET", "UNSET", "KILL", "BEGIN", "COMMIT", "ROLLBACK", "LOCK", "UNLOCK", "SWITCH"];
    let tokens = sql::tokens(statement);
    let Some(first) = tokens.first() else {
        return Err(syntax_error(statement, statement.len(), "EOF"));
    };
    let word = first.raw.to_ascii_uppercase();
    if first.is_symbol("(") || KNOWN.contains(&word.as_str()) {
        return Ok(());
    }
    if OF_SESSIONS.contains(&word.as_str()) {
        return Err("java.lang.Exception: Unsupported statement type".to_owned());
    }
    let found = if first.raw.starts_with(|first: char| first.is_ascii_digit()) {
        "INTEGER LITERAL"
    } else {
        "IDENTIFIER"
    };
    Err(syntax_error(statement, first.start, found))
}

/// The older parser's complaint: the line, a caret under the place, what it met, and what it can say of what it expected.
fn syntax_error(statement: &str, at: usize, found: &str) -> String {
    let start = statement[..at].rfind('\n').map_or(0, |line| line + 1);
    let number = statement[..start].matches('\n').count() + 1;
    let line = statement[start..].lines().next().unwrap_or_default();
    let caret = " ".repeat(statement[start..at].chars().count());
    format!(
        "org.apache.doris.common.AnalysisException: errCode = 2, detailMessage = Syntax error in line {number}:\n{line}\n{caret}^\nEncountered: {found}\nExpected\n"
    )
}

/// The exception that the front end's MySQL driver makes of an error.
fn thrown(error: &SqlError, connection: u32) -> String {
    let class = match error.state.get(..2) {
        Some("22" | "26" | "2F" | "20" | "42" | "XA") => "SQLSyntaxErrorException",
        Some("25" | "28") => "SQLInvalidAuthorizationSpecException",
        Some("21" | "23") => "SQLIntegrityConstraintViolationException",
        Some("08") => "SQLNonTransientConnectionException",
        Some("0A") => "SQLFeatureNotSupportedException",
        _ => "SQLException",
    };
    format!("java.sql.{class}: (conn={connection}) {}", error.message)
}
