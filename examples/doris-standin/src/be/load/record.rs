//! What SHOW STREAM LOAD tells of loads, where it was switched on (Doris: `enable_stream_load_record`).

use std::net::IpAddr;

use crate::accounts::Credentials;
use crate::be::reply::LoadReply;
use crate::clock::now_ms;
use crate::cluster::Cluster;
use crate::http::Exchange;
use crate::store::LoadRecord;

/// Who loads what.
pub(super) struct Origin {
    client: IpAddr,
    user: String,
    database: String,
    table: String,
}

impl Origin {
    pub(super) fn of(exchange: &Exchange<'_>, database: &str, table: &str) -> Self {
        let authorization = exchange.request.headers.get("Authorization");
        let user = authorization.and_then(Credentials::basic).map(|known| known.user).unwrap_or_default();
        Self { client: exchange.peer, user, database: database.to_owned(), table: table.to_owned() }
    }

    /// Keeps a load that has ended, well or not.
    pub(super) fn record(&self, cluster: &Cluster, reply: &LoadReply) {
        if !cluster.stream_load_record {
            return;
        }
        let Some(database) = cluster.store.database(&self.database) else { return };
        let finished_at = now_ms();
        let took = i64::try_from(reply.load_time_ms).unwrap_or(0);
        database.record_load(LoadRecord {
            label: reply.label.clone(),
            table: self.table.clone(),
            client_ip: self.client.to_string(),
            status: reply.status.to_owned(),
            message: reply.message.clone(),
            url: reply.error_url.clone(),
            total_rows: reply.number_total_rows,
            loaded_rows: reply.number_loaded_rows,
            filtered_rows: reply.number_filtered_rows,
            unselected_rows: reply.number_unselected_rows,
            bytes: reply.load_bytes,
            started_at: finished_at - took,
            finished_at,
            user: self.user.clone(),
            comment: reply.comment.clone().unwrap_or_default(),
        });
    }
}
