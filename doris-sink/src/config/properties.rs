//! Stream Load headers that an operator adds, `sink.properties.*`.

use super::known_headers::{HEADERS, Rule};
use connector_api::{ConfigError, ConfigErrors, ConnectorConfig};
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};
use std::time::Duration;

const PREFIX: &str = "sink.properties.";

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
        ConfigErrors(errors).into_result().map(|()| properties)
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
        check(
            "group_commit",
            "async_mode",
            Err(
                "sink.properties.group_commit: \"async_mode\": has no label, so a batch that is sent again would be \
                 loaded again; use off_mode or leave it out",
            ),
        );
        for name in ["two_phase_commit", "txn_id", "compress_type", "Authorization", "fuzzy_parse", "sql"] {
            let config: ConnectorConfig = [(format!("{PREFIX}{name}"), "true")].into_iter().collect();
            assert!(LoadProperties::read(&config).is_err(), "{name}");
        }
        assert!(
            LoadProperties::read(&[("sink.properties.format", "csv")].into_iter().collect()).is_err(),
            "csv"
        );
    }
}
