//! What sinks get of bodies, by the converter that a connector names.

use std::sync::{Arc, Mutex};

use connector_api::{ConnectRecord, FieldType, Value};
use runtime::host::Host;
use test_support::wait;

use crate::rig::{DEADLINE, Rig, config, name};
use crate::script::Act;

/// The record that a sink gets of a message with this body.
async fn converted(body: &str, more: &[(&str, &str)]) -> anyhow::Result<ConnectRecord> {
    let rig = Rig::start(1).await?;
    let taken: Arc<Mutex<Option<ConnectRecord>>> = Arc::default();
    let place = Arc::clone(&taken);
    rig.script.on_put(move |batch| {
        *place.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = batch.records().first().cloned();
        Act::Take
    });
    rig.send_bodies(0, [body]).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(more)).await?;
    let record = wait::until(DEADLINE, "the record in the sink", async || {
        taken.lock().map_err(|error| error.to_string())?.clone().ok_or_else(String::new)
    })
    .await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(record)
}

#[tokio::test]
async fn json_with_a_schema_is_a_typed_value_and_its_schema() -> anyhow::Result<()> {
    let body = r#"{"schema":{"type":"struct","fields":[{"field":"id","type":"int64"}]},"payload":{"id":7}}"#;
    let record = converted(body, &[("value.converter", "JsonConverter")]).await?;
    assert_eq!(*record.value(), Value::Struct(vec![("id".into(), Value::Int64(7))]));
    let schema = record.schema().map(|schema| schema.field_type.clone());
    assert!(matches!(schema, Some(FieldType::Struct(fields)) if *fields[0].name == *"id"));
    Ok(())
}

#[tokio::test]
async fn numbers_are_numbers() -> anyhow::Result<()> {
    let record = converted("\0\0\0\x07", &[("value.converter", "IntegerConverter")]).await?;
    assert_eq!(*record.value(), Value::Int32(7));
    Ok(())
}
