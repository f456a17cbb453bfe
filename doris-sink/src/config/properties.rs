//! Stream Load headers that an operator adds, `sink.properties.*`.

use super::known_headers::{HEADERS, Rule};
use crate::{
    load::Compression,
    rows::{CSV_SEPARATOR, CsvColumns, DELETE_SIGN, Framing},
};
use connector_api::{ConfigError, ConfigErrors, ConnectorConfig};
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};
use std::time::Duration;

const PREFIX: &str = "sink.properties.";
/// What other sinks call the zone that moments are shown in.
const TIME_ZONE: &str = "database.time_zone";
const HEADER_TIME_ZONE: &str = "timezone";

/// Headers of every load: the format, and what the operator added.
#[derive(Debug, Clone)]
pub(crate) struct LoadProperties(HeaderMap);

impl Default for LoadProperties {
    fn default() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("format", HeaderValue::from_static("json"));
        headers.insert("read_json_by_line", HeaderValue::from_static("true"));
        // A load that hangs would otherwise hold its label for three days (`stream_load_default_timeout_second`).
        headers.insert("timeout", HeaderValue::from_static("600"));
        Self(headers)
    }
}

impl LoadProperties {
    /// Reads and checks `sink.properties.*`.
    pub(super) fn read(config: &ConnectorConfig) -> Result<Self, ConfigErrors> {
        let mut properties = Self::default();
        let mut errors = Vec::new();
        for (name, value) in config.with_prefix(PREFIX) {
            match header(name, value.trim()) {
                Ok(Some((name, value))) => {
                    properties.0.insert(name, value);
                }
                Ok(None) => {}
                Err(problem) => errors.push(ConfigError::new(format!("{PREFIX}{name}"), problem)),
            }
        }
        properties.be_strict();
        if let Err(problem) = properties.use_time_zone(config.get(TIME_ZONE).unwrap_or_default().trim()) {
            errors.push(ConfigError::new(TIME_ZONE, problem));
        }
        let lines_asked = config
            .get(&format!("{PREFIX}read_json_by_line"))
            .is_some_and(|lines| lines.trim().eq_ignore_ascii_case("true"));
        if properties.is_csv() {
            if let Err((name, problem)) = properties.lay_out_csv() {
                errors.push(ConfigError::new(format!("{PREFIX}{name}"), problem));
            }
            return ConfigErrors(errors).into_result().map(|()| properties);
        }
        if let Err(problem) = properties.lay_out(lines_asked) {
            errors.push(ConfigError::new(format!("{PREFIX}strip_outer_array"), problem));
        }
        ConfigErrors(errors).into_result().map(|()| properties)
    }

    /// Whether rows are lines of CSV.
    pub(crate) fn is_csv(&self) -> bool {
        self.0.get("format").is_some_and(|format| format.as_bytes().eq_ignore_ascii_case(b"csv"))
    }

    /// What a column cannot hold is refused rather than left out, unless an operator says otherwise. Where some columns are
    /// updated it means something else: that rows are there already.
    fn be_strict(&mut self) {
        let updates_some = ["partial_columns", "unique_key_update_mode"];
        if !updates_some.iter().any(|name| self.0.contains_key(*name)) {
            self.0.entry("strict_mode").or_insert(HeaderValue::from_static("true"));
        }
    }

    /// Doris shows moments in this zone, if one is asked for.
    fn use_time_zone(&mut self, zone: &str) -> Result<(), String> {
        if zone.is_empty() {
            return Ok(());
        }
        let value = HeaderValue::from_str(zone).map_err(|_| format!("{zone:?} is no name of a zone"))?;
        match self.0.entry(HEADER_TIME_ZONE).or_insert(value) {
            asked if asked.as_bytes() == zone.as_bytes() => Ok(()),
            other => Err(format!(
                "{zone:?} differs from {PREFIX}{HEADER_TIME_ZONE}, {other:?}: leave one of them out"
            )),
        }
    }

    /// Whether somebody asks in which zone moments are to be shown.
    pub(super) fn has_time_zone(&self) -> bool {
        [HEADER_TIME_ZONE, "time_zone"].iter().any(|name| self.0.contains_key(*name))
    }

    /// Rows are lines, or the elements of one array.
    fn lay_out(&mut self, lines_asked: bool) -> Result<(), &'static str> {
        let is = |name| self.0.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        // What stands there without having been asked for gives way.
        match (is("strip_outer_array"), is("read_json_by_line")) {
            (true, _) if lines_asked => {
                Err("goes not together with read_json_by_line=true: leave one of them out")
            }
            (false, false) => {
                Err("or read_json_by_line has to be true: rows are lines, or the elements of one array")
            }
            (true, _) => {
                self.0.insert("read_json_by_line", HeaderValue::from_static("false"));
                Ok(())
            }
            (false, true) => Ok(()),
        }
    }

    /// Rows are lines of the columns that the operator names, in the sink's own dialect.
    fn lay_out_csv(&mut self) -> Result<(), (&'static str, &'static str)> {
        for own in ["column_separator", "enclose", "escape", "trim_double_quotes", "empty_field_as_null"] {
            if self.0.contains_key(own) {
                return Err((own, "is set by the sink, so that every text comes through: leave it out"));
            }
        }
        match self.csv_columns() {
            None => return Err(("columns", "names the columns of format=csv, such as id,name: give them")),
            Some(columns) if columns.has_expressions() => {
                return Err(("columns", "holds expressions, which go together with format=json only"));
            }
            Some(_) => {}
        }
        self.0.remove("read_json_by_line");
        for (name, value) in [("column_separator", CSV_SEPARATOR.0), ("enclose", "\""), ("escape", "\\")] {
            self.0.insert(name, HeaderValue::from_static(value));
        }
        Ok(())
    }

    /// The columns of a line, where rows are lines of CSV.
    pub(crate) fn csv_columns(&self) -> Option<CsvColumns> {
        let text = |name| Some(String::from_utf8_lossy(self.0.get(name)?.as_bytes()).into_owned());
        if !text("format")?.eq_ignore_ascii_case("csv") {
            return None;
        }
        let columns = text("columns")?;
        let columns = columns.split(',').map(|name| name.trim().trim_matches('`').to_owned());
        Some(CsvColumns::new(columns.filter(|name| !name.is_empty())))
    }

    /// How rows become one body.
    pub(crate) fn framing(&self) -> Framing {
        match self.0.get("strip_outer_array") {
            Some(strip) if strip.as_bytes().eq_ignore_ascii_case(b"true") => Framing::Array,
            _ => Framing::Lines,
        }
    }

    /// How bodies are compressed.
    pub(crate) fn compression(&self) -> Option<Compression> {
        let name = self.0.get("compress_type")?.to_str().ok()?.to_ascii_lowercase();
        match name.as_str() {
            "gz" => Some(Compression::Gzip),
            "deflate" => Some(Compression::Deflate),
            "lz4" => Some(Compression::Lz4),
            _ => None,
        }
    }

    /// The same for rows of which each says whether it is to be deleted.
    pub(super) fn with_deletes(mut self) -> Result<Self, ConfigErrors> {
        let text = |headers: &HeaderMap, name| {
            headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        if let Some(columns) = text(&self.0, "columns") {
            // Doris reads hidden_columns only where there are no columns.
            let problem = "leaves out __DORIS_DELETE_SIGN__, by which enable.delete deletes rows: add it to the columns";
            let errors = (!columns.contains(DELETE_SIGN))
                .then(|| ConfigError::new(format!("{PREFIX}columns"), problem));
            return ConfigErrors(errors.into_iter().collect()).into_result().map(|()| self);
        }
        let hidden = match text(&self.0, "hidden_columns") {
            None => DELETE_SIGN.to_owned(),
            Some(hidden) if hidden.contains(DELETE_SIGN) => hidden,
            Some(hidden) => format!("{hidden},{DELETE_SIGN}"),
        };
        if let Ok(hidden) = HeaderValue::from_str(&hidden) {
            self.0.insert("hidden_columns", hidden);
        }
        Ok(self)
    }

    /// The headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0
    }

    /// How long a load may take before Doris aborts it.
    pub(crate) fn timeout(&self) -> Duration {
        let seconds = self.0.get("timeout").and_then(|value| value.to_str().ok()?.parse().ok());
        seconds.map_or(Duration::MAX, Duration::from_secs)
    }

    /// Whether rows may stay away from the table without that being an error.
    pub(crate) fn may_drop_rows(&self) -> bool {
        self.0.contains_key("where") || self.0.contains_key("max_filter_ratio")
    }
}

fn header(name: &str, value: &str) -> Result<Option<(HeaderName, HeaderValue)>, String> {
    let lower = name.to_ascii_lowercase();
    let Ok(found) = HEADERS.binary_search_by_key(&lower.as_str(), |(known, _)| known) else {
        return Err(unknown(&lower));
    };
    let (known, rule) = HEADERS[found];
    // An empty header is an absent one to Doris.
    if value.is_empty() && !matches!(rule, Rule::Never(_)) {
        return Ok(None);
    }
    rule.check(value)?;
    let sent = HeaderValue::from_str(value)
        .or_else(|e| {
            if value.contains(char::is_control) { Err(e) } else { HeaderValue::from_bytes(value.as_bytes()) }
        })
        .map_err(|_| {
            "the value holds a line break or another control character, which a header cannot".to_owned()
        })?;
    Ok(Some((HeaderName::from_static(known), sent)))
}

fn unknown(name: &str) -> String {
    let nearest = HEADERS
        .iter()
        .filter(|(_, rule)| !matches!(rule, Rule::Never(_)))
        .map(|(known, _)| (strsim::jaro_winkler(known, name), known))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        Some((likeness, known)) if likeness > 0.8 => {
            format!("no header of Stream Load; did you mean {PREFIX}{known}?")
        }
        _ => "no header of Stream Load".to_owned(),
    }
}

impl Rule {
    fn check(self, value: &str) -> Result<(), String> {
        let is = |word: &str| value.eq_ignore_ascii_case(word);
        match self {
            Self::Any => Ok(()),
            Self::Boolean if is("true") || is("false") => Ok(()),
            Self::Boolean => Err(format!("{value:?} is neither true nor false")),
            Self::Int(min, max) => match value.parse::<u64>() {
                Ok(number) if (min..=max).contains(&number) => Ok(()),
                _ => Err(format!("{value:?} is not a whole number from {min} to {max}")),
            },
            Self::Ratio => match value.parse::<f64>() {
                Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(()),
                _ => Err(format!("{value:?} is not a number from 0 to 1")),
            },
            Self::OneOf(words) if words.iter().any(|w| is(w)) => Ok(()),
            Self::OneOf(words) => Err(format!("{value:?} is none of {}", words.join(", "))),
            Self::Only(word, _) if is(word) => Ok(()),
            Self::Only(_, reason) => Err(format!("{value:?}: {reason}")),
            Self::Never(reason) => Err(reason.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, value: &str, expected: Result<Option<&str>, &str>) {
        let config: ConnectorConfig = [(format!("{PREFIX}{name}"), value)].into_iter().collect();
        let read = LoadProperties::read(&config).map_err(|e| e.to_string());
        let sent = read.as_ref().map(|p| {
            let header = p.headers().get(name);
            header.map(|v| std::str::from_utf8(v.as_bytes()).unwrap())
        });
        assert_eq!(sent.map_err(|e| e.as_str()), expected, "{name}={value:?}");
    }

    #[test]
    fn headers_are_in_order_for_the_search() {
        assert!(HEADERS.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn headers_of_stream_load_are_sent() {
        check("strict_mode", "TRUE", Ok(Some("TRUE")));
        check("columns", "id,name=upper(名)", Ok(Some("id,name=upper(名)")));
        check("max_filter_ratio", "0.5", Ok(Some("0.5")));
        check("format", "json", Ok(Some("json")));
        check("where", "", Ok(None));
    }

    #[test]
    fn rows_that_may_be_deleted_say_so_in_a_hidden_column() {
        let check = |name: &str, value: &str, expected: Result<&str, &str>| {
            let config: ConnectorConfig = [(format!("{PREFIX}{name}"), value)].into_iter().collect();
            let read = LoadProperties::read(&config).and_then(LoadProperties::with_deletes);
            let hidden = read.as_ref().map(|properties| match properties.headers().get("hidden_columns") {
                Some(hidden) => hidden.to_str().unwrap(),
                None => "none",
            });
            let problem = hidden.as_ref().map_err(ToString::to_string);
            match (problem, expected) {
                (Err(problem), Err(part)) => assert!(problem.contains(part), "{problem}"),
                (hidden, expected) => assert_eq!(hidden.ok().copied(), expected.ok()),
            }
        };
        check("strict_mode", "true", Ok("__DORIS_DELETE_SIGN__"));
        check("hidden_columns", "__DORIS_SEQUENCE_COL__", Ok("__DORIS_SEQUENCE_COL__,__DORIS_DELETE_SIGN__"));
        check("hidden_columns", "__DORIS_DELETE_SIGN__", Ok("__DORIS_DELETE_SIGN__"));
        check("columns", "id,__DORIS_DELETE_SIGN__", Ok("none"));
        check("columns", "id,name", Err("add it to the columns"));
    }

    #[test]
    fn wrong_values_are_named() {
        check("strict_mode", "yes", Err("sink.properties.strict_mode: \"yes\" is neither true nor false"));
        check("timeout", "0", Err("sink.properties.timeout: \"0\" is not a whole number from 1 to 259200"));
        check(
            "max_filter_ratio",
            "2",
            Err("sink.properties.max_filter_ratio: \"2\" is not a number from 0 to 1"),
        );
        check(
            "where",
            "a=1\r\nlabel: x",
            Err(
                "sink.properties.where: the value holds a line break or another control character, which a header cannot",
            ),
        );
    }

    #[test]
    fn unknown_headers_get_the_nearest_known_one() {
        check(
            "strict_mod",
            "true",
            Err(
                "sink.properties.strict_mod: no header of Stream Load; did you mean sink.properties.strict_mode?",
            ),
        );
        check("zzz", "1", Err("sink.properties.zzz: no header of Stream Load"));
    }

    #[test]
    fn headers_that_would_break_a_promise_are_refused_with_the_reason() {
        check(
            "label",
            "x",
            Err(
                "sink.properties.label: is made by the sink from the batch's identity, which is what makes loads exactly once",
            ),
        );
        for name in ["two_phase_commit", "txn_id", "Authorization", "fuzzy_parse", "sql"] {
            let config: ConnectorConfig = [(format!("{PREFIX}{name}"), "true")].into_iter().collect();
            assert!(LoadProperties::read(&config).is_err(), "{name}");
        }
        check(
            "format",
            "csv",
            Err("sink.properties.columns: names the columns of format=csv, such as id,name: give them"),
        );
    }
}
