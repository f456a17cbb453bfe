//! The JSON a back end answers: four spaces of indent, fields in the server's order, ASCII only.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::CONTENT_TYPE;
use crate::http::Response;
use crate::load::Report;
use crate::store::State;
use crate::version::Version;

/// The answer to a load. Times are milliseconds.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LoadReply {
    #[serde(skip)]
    version: Version,
    pub(super) txn_id: i64,
    pub(super) label: String,
    /// From 2.0 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    /// `"true"` or `"false"`, as text; not for a load in a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) two_phase_commit: Option<String>,
    /// There for a load in a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group_commit: Option<bool>,
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) existing_job_status: Option<&'static str>,
    pub(super) message: String,
    pub(super) number_total_rows: u64,
    pub(super) number_loaded_rows: u64,
    pub(super) number_filtered_rows: u64,
    pub(super) number_unselected_rows: u64,
    pub(super) load_bytes: u64,
    pub(super) load_time_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) begin_txn_time_ms: Option<u128>,
    pub(super) stream_load_put_time_ms: u128,
    pub(super) read_data_time_ms: u128,
    pub(super) write_data_time_ms: u128,
    /// From 2.1 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) receive_data_time_ms: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commit_and_publish_time_ms: Option<u128>,
    #[serde(rename = "ErrorURL", skip_serializing_if = "Option::is_none")]
    pub(super) error_url: Option<String>,
}

impl LoadReply {
    /// The answer to a load that has not begun.
    pub(super) fn new(version: Version, label: String, comment: &str, two_phase: bool) -> Self {
        Self {
            version,
            txn_id: -1,
            label,
            comment: (version >= Version::V2_0).then(|| comment.to_owned()),
            two_phase_commit: Some(two_phase.to_string()),
            status: "Fail",
            begin_txn_time_ms: Some(0),
            receive_data_time_ms: (version >= Version::V2_1).then_some(0),
            commit_and_publish_time_ms: Some(0),
            ..Self::default()
        }
    }

    /// The load goes into a group: the transaction is not its own, and neither are label and times.
    pub(super) fn grouped(&mut self) {
        self.label = String::new();
        self.two_phase_commit = None;
        self.group_commit = Some(true);
        self.begin_txn_time_ms = None;
        self.commit_and_publish_time_ms = None;
    }

    /// The load is in the group of this label.
    pub(super) fn joined(&mut self, label: &str) {
        label.clone_into(&mut self.label);
    }

    /// The transaction has begun.
    pub(super) fn begun(&mut self, id: i64, started: Instant) {
        self.txn_id = id;
        self.begin_txn_time_ms = self.begin_txn_time_ms.map(|_| started.elapsed().as_millis());
    }

    /// The load is planned.
    pub(super) fn planned(&mut self, started: Instant) {
        let before = self.begin_txn_time_ms.unwrap_or_default();
        self.stream_load_put_time_ms = started.elapsed().as_millis().saturating_sub(before);
    }

    /// The body has arrived.
    pub(super) fn received(&mut self, bytes: u64, receiving: Duration, reading: Duration) {
        self.load_bytes = bytes;
        self.read_data_time_ms = reading.as_millis();
        self.receive_data_time_ms = self.receive_data_time_ms.map(|_| receiving.as_millis());
    }

    /// The rows were read.
    pub(super) fn counted(&mut self, report: &Report) {
        self.number_total_rows = report.total;
        self.number_loaded_rows = report.loaded;
        self.number_filtered_rows = report.rejects.count;
        self.number_unselected_rows = report.unselected;
        self.write_data_time_ms = report.write_ms;
    }

    pub(super) fn succeeded(self, started: Instant) -> Self {
        Self {
            status: "Success",
            message: "OK".to_owned(),
            load_time_ms: started.elapsed().as_millis(),
            ..self
        }
    }

    /// Nothing is loaded. `message` has the code of what went wrong in front, which versions before 2.0 do not tell.
    pub(super) fn failed(self, message: String, started: Instant) -> Self {
        let message = self.worded(message);
        Self { message, load_time_ms: started.elapsed().as_millis(), ..self }
    }

    /// The label is held by a transaction in this state.
    pub(super) fn clashed(&mut self, state: State) {
        self.status = "Label Already Exists";
        self.existing_job_status = Some(state.job_status());
    }

    /// The load is committed, and will be visible some time.
    pub(super) fn publish_timeout(self, message: &str) -> Self {
        let message = self.worded(message.to_owned());
        Self { status: "Publish Timeout", message, ..self }
    }

    fn worded(&self, message: String) -> String {
        match message.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((_, text)) if self.version < Version::V2_0 => text.to_owned(),
            _ => message,
        }
    }
}

/// The answer to the second phase of a two-phase commit.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StatusReply {
    pub(super) status: &'static str,
    pub(super) msg: String,
}

/// An answer with this JSON; always HTTP 200.
pub(super) fn json(value: &impl Serialize) -> Response {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"    "));
    if let Err(error) = value.serialize(&mut serializer) {
        return Response::counted(500, "text/plain", format!("cannot encode the answer: {error}\n"));
    }
    let mut text = ascii(&String::from_utf8_lossy(&bytes));
    text.push('\n');
    Response::counted(200, CONTENT_TYPE, text)
}

/// Other characters only stand inside JSON strings, where `\u` may stand for them.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut units = [0; 2];
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut units) {
            // Writing to a String cannot fail.
            write!(text, "\\u{unit:04x}").unwrap_or_default();
        }
    }
    text
}
