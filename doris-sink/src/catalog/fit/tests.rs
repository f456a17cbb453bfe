//! What a configuration asks of tables that they cannot do.

use super::*;
use crate::catalog::DorisType;
use connector_api::ConnectorConfig;

const UNIQUE: KeyModel = KeyModel::Unique { merge_on_write: true };
const MERGE_ON_READ: KeyModel = KeyModel::Unique { merge_on_write: false };

fn settings(properties: &[(&str, &str)]) -> Settings {
    let base =
        [("doris.urls", "fe1"), ("doris.user", "u"), ("doris.database", "shop"), ("connect.topicnames", "t")];
    let config: ConnectorConfig = base
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .chain(properties.iter().map(|(name, value)| match *name {
            "enable.delete" => ((*name).to_owned(), *value),
            header => (format!("sink.properties.{header}"), *value),
        }))
        .collect();
    Settings::read(&config).unwrap()
}

#[track_caller]
fn check(properties: &[(&str, &str)], model: KeyModel, sequence: Option<Sequence>, expected: &[&str]) {
    let name = "t".parse().unwrap();
    let table = Table { name, model, columns: Vec::new(), sequence, light_schema_change: true };
    let found = misfits(&table, &settings(properties));
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        expected,
        "{properties:?} {model:?}"
    );
}

#[test]
fn deletes_and_partial_updates_need_a_unique_key() {
    let merge = [("merge_type", "MERGE"), ("delete", "op='d'")];
    check(&merge, UNIQUE, None, &[]);
    check(
        &merge,
        KeyModel::Duplicate,
        None,
        &["sink.properties.merge_type: needs a table with a unique key, and t has duplicate key"],
    );
    check(&[("merge_type", "append")], KeyModel::Aggregate, None, &[]);
    check(&[("enable.delete", "true")], MERGE_ON_READ, None, &[]);
    check(
        &[("enable.delete", "true")],
        KeyModel::Aggregate,
        None,
        &["enable.delete: needs a table with a unique key, and t has aggregate key"],
    );
    let partial = [("partial_columns", "true"), ("columns", "id,a")];
    check(&partial, UNIQUE, None, &[]);
    check(
        &partial,
        MERGE_ON_READ,
        None,
        &[
            "sink.properties.partial_columns: needs a table with a unique key and merge-on-write, and t has unique key, \
           merge-on-read",
        ],
    );
}

#[test]
fn a_sequence_is_given_where_the_table_has_one_and_nowhere_else() {
    let given = [("function_column.sequence_col", "At")];
    let by_column = |name: &str| Some(Sequence::Column(name.into()));
    let by_type = || Some(Sequence::Given(DorisType::BigInt));
    check(&given, UNIQUE, by_type(), &[]);
    check(&given, UNIQUE, by_column("at"), &[]);
    check(&[], UNIQUE, by_column("at"), &[]);
    let key = "sink.properties.function_column.sequence_col";
    check(&given, UNIQUE, None, &[&format!("{key}: t has no sequence")]);
    check(&given, UNIQUE, by_column("day"), &[&format!("{key}: the sequence of t is its column \"day\"")]);
    check(
        &[],
        MERGE_ON_READ,
        by_type(),
        &[&format!("{key}: has to be given for t: which column is its sequence (BIGINT)")],
    );
    check(
        &given,
        KeyModel::Aggregate,
        None,
        &[&format!("{key}: needs a table with a unique key, and t has aggregate key")],
    );
}
