//! Session variables: what drivers read at connect, and SET.

use super::accounts;
use super::answer::Answer;
use super::cursor::{Cursor, split_commas};
use super::error::SqlError;
use super::lexer::{Kind, Token};
use super::session::Session;
use super::translate;

/// Variables that clients ask for, with the defaults of a fresh server.
pub(super) const DEFAULTS: &[(&str, &str)] = &[
    ("auto_increment_increment", "1"),
    ("autocommit", "1"),
    ("character_set_client", "utf8mb4"),
    ("character_set_connection", "utf8mb4"),
    ("character_set_database", "utf8mb4"),
    ("character_set_results", "utf8mb4"),
    ("character_set_server", "utf8mb4"),
    ("collation_connection", "utf8mb4_0900_bin"),
    ("collation_database", "utf8mb4_0900_bin"),
    ("collation_server", "utf8mb4_0900_bin"),
    ("enable_insert_strict", "true"),
    ("exec_mem_limit", "2147483648"),
    ("group_commit", "off_mode"),
    ("have_query_cache", "DISABLED"),
    ("init_connect", ""),
    ("insert_timeout", "14400"),
    ("interactive_timeout", "3600"),
    ("language", "/palo/share/english/"),
    ("license", "Apache License, Version 2.0"),
    ("lower_case_table_names", "0"),
    ("max_allowed_packet", "16777216"),
    ("net_buffer_length", "16384"),
    ("net_read_timeout", "60"),
    ("net_write_timeout", "60"),
    ("parallel_pipeline_task_num", "0"),
    ("performance_schema", "OFF"),
    ("query_cache_size", "1048576"),
    ("query_cache_type", "0"),
    ("query_timeout", "900"),
    ("show_hidden_columns", "false"),
    ("sql_auto_is_null", "0"),
    ("sql_mode", ""),
    ("sql_safe_updates", "0"),
    ("sql_select_limit", "9223372036854775807"),
    ("system_time_zone", "Etc/UTC"),
    ("time_zone", "Etc/UTC"),
    ("transaction_isolation", "REPEATABLE-READ"),
    ("transaction_read_only", "0"),
    ("tx_isolation", "REPEATABLE-READ"),
    ("tx_read_only", "0"),
    ("version", "5.7.99"),
    ("version_comment", "Doris version doris-3.0.3-rc03-Unknown"),
    ("wait_timeout", "28800"),
];

impl Session {
    /// The value of a variable; `None` when there is none of that name.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let name = name.to_ascii_lowercase();
        if let Some(value) = self.variables.get(&name) {
            return Some(value);
        }
        DEFAULTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// The name in `@@session.name`, `@@global.name` or `@@name`.
pub(super) fn system_name(raw: &str) -> Option<&str> {
    let name = raw.strip_prefix("@@")?;
    Some(name.rsplit('.').next().unwrap_or(name))
}

/// `SET …` of every kind: plain variables are kept, anything else is taken without effect.
pub(super) fn set(session: &mut Session, sql: &str, tokens: &[Token<'_>]) -> Result<Answer, SqlError> {
    let mut cursor = Cursor::new(sql, tokens);
    if cursor.eat_words(&["SET", "PASSWORD"]) {
        return accounts::set_password(session, cursor);
    }
    if tokens.get(1).is_none() {
        return Err(SqlError::unexpected(sql, sql.len(), "<EOF>", "IDENTIFIER"));
    }
    for part in split_commas(&tokens[1..]) {
        let scopes = ["SESSION", "GLOBAL", "LOCAL"];
        let part = match part.split_first() {
            Some((first, rest)) if scopes.iter().any(|scope| first.is_word(scope)) => rest,
            _ => part,
        };
        let [name, equals, value @ ..] = part else { continue };
        if !equals.is_symbol("=") && !equals.is_symbol(":=") {
            continue;
        }
        if name.kind == Kind::Variable && !name.raw.starts_with("@@") {
            let value = translate::condition(session, value)?;
            session.user_variables.insert(name.raw.to_ascii_lowercase(), format!("({value})"));
            continue;
        }
        let name = system_name(name.raw).unwrap_or(name.raw).to_ascii_lowercase();
        let known = DEFAULTS.iter().any(|(known, _)| *known == name);
        if let [value] = value
            && known
            && value.kind != Kind::Variable
        {
            session.variables.insert(name, normal(&value.value()));
        }
    }
    Ok(Answer::done())
}

fn normal(value: &str) -> String {
    match value.to_ascii_lowercase().as_str() {
        "on" => "1".to_owned(),
        "off" => "0".to_owned(),
        _ => value.to_owned(),
    }
}
