//! A load from its headers to its rows: settings, plan, parsing, casting, rejected rows.

mod cast;
mod complex;
mod compression;
mod csv;
mod datetime;
pub(crate) mod decimal;
mod document;
mod expression;
mod format;
mod head;
mod inflate;
mod json;
mod json_order;
mod json_path;
mod lines;
mod number;
mod piece;
mod plan;
mod rejects;
mod rows;
mod run;
mod separator;
mod settings;
mod source;
mod zone;

pub(crate) use compression::Compression;
pub(crate) use head::{Group, Head, Server};
pub(crate) use lines::count_lines;
pub(crate) use plan::{Fate, Plan};
pub(crate) use run::{Body, Failure, Job, Report, run};
pub(crate) use settings::Settings;
pub(crate) use source::Source;
