//! The name server's key-value store (RocketMQ remoting codes 100, 101, 102, 219).

use remoting::{code::response, command::Command};
use serde_json::json;

use super::Broker;
use crate::{
    answer::{Answer, Refusal, done, done_with},
    store::Change,
};

/// `PUT_KV_CONFIG` = 100.
pub(crate) async fn put_kv(broker: &Broker, request: &Command) -> Answer {
    let namespace = request.fields.require("namespace")?.to_owned();
    let key = request.fields.require("key")?.to_owned();
    let value = Some(request.fields.require("value")?.to_owned());
    broker.store.change(Change::Kv { namespace, key, value }).await?;
    Ok(done(request))
}

/// `GET_KV_CONFIG` = 101.
pub(crate) fn get_kv(broker: &Broker, request: &Command) -> Answer {
    let namespace = request.fields.require("namespace")?;
    let key = request.fields.require("key")?;
    match broker.store.catalog().kv.get(&(namespace.to_owned(), key.to_owned())) {
        Some(value) => Ok(done(request).field("value", value)),
        None => Err(Refusal::new(
            response::QUERY_NOT_FOUND,
            format!("No config item, Namespace: {namespace} Key: {key}"),
        )),
    }
}

/// `DELETE_KV_CONFIG` = 102.
pub(crate) async fn delete_kv(broker: &Broker, request: &Command) -> Answer {
    let namespace = request.fields.require("namespace")?.to_owned();
    let key = request.fields.require("key")?.to_owned();
    broker.store.change(Change::Kv { namespace, key, value: None }).await?;
    Ok(done(request))
}

/// `GET_KVLIST_BY_NAMESPACE` = 219.
pub(crate) fn kv_list(broker: &Broker, request: &Command) -> Answer {
    let namespace = request.fields.require("namespace")?;
    let catalog = broker.store.catalog();
    let table: serde_json::Map<_, _> = catalog
        .kv
        .iter()
        .filter(|((of, _), _)| of == namespace)
        .map(|((_, key), value)| (key.clone(), json!(value)))
        .collect();
    if table.is_empty() {
        return Err(Refusal::new(
            response::QUERY_NOT_FOUND,
            format!("No config item, Namespace: {namespace}"),
        ));
    }
    done_with(request, &json!({ "table": table }))
}
