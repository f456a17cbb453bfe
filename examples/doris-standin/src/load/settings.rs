//! What the headers of a load ask for. An empty header counts as absent, as published clients rely on.

use super::compression::Compression;
use super::format::Format;
use super::head::{Group, Head};
use super::zone::ZoneOffset;
use crate::http::Headers;
use crate::version::Version;

/// A load's settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    pub(crate) two_phase: bool,
    /// Whether it is committed together with others.
    pub(crate) group: Option<Group>,
    pub(crate) strict: bool,
    pub(crate) max_filter_ratio: f64,
    /// The `timezone` header; checked when the load is planned.
    pub(crate) zone: Option<String>,
    /// Names of the fields in the body and expressions for columns, as they are written.
    pub(crate) columns: Option<String>,
    pub(crate) hidden_columns: Vec<String>,
    /// The `where` header: which rows are loaded.
    pub(crate) filter: Option<String>,
    /// What rows do but add; `None` for APPEND.
    pub(crate) merge_type: Option<MergeType>,
    pub(crate) partial_columns: bool,
    /// The name of what the sequence is taken from.
    pub(crate) sequence: Option<String>,
    pub(crate) partitions: Vec<String>,
    pub(crate) temporary_partitions: Vec<String>,
    pub(crate) version: Version,
    /// Headers that were sent and ask for what is not done here.
    pub(crate) beyond: Vec<&'static str>,
}

/// What rows do to a unique table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MergeType {
    /// They delete the rows with their keys.
    Delete,
    /// Those that fulfil the condition delete, the others add.
    Merge { condition: String },
}

/// A header that refuses the load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct HeaderError(pub(crate) String);

impl Settings {
    /// Reads what is looked at once the transaction has begun.
    ///
    /// # Errors
    /// [`HeaderError`] with the server's message, code in brackets.
    pub(crate) fn read(headers: &Headers, head: Head, version: Version) -> Result<Self, HeaderError> {
        let names = |header| -> Vec<String> {
            let list = headers.get(header).unwrap_or_default();
            list.split(',')
                .map(|name| name.trim().trim_matches('`').to_owned())
                .filter(|name| !name.is_empty())
                .collect()
        };
        let mut beyond = Vec::new();
        if headers.get("unique_key_update_mode").is_some() {
            beyond.push("unique_key_update_mode");
        }
        Ok(Self {
            format: Format::read(headers, head.kind, version)?,
            compression: head.compression,
            two_phase: headers.get("two_phase_commit") == Some("true"),
            group: head.group,
            strict: strict(headers)?,
            max_filter_ratio: ratio(headers)?,
            zone: headers.get("timezone").or(headers.get("time_zone")).map(str::to_owned),
            columns: headers.get("columns").map(str::to_owned),
            hidden_columns: names("hidden_columns"),
            filter: headers.get("where").map(str::to_owned),
            merge_type: merge_type(headers)?,
            partial_columns: headers.is_true("partial_columns"),
            sequence: headers.get("function_column.sequence_col").map(str::to_owned),
            partitions: partitions(headers).map(|()| names("partitions"))?,
            temporary_partitions: names("temporary_partitions"),
            version,
            beyond,
        })
    }

    /// The zone that times without one belong to; `Err` with the name that is not known.
    pub(super) fn zone(&self) -> Result<ZoneOffset, &str> {
        match &self.zone {
            None => Ok(ZoneOffset::default()),
            Some(name) => ZoneOffset::parse(name).ok_or(name),
        }
    }
}

fn strict(headers: &Headers) -> Result<bool, HeaderError> {
    match headers.get("strict_mode").map(str::to_ascii_lowercase).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(invalid("Invalid strict mode format. Must be bool type")),
    }
}

fn ratio(headers: &Headers) -> Result<f64, HeaderError> {
    let Some(text) = headers.get("max_filter_ratio") else { return Ok(0.0) };
    text.parse()
        .ok()
        .filter(|ratio| (0.0..=1.0).contains(ratio))
        .ok_or_else(|| invalid(&format!("Invalid max_filter_ratio: {text}, expected 0 to 1")))
}

/// A condition without a merge type is not looked at.
fn merge_type(headers: &Headers) -> Result<Option<MergeType>, HeaderError> {
    let Some(name) = headers.get("merge_type") else { return Ok(None) };
    let merge_type = match (name.to_ascii_uppercase().as_str(), headers.get("delete")) {
        ("MERGE", Some(condition)) => Some(MergeType::Merge { condition: condition.to_owned() }),
        ("MERGE", None) => {
            return Err(invalid("Excepted DELETE ON clause when merge type is MERGE."));
        }
        ("APPEND" | "DELETE", Some(_)) => {
            return Err(invalid("Not support DELETE ON clause when merge type is not MERGE."));
        }
        ("DELETE", None) => Some(MergeType::Delete),
        ("APPEND", None) => None,
        _ => return Err(invalid(&format!("Invalid merge type {name}"))),
    };
    Ok(merge_type)
}

fn partitions(headers: &Headers) -> Result<(), HeaderError> {
    let both = headers.get("partitions").is_some() && headers.get("temporary_partitions").is_some();
    if both { Err(invalid("Can not specify both partitions and temporary partitions")) } else { Ok(()) }
}

/// A refusal as the front end words it when the back end asks.
pub(super) fn analysis(detail: &str) -> HeaderError {
    HeaderError(format!("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = {detail}"))
}

/// A refusal of the back end's own.
pub(super) fn internal(detail: &str) -> HeaderError {
    HeaderError(format!("[INTERNAL_ERROR]{detail}"))
}

/// A header whose value cannot be.
pub(super) fn invalid(detail: &str) -> HeaderError {
    HeaderError(format!("[INVALID_ARGUMENT]{detail}"))
}
