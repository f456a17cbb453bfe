//! SQL as Doris users write it, run over the embedded engine.

mod accounts;
mod alter;
mod answer;
mod change;
mod columns;
mod create_table;
mod cursor;
mod declared_type;
mod delete;
mod error;
mod information_schema;
mod insert;
mod lexer;
mod properties;
mod result_types;
mod select;
mod session;
mod show;
mod table_rules;
mod translate;
mod update;
mod variables;
mod write;

pub(crate) use alter::resume as resume_alter_jobs;
pub(crate) use answer::{Answer, ResultColumn, ResultSet, ResultType};
pub(crate) use error::SqlError;
pub(crate) use lexer::{Kind, Token, tokens};
pub(crate) use session::{Session, statements};
