//! What a back end looks at before it has a transaction begun: format, compression, lengths, timeout, group.

use std::time::Duration;

use super::compression::{Compression, NotOpened};
use super::settings::{HeaderError, analysis, internal, invalid};
use crate::http::Headers;
use crate::version::Version;

/// Largest body of a JSON load that is one document, in bytes; known lengths only, as on the server.
const MAX_JSON_DOCUMENT: u64 = 100 << 20;
/// Largest body of any load, in bytes.
const MAX_BODY: u64 = 10 << 30;
const MAX_TIMEOUT_SECONDS: i64 = 259_200;

/// Which server the headers are sent to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Server {
    pub(crate) version: Version,
    /// Whether it opens compressed JSON, as the lines' later patch releases do (from 2.1.9 and 3.0.5).
    pub(crate) opens_json: bool,
}

/// What the body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    /// With lines at the top that name columns, and perhaps their types.
    Csv {
        header_lines: usize,
    },
}

/// When a load in a group is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Once its rows are visible.
    Sync,
    /// Once they are safe; they are visible a little later.
    Async,
}

/// The headers that count before a transaction begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) compression: Compression,
    /// Whether it is committed together with others.
    pub(crate) group: Option<Group>,
    /// How long the load may be PREPARE, if it says so.
    pub(crate) timeout: Option<Duration>,
}

impl Head {
    /// Reads them.
    ///
    /// # Errors
    /// [`HeaderError`] with the server's message, code in brackets.
    pub(crate) fn read(headers: &Headers, server: Server) -> Result<Self, HeaderError> {
        let group = group(headers, server.version)?;
        let (kind, compression) = kind(headers, server)?;
        check_length(headers, kind, server.version)?;
        Ok(Self { kind, compression, group, timeout: timeout(headers)? })
    }
}

fn kind(headers: &Headers, server: Server) -> Result<(Kind, Compression), HeaderError> {
    let format = headers.get("format").unwrap_or_default();
    let unknown = || internal(&format!("unknown data format, format={format}"));
    let kind = match format.to_ascii_lowercase().as_str() {
        "json" => Kind::Json,
        "" | "csv" => Kind::Csv { header_lines: 0 },
        "csv_with_names" => Kind::Csv { header_lines: 1 },
        "csv_with_names_and_types" => Kind::Csv { header_lines: 2 },
        "parquet" | "orc" | "arrow" => {
            return Err(internal(&format!("the Doris stand-in does not read format={format}")));
        }
        _ => return Err(unknown()),
    };
    let Some(name) = headers.get("compress_type") else { return Ok((kind, Compression::None)) };
    if kind == Kind::Json && !server.opens_json {
        return Err(internal("compress data of JSON format is not supported."));
    }
    match Compression::parse(name, server.version) {
        Ok(compression) => Ok((kind, compression)),
        // JSON under a name that says nothing is read as it is.
        Err(NotOpened::Unknown) if kind == Kind::Json => Ok((kind, Compression::None)),
        Err(NotOpened::Unknown) => Err(unknown()),
        Err(NotOpened::Beyond) => {
            Err(internal(&format!("the Doris stand-in does not open compress_type={name}")))
        }
    }
}

/// The group that a load asks for; one that cannot be grouped is committed by itself.
fn group(headers: &Headers, version: Version) -> Result<Option<Group>, HeaderError> {
    if version < Version::V2_1 {
        return Ok(None);
    }
    let group = match headers.get("group_commit").map(str::to_ascii_lowercase).as_deref() {
        Some("sync_mode") => Group::Sync,
        Some("async_mode") => Group::Async,
        None | Some("off_mode") => return Ok(None),
        Some(_) => return Err(invalid("group_commit can only be [async_mode, sync_mode, off_mode]")),
    };
    let by_itself = headers.get("two_phase_commit") == Some("true")
        || headers.is_true("partial_columns")
        || headers.get("partitions").is_some()
        || headers.get("temporary_partitions").is_some()
        || headers.get("Content-Length") == Some("0");
    if by_itself {
        return Ok(None);
    }
    // A body of unknown length loses its label, and may be more than a log ahead of the rows has room for.
    if headers.get("Content-Length").is_none() {
        return Ok(Some(Group::Sync));
    }
    if headers.get("label").is_some() {
        return Err(invalid("label and group_commit can't be set at the same time"));
    }
    Ok(Some(group))
}

fn check_length(headers: &Headers, kind: Kind, version: Version) -> Result<(), HeaderError> {
    let length = headers.get("Content-Length").map(|text| {
        text.parse::<u64>().map_err(|_| invalid(&format!("invalid content_length, content_length={text}")))
    });
    let length = length.transpose()?;
    let chunked = headers
        .get("Transfer-Encoding")
        .is_some_and(|encoding| encoding.to_ascii_lowercase().contains("chunked"));
    match (length, chunked) {
        (Some(_), true) => Err(invalid("please do not set both content_length and transfer-encoding")),
        (None, false) => Err(invalid(
            "content_length is empty and transfer-encoding!=chunked, please set content_length or transfer-encoding=chunked",
        )),
        // Lines must be asked for here, even where they are the default.
        (Some(length), _)
            if kind == Kind::Json && length > MAX_JSON_DOCUMENT && !headers.is_true("read_json_by_line") =>
        {
            Err(internal(&json_too_long(length, version)))
        }
        (Some(length), _) if length > MAX_BODY => Err(internal(&too_long(length, version))),
        _ => Ok(()),
    }
}

fn json_too_long(length: u64, version: Version) -> String {
    let most = MAX_JSON_DOCUMENT;
    if version < Version::V2_0 {
        return format!(
            "The size of this batch exceed the max size [{most}]  of json type data  data [ {length} ]. Split the file, or use 'read_json_by_line'"
        );
    }
    format!(
        "json body size {length} exceed BE's conf `streaming_load_json_max_mb` {most}. increase it if you are sure this load is reasonable"
    )
}

fn too_long(length: u64, version: Version) -> String {
    if version < Version::V2_0 {
        return format!("body exceed max size: {MAX_BODY}, data: {length}");
    }
    format!(
        "body size {length} exceed BE's conf `streaming_load_max_mb` {MAX_BODY}. increase it if you are sure this load is reasonable"
    )
}

/// How long the load may take.
fn timeout(headers: &Headers) -> Result<Option<Duration>, HeaderError> {
    // As C++ reads numbers: up to what is none.
    let Some(text) = headers.get("timeout") else { return Ok(None) };
    let end = text.char_indices().find(|(at, c)| !(c.is_ascii_digit() || *at == 0 && matches!(c, '-' | '+')));
    let number = &text[..end.map_or(text.len(), |(at, _)| at)];
    let Ok(seconds) = number.parse::<i64>() else { return Err(invalid("Invalid timeout format")) };
    match u64::try_from(seconds) {
        Ok(whole) if (1..=MAX_TIMEOUT_SECONDS).contains(&seconds) => Ok(Some(Duration::from_secs(whole))),
        _ => Err(analysis(&format!(
            "Invalid timeout: {seconds}. Timeout should between 1 and {MAX_TIMEOUT_SECONDS} seconds"
        ))),
    }
}
