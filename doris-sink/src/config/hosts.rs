//! Which hosts may see the credentials.

use crate::http::Endpoint;
use connector_api::{ConfigError, ConfigErrors};

/// The hosts that a redirect, or the address of an error log, may point to; without a list any host may.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedHosts(Vec<Pattern>);

#[derive(Debug, Clone)]
enum Pattern {
    Host(String),
    Endpoint(Endpoint),
    /// `*.example.org`, kept with its dot.
    Suffix(String),
}

impl AllowedHosts {
    /// Reads a comma list of `host`, `host:port` and `*.suffix`.
    pub(crate) fn read(list: Option<&str>) -> Result<Self, ConfigErrors> {
        let mut patterns = Vec::new();
        let mut errors = Vec::new();
        for entry in list.unwrap_or_default().split(',').map(str::trim).filter(|e| !e.is_empty()) {
            match pattern(entry) {
                Ok(pattern) => patterns.push(pattern),
                Err(problem) => {
                    // Before an @ stands a password.
                    let shown = entry.rsplit_once('@').map_or(entry, |_| "…@…");
                    errors.push(ConfigError::new("doris.redirect.hosts", format!("{shown:?}: {problem}")));
                }
            }
        }
        ConfigErrors(errors).into_result().map(|()| Self(patterns))
    }

    /// Whether `endpoint` may be sent credentials.
    pub(crate) fn allow(&self, endpoint: &Endpoint) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|pattern| match pattern {
                Pattern::Host(host) => host == endpoint.host(),
                Pattern::Endpoint(allowed) => allowed.is_at(endpoint),
                Pattern::Suffix(suffix) => endpoint.host().ends_with(suffix.as_str()),
            })
    }
}

fn pattern(entry: &str) -> Result<Pattern, String> {
    if let Some(suffix) = entry.strip_prefix('*') {
        return match suffix.strip_prefix('.') {
            Some(domain) if !domain.is_empty() && !domain.contains('*') => {
                Ok(Pattern::Suffix(suffix.to_ascii_lowercase()))
            }
            _ => Err("a star stands only at the front, before a dot: *.example.org".to_owned()),
        };
    }
    // Two default ports tell whether the entry names one.
    match (Endpoint::parse(entry, 1), Endpoint::parse(entry, 2)) {
        (Ok(one), Ok(two)) if one != two => Ok(Pattern::Host(one.host().to_owned())),
        (Ok(endpoint), _) => Ok(Pattern::Endpoint(endpoint)),
        (Err(problem), _) => Err(problem.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, endpoint: &str, expected: bool) {
        let hosts = AllowedHosts::read(Some(list)).unwrap();
        assert_eq!(
            hosts.allow(&Endpoint::parse(endpoint, 8040).unwrap()),
            expected,
            "{endpoint} in {list:?}"
        );
    }

    #[test]
    fn without_a_list_every_host_is_allowed() {
        check("", "10.0.0.1", true);
    }

    #[test]
    fn a_list_allows_hosts_endpoints_and_suffixes() {
        check("be1, be2:9040,*.doris.svc", "BE1:1", true);
        check("be1,be2:9040,*.doris.svc", "be2:9040", true);
        check("be1,be2:9040,*.doris.svc", "be2:8040", false);
        check("be1,be2:9040,*.doris.svc", "be-0.doris.svc", true);
        check("be1,be2:9040,*.doris.svc", "evildoris.svc", false);
        check("[::1]", "[::1]:8040", true);
        check("[2001:db8:0::1],[::1]:1", "[2001:DB8::1]:8040", true);
        check("[2001:db8:0::1],[::1]:1", "[::1]:8040", false);
    }

    #[test]
    fn what_names_no_host_is_refused() {
        let refused = AllowedHosts::read(Some("be*,http://x")).unwrap_err().to_string();
        assert!(refused.contains("\"be*\"") && refused.contains("\"http://x\""), "{refused}");
    }
}
