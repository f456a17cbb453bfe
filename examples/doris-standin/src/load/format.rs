//! How the body of a load is laid out, by the headers that are looked at once its transaction has begun.

use super::csv::Dialect;
use super::head::Kind;
use super::json_path::JsonPath;
use super::separator::separator;
use super::settings::{HeaderError, analysis, invalid};
use crate::http::Headers;
use crate::version::Version;

/// How the body is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json(JsonLayout),
    Csv(Dialect),
}

/// Where the objects are in a body of JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JsonLayout {
    /// One document per line, else one in all.
    pub(crate) by_line: bool,
    /// A document is an array of objects.
    pub(crate) strip_outer_array: bool,
    pub(crate) line_delimiter: Vec<u8>,
    /// Where in a document the object or array is.
    pub(crate) root: Option<JsonPath>,
    /// Where in an object the fields are, by position; without it they are found by name.
    pub(crate) paths: Option<Vec<JsonPath>>,
    /// Numbers that are no 64-bit integers lose what a double cannot hold.
    pub(crate) numbers_as_doubles: bool,
    /// The objects of an array are taken to have the keys of the first, in its order.
    pub(crate) fuzzy: bool,
}

impl Format {
    /// Reads the headers of a format.
    ///
    /// # Errors
    /// [`HeaderError`] for a value that the server refuses.
    pub(super) fn read(headers: &Headers, kind: Kind, version: Version) -> Result<Self, HeaderError> {
        match kind {
            Kind::Json => Ok(Self::Json(JsonLayout::read(headers, version)?)),
            Kind::Csv { header_lines } => Ok(Self::Csv(dialect(headers, header_lines, version)?)),
        }
    }

    /// The byte that ends lines, or the last of several.
    pub(crate) fn line_end(&self) -> u8 {
        let delimiter = match self {
            Self::Json(layout) => &layout.line_delimiter,
            Self::Csv(dialect) => &dialect.line_delimiter,
        };
        delimiter.last().copied().unwrap_or(b'\n')
    }
}

impl JsonLayout {
    fn read(headers: &Headers, version: Version) -> Result<Self, HeaderError> {
        let unsaid = headers.get("read_json_by_line").is_none() && headers.get("strip_outer_array").is_none();
        let by_default = unsaid && version >= Version::V2_1;
        Ok(Self {
            by_line: headers.is_true("read_json_by_line") || by_default,
            strip_outer_array: headers.is_true("strip_outer_array"),
            line_delimiter: delimiter(headers, "line_delimiter", "\\n")?.into_bytes(),
            root: headers.get("json_root").map(JsonPath::parse),
            paths: headers.get("jsonpaths").map(JsonPath::parse_list).transpose()?,
            numbers_as_doubles: version < Version::V2_0 && !headers.is_true("num_as_string"),
            fuzzy: version < Version::V2_0 && headers.is_true("fuzzy_parse"),
        })
    }
}

fn dialect(headers: &Headers, header_lines: usize, version: Version) -> Result<Dialect, HeaderError> {
    let enclose = one_byte(headers, "enclose", version)?;
    let escape = one_byte(headers, "escape", version)?;
    let asked = skip_lines(headers, version)?;
    Ok(Dialect {
        column_separator: delimiter(headers, "column_separator", "\\t")?,
        line_delimiter: delimiter(headers, "line_delimiter", "\\n")?.into_bytes(),
        // Lines of names are the only ones to be skipped where there are any.
        skip_lines: if header_lines > 0 { header_lines } else { asked },
        trim_double_quotes: headers.is_true("trim_double_quotes"),
        empty_as_null: version >= Version::V2_1 && headers.is_true("empty_field_as_null"),
        enclose,
        escape,
    })
}

fn delimiter(headers: &Headers, name: &str, otherwise: &str) -> Result<String, HeaderError> {
    separator(headers.get(name).unwrap_or(otherwise)).map_err(|error| analysis(&error.to_string()))
}

/// A header of one character; versions before 2.0 do not look at it.
fn one_byte(headers: &Headers, name: &str, version: Version) -> Result<Option<u8>, HeaderError> {
    if version < Version::V2_0 {
        return Ok(None);
    }
    match headers.get(name).map(|text| (text, text.as_bytes())) {
        None => Ok(None),
        Some((_, [byte])) => Ok(Some(*byte)),
        Some((text, _)) => Err(invalid(&format!("{name} must be single-char, actually is {text}"))),
    }
}

/// How many lines are skipped at the top; versions before 2.0 do not look at it.
fn skip_lines(headers: &Headers, version: Version) -> Result<usize, HeaderError> {
    let Some(text) = headers.get("skip_lines").filter(|_| version >= Version::V2_0) else { return Ok(0) };
    text.parse().map_err(|_| invalid(&format!("Invalid 'skip_lines': {text}")))
}
