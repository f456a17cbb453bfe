//! SQL as Doris users write it, run over the embedded engine.

mod accounts;
mod answer;
mod change;
mod create_table;
mod cursor;
mod declared_type;
mod error;
mod information_schema;
mod insert;
mod lexer;
mod result_types;
mod select;
mod session;
mod show;
mod show_create;
mod show_transactions;
mod translate;
mod variables;

pub(crate) use answer::{Answer, ResultColumn, ResultSet, ResultType};
pub(crate) use error::SqlError;
pub(crate) use lexer::tokens;
pub(crate) use session::{Session, statements};
