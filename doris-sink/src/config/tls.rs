//! What the keys `doris.tls.*` say.

use crate::http::{CA, CERTIFICATE, FileProblem, KEY, Tls, TlsFiles};
use connector_api::{ConfigError, ConfigErrors, ConnectorConfig};
use std::path::Path;

const VERIFY: &str = "doris.tls.verify";

/// How HTTPS is spoken, for an operator who names servers by `https://`.
pub(super) fn read(config: &ConnectorConfig) -> Result<Tls, ConfigErrors> {
    let path = |key| config.get(key).map(str::trim).filter(|path| !path.is_empty()).map(Path::new);
    let wrong = |key: &str, problem: String| ConfigErrors(vec![ConfigError::new(key, problem)]);
    let identity = match (path(CERTIFICATE), path(KEY)) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(_), None) => return Err(wrong(KEY, format!("is needed with {CERTIFICATE}"))),
        (None, Some(_)) => return Err(wrong(CERTIFICATE, format!("is needed with {KEY}"))),
    };
    let verify = !config.get(VERIFY).is_some_and(|verify| verify.trim().eq_ignore_ascii_case("false"));
    Tls::read(&TlsFiles { authorities: path(CA), identity, verify })
        .map_err(|FileProblem { key, problem }| wrong(key, problem))
}

/// The keys given that mean nothing without HTTPS.
pub(super) fn unused(config: &ConnectorConfig) -> impl Iterator<Item = ConfigError> {
    [CA, CERTIFICATE, KEY]
        .into_iter()
        .filter(|key| config.get(key).is_some_and(|path| !path.trim().is_empty()))
        .map(|key| {
            ConfigError::new(key, "is for servers that are named by https:// in doris.urls, and none is")
        })
}
