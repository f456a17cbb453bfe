//! `PUT /api/{db}/{table}/_stream_load`: one load, from its headers to its answer.

use std::io::{Seek, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha1::{Digest, Sha1};
use tempfile::SpooledTempFile;

use super::error_log;
use super::reply::{LoadReply, json};
use super::transaction::Running;
use crate::accounts::{Credentials, LoginError, Privilege};
use crate::admin::{AfterRunning, FaultKind, Point};
use crate::clock::now_ms;
use crate::cluster::Cluster;
use crate::http::{Exchange, Outcome, Response};
use crate::load::{Job, Plan, Report, Settings, run};
use crate::store::{Database, LabelUsed, Table, Visibility};

/// Bodies up to this size stay in memory.
const IN_MEMORY: usize = 64 << 20;
const MAX_LABEL: usize = 128;
const PUBLISH_TIMEOUT: &str =
    "[PUBLISH_TIMEOUT]TStatus: transaction commit successfully, BUT data will be visible later";

/// Answers the request, as far as faults let it.
pub(super) async fn handle(
    cluster: &Arc<Cluster>,
    exchange: &mut Exchange<'_>,
    database: &str,
    table: &str,
) -> Outcome {
    let fault = cluster.faults.strike(Point::BackendLoad, Some((database, table)));
    match fault {
        Some(FaultKind::Drop) => return Outcome::Drop,
        Some(FaultKind::Status { status, body, commit: false }) => {
            return Response::counted(status, "text/html", body).into();
        }
        Some(FaultKind::Garbage { commit: false }) => return garbage().into(),
        Some(FaultKind::Slow { delay_ms }) => tokio::time::sleep(Duration::from_millis(delay_ms)).await,
        Some(FaultKind::Hang) => cluster.faults.wait_for_release().await,
        _ => {}
    }
    let load = match Begun::begin(cluster, exchange, database, table, fault.as_ref()) {
        Ok(load) => load,
        Err(refusal) => return json(&*refusal).into(),
    };
    load.finish(exchange, fault).await
}

/// A load whose transaction has begun; dropped before its end, the transaction is aborted and the label free.
struct Begun {
    cluster: Arc<Cluster>,
    transaction: Running,
    reply: LoadReply,
    settings: Settings,
    plan: Plan,
    started: Instant,
}

impl Begun {
    fn begin(
        cluster: &Arc<Cluster>,
        exchange: &Exchange<'_>,
        database: &str,
        table: &str,
        fault: Option<&FaultKind>,
    ) -> Result<Self, Box<LoadReply>> {
        let started = Instant::now();
        let headers = &exchange.request.headers;
        let mut reply = LoadReply {
            txn_id: -1,
            label: headers.get("label").map_or_else(generated_label, str::to_owned),
            comment: headers.get("comment").unwrap_or_default().to_owned(),
            two_phase_commit: (headers.get("two_phase_commit") == Some("true")).to_string(),
            status: "Fail".to_owned(),
            ..LoadReply::default()
        };
        let fail = |mut reply: LoadReply, message: String| {
            reply.message = message;
            reply.load_time_ms = started.elapsed().as_millis();
            Box::new(reply)
        };
        let credentials = match headers.get("Authorization").and_then(Credentials::basic) {
            Some(credentials) => credentials,
            None => return Err(fail(reply, "[NOT_AUTHORIZED]no valid Basic authorization".to_owned())),
        };
        let settings = match Settings::read(headers) {
            Ok(settings) => settings,
            Err(error) => return Err(fail(reply, error.to_string())),
        };
        let checked = check(cluster, &credentials, exchange, database, table, &reply.label, fault);
        let (database, table) = match checked {
            Ok(found) => found,
            Err(message) => return Err(fail(reply, message)),
        };
        let begun = Running::begin(database, &reply.label, &table.name, &credentials.user, settings.timeout);
        let mut transaction = match begun {
            Ok(transaction) => transaction,
            Err(used) => {
                return Err(fail(
                    clash(reply, &used),
                    analysis(&used.to_string()).replacen("ANALYSIS_ERROR", "LABEL_ALREADY_EXISTS", 1),
                ));
            }
        };
        reply.txn_id = transaction.id;
        reply.begin_txn_time_ms = started.elapsed().as_millis();
        if let Some(FaultKind::Fail { message }) = fault {
            transaction.abort(message);
            return Err(fail(reply, message.clone()));
        }
        match Plan::new(table, &settings) {
            Ok(plan) => {
                reply.stream_load_put_time_ms = started.elapsed().as_millis() - reply.begin_txn_time_ms;
                Ok(Self { cluster: Arc::clone(cluster), transaction, reply, settings, plan, started })
            }
            Err(error) => {
                transaction.abort(&error.to_string());
                Err(fail(reply, error.to_string()))
            }
        }
    }

    async fn finish(mut self, exchange: &mut Exchange<'_>, fault: Option<FaultKind>) -> Outcome {
        let receiving = Instant::now();
        let slowness = match fault {
            Some(FaultKind::SlowReader { bytes_per_second }) => Some(bytes_per_second),
            _ => None,
        };
        let (body, bytes) = match receive(exchange, slowness).await {
            Ok(received) => received,
            Err(error) => {
                tracing::info!(label = self.reply.label, %error, "an upload died half-way");
                self.transaction.abort(&format!("[INTERNAL_ERROR]cancelled: {error}"));
                return Outcome::Drop;
            }
        };
        self.reply.load_bytes = bytes;
        self.reply.read_data_time_ms = receiving.elapsed().as_millis();
        match fault {
            Some(FaultKind::DropBeforeCommit) => return Outcome::Drop,
            Some(FaultKind::Hold) => self.cluster.faults.wait_for_release().await,
            Some(FaultKind::Running { delay_ms, then }) => {
                self.leave_running(body, bytes, Duration::from_millis(delay_ms), then);
                return Outcome::Drop;
            }
            _ => {}
        }
        let visibility = match (&fault, self.settings.two_phase) {
            (_, true) => Visibility::Prepared,
            (Some(FaultKind::PublishTimeout { .. }), false) => Visibility::Later,
            _ => Visibility::Published,
        };
        let cluster = Arc::clone(&self.cluster);
        let database = Arc::clone(&self.transaction.database);
        let id = self.transaction.id;
        // Once handed over, the load runs to its end even if the client goes away.
        let task = cluster.tasks.spawn_blocking(move || self.run(body, bytes, visibility));
        let (reply, loaded) = match task.await {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "a load broke down");
                return Response::counted(500, "text/plain", "the load broke down\n").into();
            }
        };
        answer(&cluster, database, id, fault.filter(|_| loaded), reply).await
    }

    /// Runs the load; says whether it went through. Blocks.
    fn run(mut self, body: SpooledTempFile, bytes: u64, visibility: Visibility) -> (LoadReply, bool) {
        let job = Job {
            plan: self.plan,
            format: self.settings.format,
            transaction: self.transaction.id,
            visibility,
            max_filter_ratio: self.settings.max_filter_ratio,
            bytes,
        };
        let report: Report = run(&self.transaction.database, &job, body);
        let mut reply = self.reply;
        reply.number_total_rows = report.total;
        reply.number_loaded_rows = report.loaded;
        reply.number_filtered_rows = report.rejects.count;
        reply.write_data_time_ms = report.write_ms;
        if report.rejects.count > 0 {
            match error_log::keep(&self.cluster, self.transaction.id, &report.rejects.text) {
                Ok(url) => reply.error_url = Some(url),
                Err(error) => tracing::warn!(%error, "cannot keep an error log"),
            }
        }
        match &report.outcome {
            Ok(()) => {
                self.transaction.done();
                reply.status = "Success".to_owned();
                reply.message = "OK".to_owned();
            }
            Err(failure) => {
                reply.message = failure.to_string();
                self.transaction.abort(&reply.message);
            }
        }
        reply.load_time_ms = self.started.elapsed().as_millis();
        tracing::debug!(label = reply.label, status = reply.status, rows = report.loaded, "load ended");
        (reply, report.outcome.is_ok())
    }

    /// Ends the load later, with nobody waiting for the answer.
    fn leave_running(mut self, body: SpooledTempFile, bytes: u64, delay: Duration, then: AfterRunning) {
        let cluster = Arc::clone(&self.cluster);
        cluster.tasks.clone().spawn(async move {
            tokio::select! {
                // Stopping forgets a load that has not committed, as a restart does.
                () = cluster.stop.cancelled() => return,
                () = tokio::time::sleep(delay) => {}
            }
            match then {
                AfterRunning::Aborted => {
                    self.transaction.abort("[INTERNAL_ERROR]cancelled: the client went away");
                }
                AfterRunning::Visible => {
                    let task =
                        tokio::task::spawn_blocking(move || self.run(body, bytes, Visibility::Published));
                    if let Err(error) = task.await {
                        tracing::error!(%error, "a load broke down");
                    }
                }
            }
        });
    }
}

async fn answer(
    cluster: &Arc<Cluster>,
    database: Arc<Database>,
    id: i64,
    fault: Option<FaultKind>,
    mut reply: LoadReply,
) -> Outcome {
    match fault {
        Some(FaultKind::CommitThenDrop) => Outcome::Drop,
        Some(FaultKind::CommitThenHang) => {
            cluster.faults.wait_for_release().await;
            json(&reply).into()
        }
        Some(FaultKind::Status { status, body, .. }) => Response::counted(status, "text/html", body).into(),
        Some(FaultKind::Garbage { .. }) => garbage().into(),
        Some(FaultKind::PublishTimeout { publish_after_ms }) => {
            publish_later(cluster, database, id, publish_after_ms.map(Duration::from_millis));
            reply.status = "Publish Timeout".to_owned();
            reply.message = PUBLISH_TIMEOUT.to_owned();
            json(&reply).into()
        }
        _ => json(&reply).into(),
    }
}

fn publish_later(cluster: &Arc<Cluster>, database: Arc<Database>, id: i64, after: Option<Duration>) {
    let tasks = cluster.tasks.clone();
    let cluster = Arc::clone(cluster);
    tasks.spawn(async move {
        let due = async {
            match after {
                Some(delay) => tokio::time::sleep(delay).await,
                None => cluster.faults.wait_for_release().await,
            }
        };
        tokio::select! {
            // What is committed is published at the next start.
            () = cluster.stop.cancelled() => return,
            () = due => {}
        }
        match tokio::task::spawn_blocking(move || database.publish(id)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, transaction = id, "cannot publish"),
            Err(error) => tracing::error!(%error, transaction = id, "publishing broke down"),
        }
    });
}

async fn receive(
    exchange: &mut Exchange<'_>,
    bytes_per_second: Option<u32>,
) -> anyhow::Result<(SpooledTempFile, u64)> {
    let mut spool = SpooledTempFile::new(IN_MEMORY);
    let mut bytes = 0;
    while let Some(piece) = exchange.body.next().await? {
        spool.write_all(&piece)?;
        bytes += piece.len() as u64;
        if let Some(rate) = bytes_per_second {
            // Nothing is read meanwhile, so the client's buffers fill up and its upload stands still.
            tokio::time::sleep(Duration::from_secs_f64(piece.len() as f64 / f64::from(rate.max(1)))).await;
        }
    }
    spool.rewind()?;
    Ok((spool, bytes))
}

/// What the front end checks when the back end asks it to begin a transaction.
fn check(
    cluster: &Cluster,
    credentials: &Credentials,
    exchange: &Exchange<'_>,
    database: &str,
    table: &str,
    label: &str,
    fault: Option<&FaultKind>,
) -> Result<(Arc<Database>, Arc<Table>), String> {
    let mut login = cluster.accounts.check(credentials, exchange.peer);
    if fault == Some(&FaultKind::AuthFailure) {
        login =
            Err(LoginError::Denied { user: credentials.user.clone(), host: exchange.peer, password: true });
    }
    login.map_err(|error| analysis(&error.to_string()))?;
    let found = cluster
        .store
        .database(database)
        .ok_or_else(|| not_found(&format!("unknown database, database={database}")))?;
    let target =
        found.table(table).ok_or_else(|| not_found(&format!("table not found, tableName={table}")))?;
    if !cluster.accounts.may(&credentials.user, Privilege::Load, database, table) {
        return Err(analysis(
            "Access denied; you need (at least one of) the LOAD privilege(s) for this operation",
        ));
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
    if label.is_empty() || label.len() > MAX_LABEL || !label.bytes().all(legal) {
        return Err(analysis(&format!(
            "Label format error. regex: ^[-_A-Za-z0-9:]{{1,128}}$, label: {label}"
        )));
    }
    Ok((found, target))
}

fn clash(reply: LoadReply, used: &LabelUsed) -> LoadReply {
    LoadReply {
        status: "Label Already Exists".to_owned(),
        existing_job_status: Some(used.state.job_status()),
        ..reply
    }
}

fn analysis(detail: &str) -> String {
    format!("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = {detail}")
}

fn not_found(detail: &str) -> String {
    format!("[NOT_FOUND]TStatus: errCode = 7, detailMessage = {detail}")
}

fn generated_label() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let seed = format!("{} {} {}", std::process::id(), now_ms(), NEXT.fetch_add(1, Ordering::Relaxed));
    let hex: String = Sha1::digest(seed).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn garbage() -> Response {
    Response::counted(200, "text/html", "<html><body>upstream said hello</body></html>\n")
}
