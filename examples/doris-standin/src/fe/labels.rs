//! States of labels, and cancelling by label.

use serde_json::{Value, json};

use super::Call;
use super::answers::Answer;
use super::login::login;
use super::redirect::to_https;
use super::tables::unknown_database;
use crate::accounts::Privilege;
use crate::cluster::Cluster;
use crate::store::State;

/// `GET /api/{db}/get_load_state?label=…`.
pub(super) fn state(cluster: &Cluster, call: &Call, database: &str) -> Result<Answer, Answer> {
    login(cluster, call)?;
    let label = call.request.query_value("label").ok_or_else(|| Answer::bad_request("No label selected"))?;
    let database = cluster.store.database(database).ok_or_else(|| unknown_database(database))?;
    // A label that is forgotten is as one that was never used.
    let newest = database.transactions_of(&label).into_iter().next();
    Ok(Answer::success(&json!(newest.map_or("UNKNOWN", |transaction| transaction.state.word()))))
}

/// `POST /api/{db}/_cancel?label=…`, for whoever may load into the whole database: one table of it is not enough.
pub(super) fn cancel(cluster: &Cluster, call: &Call, database: &str) -> Result<Answer, Answer> {
    to_https(cluster, call)?;
    let user = login(cluster, call)?.user;
    let label = call.request.query_value("label").ok_or_else(|| Answer::bad_request("No label specified"))?;
    let database = cluster.store.database(database).ok_or_else(|| unknown_database(database))?;
    if !cluster.accounts.may_throughout(&user, Privilege::Load, database.name()) {
        let database = database.name();
        let text = format!("Access denied for user '{user}' to database '{database}'");
        return Err(Answer::unauthorized(&text));
    }
    let used = database.transactions_of(&label);
    if used.is_empty() {
        let text = format!("errCode = 2, detailMessage = txn with label {label} does not exist");
        return Err(Answer::error(&text));
    }
    let not_found = || Answer::error("errCode = 2, detailMessage = transaction not found");
    let undecided = |state| matches!(state, State::Prepare | State::Precommitted);
    let found = used.into_iter().find(|transaction| undecided(transaction.state)).ok_or_else(not_found)?;
    match database.abort(found.id, "user cancel") {
        Ok(Some(found)) if undecided(found.state) => Ok(Answer::success(&Value::Null)),
        Ok(_) => Err(not_found()),
        Err(error) => Err(Answer::error(&error.to_string())),
    }
}
