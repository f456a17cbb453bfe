//! Settings of the Java sinks that ask for something this sink does otherwise, or not.

use connector_api::{ConfigError, ConnectorConfig};

/// A key, the values of it that mean what the sink does, and what to do instead of any other.
struct Mode(&'static str, &'static [&'static str], &'static str);

const MODES: &[Mode] = &[
    Mode(
        "load.model",
        &["stream_load"],
        "is not supported: loading by files (COPY INTO) belongs to one vendor's cloud; use stream_load",
    ),
    Mode(
        "enable.combine.flush",
        &["false"],
        "is not supported: a batch holds records of one queue, which makes it exactly once; use false",
    ),
    Mode(
        "doris.custom.cluster",
        &["false"],
        "is not supported; use false and doris.benodes to reach backends",
    ),
];

/// Everything asked for that cannot be had.
pub(super) fn check(config: &ConnectorConfig) -> impl Iterator<Item = ConfigError> {
    MODES.iter().filter_map(|Mode(key, meant, instead)| {
        let given = config.get(key)?.trim();
        // What is neither true nor false is told by the definition of the key.
        let refused = !meant.iter().any(|m| given.eq_ignore_ascii_case(m));
        let told_elsewhere = meant == &["false"] && !given.eq_ignore_ascii_case("true");
        (refused && !told_elsewhere).then(|| ConfigError::new(*key, format!("{given:?} {instead}")))
    })
}
