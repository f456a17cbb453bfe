//! A load from its headers to its rows: settings, plan, parsing, casting, rejected rows.

mod cast;
mod csv;
mod datetime;
pub(crate) mod decimal;
mod json;
mod plan;
mod rejects;
mod run;
mod settings;

pub(crate) use cast::Source;
pub(crate) use plan::Plan;
pub(crate) use run::{Job, Report, run};
pub(crate) use settings::Settings;
