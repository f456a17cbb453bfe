//! What the headers of a load ask for. An empty header counts as absent, as published clients rely on.

use std::time::Duration;

use super::datetime::ZoneOffset;
use crate::http::Headers;

/// Largest body of a JSON load that is one document, in bytes; known lengths only, as on the server.
const MAX_JSON_DOCUMENT: u64 = 100 << 20;
/// Largest body of any load, in bytes.
const MAX_BODY: u64 = 10 << 30;
const MAX_TIMEOUT_SECONDS: i64 = 259_200;

/// How the body is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json { by_line: bool, strip_outer_array: bool, line_delimiter: Vec<u8> },
    Csv { column_separator: String, line_delimiter: Vec<u8>, skip_lines: usize, trim_double_quotes: bool },
}

/// A load's settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) format: Format,
    pub(crate) two_phase: bool,
    pub(crate) strict: bool,
    pub(crate) max_filter_ratio: f64,
    /// How long the load may be PREPARE, if it says so.
    pub(crate) timeout: Option<Duration>,
    /// The `timezone` header; checked when the load is planned.
    pub(crate) zone: Option<String>,
    /// Names of the fields in the body, when the client lists them.
    pub(crate) columns: Option<Vec<String>>,
    pub(crate) hidden_columns: Vec<String>,
    pub(crate) merge_type: Option<String>,
    pub(crate) partial_columns: bool,
    pub(crate) sequence_column: bool,
    pub(crate) partitions: Vec<String>,
    /// Headers that were sent and ask for what is not done here.
    pub(crate) beyond: Vec<&'static str>,
}

/// A header that refuses the load before its transaction begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct HeaderError(pub(crate) String);

impl Settings {
    /// Reads the headers.
    ///
    /// # Errors
    /// [`HeaderError`] with the server's message, code in brackets.
    pub(crate) fn read(headers: &Headers) -> Result<Self, HeaderError> {
        let format = format(headers)?;
        if headers.get("compress_type").is_some() {
            refuse_compression(headers, &format)?;
        }
        check_length(headers, &format)?;
        let names = |header| -> Vec<String> {
            let list = headers.get(header).unwrap_or_default();
            list.split(',')
                .map(|name| name.trim().trim_matches('`').to_owned())
                .filter(|name| !name.is_empty())
                .collect()
        };
        let columns = headers.get("columns");
        let mapped = columns.is_some_and(|text| text.contains(['=', '(']));
        let beyond =
            ["jsonpaths", "json_root", "where", "delete", "unique_key_update_mode", "enclose", "escape"];
        let mut beyond: Vec<_> = beyond.into_iter().filter(|header| headers.get(header).is_some()).collect();
        if mapped {
            beyond.push("columns with expressions");
        }
        if headers.get("group_commit").is_some_and(|mode| !mode.eq_ignore_ascii_case("off_mode")) {
            beyond.push("group_commit");
        }
        Ok(Self {
            format,
            two_phase: headers.get("two_phase_commit") == Some("true"),
            strict: headers.is_true("strict_mode"),
            max_filter_ratio: ratio(headers)?,
            timeout: timeout(headers)?,
            zone: headers.get("timezone").or(headers.get("time_zone")).map(str::to_owned),
            columns: columns.filter(|_| !mapped).map(|_| names("columns")),
            hidden_columns: names("hidden_columns"),
            merge_type: headers.get("merge_type").map(str::to_ascii_uppercase),
            partial_columns: headers.is_true("partial_columns"),
            sequence_column: headers.get("function_column.sequence_col").is_some(),
            partitions: names("partitions"),
            beyond,
        })
    }

    /// Rows given directly, without headers.
    pub(super) fn plain() -> Self {
        Self {
            format: Format::Json { by_line: true, strip_outer_array: false, line_delimiter: vec![b'\n'] },
            two_phase: false,
            strict: false,
            max_filter_ratio: 0.0,
            timeout: None,
            zone: None,
            columns: None,
            hidden_columns: Vec::new(),
            merge_type: None,
            partial_columns: false,
            sequence_column: false,
            partitions: Vec::new(),
            beyond: Vec::new(),
        }
    }

    /// The zone that times without one belong to; `Err` with the name that is not known.
    pub(super) fn zone(&self) -> Result<ZoneOffset, &str> {
        match &self.zone {
            None => Ok(ZoneOffset::default()),
            Some(name) => ZoneOffset::parse(name).ok_or(name),
        }
    }
}

fn format(headers: &Headers) -> Result<Format, HeaderError> {
    let line_delimiter = separator(headers.get("line_delimiter").unwrap_or("\\n"));
    match headers.get("format").map(str::to_ascii_lowercase).as_deref() {
        Some("json") => {
            let (by_line, strip) = (headers.get("read_json_by_line"), headers.get("strip_outer_array"));
            // Neither said: lines.
            let by_line = headers.is_true("read_json_by_line") || (by_line.is_none() && strip.is_none());
            Ok(Format::Json {
                by_line,
                strip_outer_array: headers.is_true("strip_outer_array"),
                line_delimiter,
            })
        }
        None | Some("csv") => Ok(Format::Csv {
            column_separator: String::from_utf8_lossy(&separator(
                headers.get("column_separator").unwrap_or("\\t"),
            ))
            .into_owned(),
            line_delimiter,
            skip_lines: headers.get("skip_lines").and_then(|text| text.parse().ok()).unwrap_or(0),
            trim_double_quotes: headers.is_true("trim_double_quotes"),
        }),
        Some(other) => Err(HeaderError(format!("[INTERNAL_ERROR]unknown data format, format={other}"))),
    }
}

/// `\n`, `\t` and `\x01` as clients spell them.
fn separator(text: &str) -> Vec<u8> {
    let hex = text.strip_prefix("\\x").or_else(|| text.strip_prefix("\\X"));
    if let Some(hex) = hex.filter(|hex| hex.len() % 2 == 0 && !hex.is_empty() && hex.is_ascii()) {
        let bytes: Option<Vec<u8>> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect();
        if let Some(bytes) = bytes {
            return bytes;
        }
    }
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").into_bytes()
}

fn refuse_compression(headers: &Headers, format: &Format) -> Result<(), HeaderError> {
    match format {
        Format::Json { .. } => {
            Err(HeaderError("[INTERNAL_ERROR]compress data of JSON format is not supported.".to_owned()))
        }
        Format::Csv { .. } => Err(HeaderError(format!(
            "[INTERNAL_ERROR]the Doris stand-in does not do compress_type, compress_type={}",
            headers.get("compress_type").unwrap_or_default()
        ))),
    }
}

fn check_length(headers: &Headers, format: &Format) -> Result<(), HeaderError> {
    let length = headers.get("Content-Length").map(|text| {
        text.parse::<u64>().map_err(|_| {
            HeaderError(format!("[INVALID_ARGUMENT]invalid content_length, content_length={text}"))
        })
    });
    let length = length.transpose()?;
    let chunked = headers
        .get("Transfer-Encoding")
        .is_some_and(|encoding| encoding.to_ascii_lowercase().contains("chunked"));
    match (length, chunked) {
        (Some(_), true) => Err(HeaderError(
            "[INVALID_ARGUMENT]please do not set both content_length and transfer-encoding".to_owned(),
        )),
        (None, false) => Err(HeaderError(
            "[INVALID_ARGUMENT]content_length is empty and transfer-encoding!=chunked, please set content_length or transfer-encoding=chunked"
                .to_owned(),
        )),
        (Some(length), _) if matches!(format, Format::Json { by_line: false, .. }) && length > MAX_JSON_DOCUMENT => {
            Err(HeaderError(format!(
                "[INTERNAL_ERROR]json body size {length} exceed BE's conf `streaming_load_json_max_mb` {MAX_JSON_DOCUMENT}. increase it if you are sure this load is reasonable"
            )))
        }
        (Some(length), _) if length > MAX_BODY => Err(HeaderError(format!(
            "[INTERNAL_ERROR]body size {length} exceed BE's conf `streaming_load_max_mb` {MAX_BODY}. increase it if you are sure this load is reasonable"
        ))),
        _ => Ok(()),
    }
}

fn ratio(headers: &Headers) -> Result<f64, HeaderError> {
    let Some(text) = headers.get("max_filter_ratio") else { return Ok(0.0) };
    text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio)).ok_or_else(|| {
        HeaderError(format!("[INVALID_ARGUMENT]Invalid max_filter_ratio: {text}, expected 0 to 1"))
    })
}

/// A timeout that is no number counts as absent.
fn timeout(headers: &Headers) -> Result<Option<Duration>, HeaderError> {
    let Some(seconds) = headers.get("timeout").and_then(|text| text.parse::<i64>().ok()) else {
        return Ok(None);
    };
    match u64::try_from(seconds) {
        Ok(whole) if (1..=MAX_TIMEOUT_SECONDS).contains(&seconds) => Ok(Some(Duration::from_secs(whole))),
        _ => Err(analysis(&format!(
            "Invalid timeout: {seconds}. Timeout should between 1 and {MAX_TIMEOUT_SECONDS} seconds"
        ))),
    }
}

/// A refusal as the front end words it when the back end asks.
pub(super) fn analysis(detail: &str) -> HeaderError {
    HeaderError(format!("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = {detail}"))
}
