//! What is checked before a load's body is asked for, and the refusals.

use std::sync::Arc;
use std::time::Instant;

use super::Begun;
use crate::accounts::{Credentials, LoginError, Privilege};
use crate::admin::FaultKind;
use crate::be::reply::LoadReply;
use crate::be::transaction::Running;
use crate::be::{Backend, label};
use crate::http::Exchange;
use crate::load::{Head, Plan, Settings};
use crate::store::{Database, LabelUsed, Table};
use crate::version::Version;

const MAX_LABEL: usize = 128;

impl Begun {
    /// Begins the transaction of a load that nothing speaks against, or joins that of a group.
    ///
    /// # Errors
    /// The answer that refuses it; where a transaction had begun, it is aborted.
    pub(super) fn begin(
        backend: &Backend,
        exchange: &Exchange<'_>,
        (database, table): (&str, &str),
        fault: Option<&FaultKind>,
    ) -> Result<Self, Box<LoadReply>> {
        let started = Instant::now();
        let headers = &exchange.request.headers;
        let mut reply = LoadReply::new(
            backend.profile.server.version,
            headers.get("label").map_or_else(label::of_load, str::to_owned),
            headers.get("comment").unwrap_or_default(),
            headers.get("two_phase_commit") == Some("true"),
        );
        let opening = Opening { backend, exchange, fault, started };
        match opening.open(database, table, &mut reply) {
            Ok((transaction, settings, plan)) => {
                let cluster = Arc::clone(&backend.cluster);
                Ok(Self { cluster, transaction, reply, settings, plan, started })
            }
            Err(message) => Err(Box::new(reply.failed(message, started))),
        }
    }
}

/// A load that begins. Its steps fail with the message of the answer.
struct Opening<'a> {
    backend: &'a Backend,
    exchange: &'a Exchange<'a>,
    fault: Option<&'a FaultKind>,
    started: Instant,
}

impl Opening<'_> {
    fn open(
        &self,
        database: &str,
        table: &str,
        reply: &mut LoadReply,
    ) -> Result<(Running, Settings, Plan), String> {
        let headers = &self.exchange.request.headers;
        let credentials = headers.get("Authorization").and_then(Credentials::basic);
        let credentials = credentials.ok_or("[NOT_AUTHORIZED]no valid Basic authorization")?;
        let head = Head::read(headers, self.backend.profile.server).map_err(|error| error.to_string())?;
        if head.group.is_some() {
            reply.grouped();
        }
        let (database, table) = self.check(&credentials, database, table)?;
        let mut transaction = if head.group.is_some() {
            may_be_grouped(&database, &table)?;
            self.join(&database, &table, &credentials.user, reply)
        } else {
            check_label(&reply.label, self.backend.profile.server.version)?;
            Running::begin(database, &reply.label, &table.name, &credentials.user, head.timeout)
        }
        .map_err(|used| {
            reply.clashed(used.state);
            clash(&used, self.backend.profile.server.version)
        })?;
        reply.begun(transaction.id, self.started);
        match self.plan(head, table) {
            Ok((settings, plan)) => {
                reply.planned(self.started);
                Ok((transaction, settings, plan))
            }
            Err(message) => {
                transaction.abort(&message);
                Err(message)
            }
        }
    }

    /// What the front end checks when the back end asks it to begin a transaction.
    fn check(
        &self,
        credentials: &Credentials,
        database: &str,
        table: &str,
    ) -> Result<(Arc<Database>, Arc<Table>), String> {
        let (peer, user) = (self.exchange.peer, &credentials.user);
        let cluster = &self.backend.cluster;
        let login = match self.fault {
            Some(FaultKind::AuthFailure) => {
                Err(LoginError::Denied { user: user.clone(), host: peer, password: true })
            }
            _ => cluster.accounts.check(credentials, peer),
        };
        login.map_err(|error| analysis(&error.to_string()))?;
        let version = cluster.version;
        let found = cluster.store.database(database).ok_or_else(|| unknown_database(database, version))?;
        let target = found.table(table).ok_or_else(|| unknown_table(table, version))?;
        if !cluster.accounts.may(user, Privilege::Load, database, table) {
            return Err(analysis(
                "Access denied; you need (at least one of) the LOAD privilege(s) for this operation",
            ));
        }
        Ok((found, target))
    }

    fn join(
        &self,
        database: &Arc<Database>,
        table: &Arc<Table>,
        user: &str,
        reply: &mut LoadReply,
    ) -> Result<Running, LabelUsed> {
        let member = self.backend.groups.join(&self.backend.cluster, database, table, user)?;
        reply.joined(member.label());
        Ok(Running::share(member))
    }

    fn plan(&self, head: Head, table: Arc<Table>) -> Result<(Settings, Plan), String> {
        if let Some(FaultKind::Fail { message }) = self.fault {
            return Err(message.clone());
        }
        let (headers, version) = (&self.exchange.request.headers, self.backend.profile.server.version);
        let settings = Settings::read(headers, head, version).map_err(|error| error.to_string())?;
        let plan = Plan::new(table, &settings).map_err(|error| error.to_string())?;
        Ok((settings, plan))
    }
}

/// Whether loads of the table can be committed together.
fn may_be_grouped(database: &Database, table: &Table) -> Result<(), String> {
    let is_heavy =
        table.properties.iter().any(|(name, value)| name == "light_schema_change" && value == "false");
    if is_heavy {
        return Err(analysis(
            "table light_schema_change is false, can't do stream load with group commit mode",
        ));
    }
    match database.running_alter(&table.name) {
        Some(_) => Err(analysis(&format!("insert table {} is blocked on schema change", table.name))),
        None => Ok(()),
    }
}

fn check_label(label: &str, version: Version) -> Result<(), String> {
    let colons = allows_colons(version);
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte) || (colons && byte == b':');
    if (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(legal) {
        return Ok(());
    }
    let colon = if colons { ":" } else { "" };
    Err(analysis(&format!(
        "Label format error. regex: ^[-_A-Za-z0-9{colon}]{{1,{MAX_LABEL}}}$, label: {label}"
    )))
}

fn allows_colons(version: Version) -> bool {
    version >= Version::V2_0
}

fn unknown_database(name: &str, version: Version) -> String {
    match version {
        Version::V1_2 => analysis(&format!("unknown database, database=default_cluster:{name}")),
        Version::V2_0 => analysis(&format!("unknown database, database={name}")),
        Version::V2_1 | Version::V3_0 => not_found(&format!("unknown database, database={name}")),
    }
}

fn unknown_table(name: &str, version: Version) -> String {
    let what = if version < Version::V3_0 { "unknown table" } else { "table not found" };
    not_found(&format!("{what}, tableName={name}"))
}

/// The transaction's state is told from 2.1 on.
fn clash(used: &LabelUsed, version: Version) -> String {
    let told = used.to_string();
    let told =
        if version < Version::V2_1 { told.split(", status").next().unwrap_or_default() } else { &told };
    format!("[LABEL_ALREADY_EXISTS]TStatus: errCode = 2, detailMessage = {told}")
}

fn analysis(detail: &str) -> String {
    format!("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = {detail}")
}

fn not_found(detail: &str) -> String {
    format!("[NOT_FOUND]TStatus: errCode = 7, detailMessage = {detail}")
}
