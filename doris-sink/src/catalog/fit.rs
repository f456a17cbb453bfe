//! Whether a configuration fits the tables that there are.

use super::{Catalog, CatalogError, KeyModel, Sequence, Table};
use crate::config::Settings;
use connector_api::{CheckError, ConfigError, ConfigErrors};

const MAP: &str = "doris.topic2table.map";
const SEQUENCE: &str = "function_column.sequence_col";

/// Looks at each table that records are known to come for.
///
/// # Errors
/// What Doris itself has said against the configuration, key by key. What has kept it from saying anything, or is about what the user may
/// see, stands against nothing: a load may work all the same.
pub(crate) async fn check(settings: &Settings) -> Result<(), CheckError> {
    let mut catalog = Catalog::new(settings, 0);
    let checked = check_tables(&mut catalog, settings).await;
    catalog.close().await;
    checked
}

async fn check_tables(catalog: &mut Catalog, settings: &Settings) -> Result<(), CheckError> {
    let mut wrong = Vec::new();
    let mut unanswered = None;
    for name in settings.route.tables() {
        match catalog.table(&name).await {
            Ok(table) => wrong.extend(misfits(&table, settings)),
            Err(CatalogError::NoTable { .. }) if settings.schema.creates_tables() => {}
            Err(error) => match key_of(&error) {
                Some((key, goes_for_all)) => {
                    wrong.push(ConfigError::new(key, told(error)));
                    if goes_for_all {
                        break;
                    }
                }
                None => unanswered = unanswered.or(Some(error.to_string())),
            },
        }
    }
    ConfigErrors(wrong).into_result()?;
    unanswered.map_or(Ok(()), |why| Err(CheckError::Unanswered(why)))
}

/// The key to change, and whether every other table would say the same. None for what says nothing about the configuration.
fn key_of(error: &CatalogError) -> Option<(&'static str, bool)> {
    match error {
        CatalogError::NoTable { .. } | CatalogError::NotLoadable { .. } => Some((MAP, false)),
        CatalogError::NoDatabase { .. } => Some(("doris.database", true)),
        CatalogError::Denied { .. } => Some(("doris.user", true)),
        _ => None,
    }
}

fn told(error: CatalogError) -> String {
    match &error {
        CatalogError::NoTable { .. } => {
            format!("{error}; create it first, or let the sink do so with table.create=basic")
        }
        _ => error.to_string(),
    }
}

/// What is asked of a table that it cannot do. Doris would refuse every load.
fn misfits(table: &Table, settings: &Settings) -> Vec<ConfigError> {
    let header = |name: &str| settings.properties.headers().get(name).and_then(|value| value.to_str().ok());
    let is = |name: &str, word: &str| header(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
    let needs = |what: &str| format!("needs a table with {what}, and {} has {}", table.name, table.model);
    let mut found = Vec::new();
    if settings.deletes && !table.takes_deletes() {
        found.push(ConfigError::new("enable.delete", needs("a unique key")));
    }
    let mut misfit = |name: &str, problem: String| {
        found.push(ConfigError::new(format!("sink.properties.{name}"), problem));
    };
    if is("partial_columns", "true") && !table.takes_partial_updates() {
        misfit("partial_columns", needs("a unique key and merge-on-write"));
    }
    if (is("merge_type", "delete") || is("merge_type", "merge")) && !table.takes_deletes() {
        misfit("merge_type", needs("a unique key"));
    }
    match (header(SEQUENCE), &table.sequence) {
        (Some(_), _) if !matches!(table.model, KeyModel::Unique { .. }) => {
            misfit(SEQUENCE, needs("a unique key"));
        }
        (Some(_), None) => misfit(SEQUENCE, format!("{} has no sequence", table.name)),
        (Some(given), Some(Sequence::Column(column))) if !given.eq_ignore_ascii_case(column) => {
            misfit(SEQUENCE, format!("the sequence of {} is its column {column:?}", table.name));
        }
        (None, Some(Sequence::Given(of))) => {
            misfit(
                SEQUENCE,
                format!("has to be given for {}: which column is its sequence ({of})", table.name),
            );
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests;
