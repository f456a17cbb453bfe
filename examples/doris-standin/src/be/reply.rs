//! The JSON a back end answers: four spaces of indent, fields in the server's order, ASCII only.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::CONTENT_TYPE;
use crate::http::Response;

/// The answer to a load. Times are milliseconds.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LoadReply {
    pub(super) txn_id: i64,
    pub(super) label: String,
    pub(super) comment: String,
    /// `"true"` or `"false"`, as text.
    pub(super) two_phase_commit: String,
    pub(super) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) existing_job_status: Option<&'static str>,
    pub(super) message: String,
    pub(super) number_total_rows: u64,
    pub(super) number_loaded_rows: u64,
    pub(super) number_filtered_rows: u64,
    pub(super) number_unselected_rows: u64,
    pub(super) load_bytes: u64,
    pub(super) load_time_ms: u128,
    pub(super) begin_txn_time_ms: u128,
    pub(super) stream_load_put_time_ms: u128,
    pub(super) read_data_time_ms: u128,
    pub(super) write_data_time_ms: u128,
    pub(super) receive_data_time_ms: u128,
    pub(super) commit_and_publish_time_ms: u128,
    #[serde(rename = "ErrorURL", skip_serializing_if = "Option::is_none")]
    pub(super) error_url: Option<String>,
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
