//! States of labels, and cancelling by label.

use serde_json::{Value, json};

use super::Call;
use super::answers::Answer;
use super::login;
use crate::accounts::Privilege;
use crate::cluster::Cluster;
use crate::store::State;

/// `GET /api/{db}/get_load_state?label=…`.
pub(super) fn state(cluster: &Cluster, call: &Call, database: &str) -> Answer {
    if let Err(error) = login(cluster, call) {
        return error.into();
    }
    let Some(label) = call.request.query_value("label") else {
        return Answer::bad_request("No label selected");
    };
    let Some(database) = cluster.store.database(database) else {
        return unknown_database(database);
    };
    // A label that is forgotten is as one that was never used.
    let newest = database.transactions_of(&label).into_iter().next();
    Answer::success(&json!(newest.map_or("UNKNOWN", |transaction| transaction.state.word())))
}

/// `POST /api/{db}/_cancel?label=…`, for whoever may load into the whole database: one table of it is not enough.
pub(super) fn cancel(cluster: &Cluster, call: &Call, database: &str) -> Answer {
    let user = match login(cluster, call) {
        Ok(credentials) => credentials.user,
        Err(error) => return error.into(),
    };
    let Some(label) = call.request.query_value("label") else {
        return Answer::bad_request("No label specified");
    };
    let Some(database) = cluster.store.database(database) else {
        return unknown_database(database);
    };
    if !cluster.accounts.may_throughout(&user, Privilege::Load, database.name()) {
        let database = database.name();
        return Answer::unauthorized(&format!("Access denied for user '{user}' to database '{database}'"));
    }
    let used = database.transactions_of(&label);
    if used.is_empty() {
        return Answer::error(&format!("errCode = 2, detailMessage = txn with label {label} does not exist"));
    }
    let undecided = |state| matches!(state, State::Prepare | State::Precommitted);
    let Some(transaction) = used.into_iter().find(|transaction| undecided(transaction.state)) else {
        return Answer::error("errCode = 2, detailMessage = transaction not found");
    };
    match database.abort(transaction.id, "user cancel") {
        Ok(Some(found)) if undecided(found.state) => Answer::success(&Value::Null),
        Ok(_) => Answer::error("errCode = 2, detailMessage = transaction not found"),
        Err(error) => Answer::error(&error.to_string()),
    }
}

fn unknown_database(name: &str) -> Answer {
    Answer::error(&format!("errCode = 7, detailMessage = unknown databases, dbName={name}"))
}
