//! The part of the MySQL protocol that asking Doris about its tables takes.
//!
//! One connection, one statement at a time, results as text. No prepared statements, no transactions, no pool: the catalog asks a few
//! questions when a task starts and when a table changes.
//!
//! MySQL Client/Server Protocol, version 10, with `CLIENT_PROTOCOL_41`.

mod connection;
mod error;
mod login;
pub(super) mod packet;
mod rows;

pub(super) use connection::{Connection, Limits};
pub(super) use error::MysqlError;
pub(super) use login::Login;
pub(super) use rows::Rows;
