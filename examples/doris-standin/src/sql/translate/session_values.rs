//! What the session itself knows: variables, and functions without arguments.

use super::Writer;
use crate::clock::{now_ms, sql_time};
use crate::sql::error::SqlError;
use crate::sql::lexer::Token;
use crate::sql::variables::system_name;

impl Writer<'_, '_, '_> {
    /// The value of a variable.
    pub(super) fn variable(&mut self, token: Token<'_>) -> Result<(), SqlError> {
        let Some(name) = system_name(token.raw) else {
            let given = self.session.user_variables.get(&token.raw.to_ascii_lowercase());
            self.out.push_str(given.map_or("NULL", String::as_str));
            return Ok(());
        };
        let value = self.session.variable(name).ok_or_else(|| {
            SqlError::numbered(1193, "HY000", format_args!("Unknown system variable '{name}'"))
        })?;
        let (value, is_number) = (value.to_owned(), value.parse::<i64>().is_ok());
        if is_number {
            self.out.push_str(&value);
        } else {
            self.literal(&value);
        }
        Ok(())
    }

    /// The value of `version()` and its like; `None` when this is no such call.
    pub(super) fn session_function(&self, index: usize) -> Option<Option<String>> {
        let token = self.tokens.get(index)?;
        if !(self.tokens.get(index + 1)?.is_symbol("(") && self.tokens.get(index + 2)?.is_symbol(")")) {
            return None;
        }
        let session = self.session;
        Some(match token.raw.to_ascii_lowercase().as_str() {
            "version" => session.variable("version").map(str::to_owned),
            "database" | "schema" => session.database.clone(),
            "user" | "session_user" => Some(format!("'{}'@'{}'", session.user, session.host)),
            "current_user" => Some(format!("'{}'@'%'", session.user)),
            "connection_id" => Some(session.connection_id.to_string()),
            "now" | "current_timestamp" | "localtime" => Some(sql_time(now_ms())),
            "curdate" | "current_date" => Some(sql_time(now_ms()).chars().take(10).collect()),
            _ => return None,
        })
    }
}
