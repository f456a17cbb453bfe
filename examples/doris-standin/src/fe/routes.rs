//! Which path is whose.
//!
//! A path is matched first, its method second: a known path with another method is refused as such, an unknown path has the
//! container's own page. One slash more at the end means the same path; an empty part anywhere else means none.

use std::sync::Arc;

use super::answers::Answer;
use super::sessions::Sessions;
use super::{Call, labels, load, meta, nodes, query, tables};
use crate::cluster::Cluster;
use crate::version::Version;

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Bootstrap,
    Health,
    Backends,
    HttpStream,
    TwoPhase,
    StreamLoad { database: &'a str, table: &'a str },
    MiniLoad,
    LoadState { database: &'a str },
    Cancel { database: &'a str },
    Schema { database: &'a str, table: &'a str },
    Count { database: &'a str, table: &'a str },
    LightSchemaChange { database: &'a str, table: &'a str },
    Query { database: &'a str },
    MetaInfo,
    Databases { namespace: &'a str },
    Tables { namespace: &'a str, database: &'a str },
    NodeBackends,
    NodeFrontends,
    NodeAddresses,
    Login,
}

impl<'a> Route<'a> {
    /// The route of a path given in its decoded parts.
    pub(super) fn find(parts: &[&'a str], version: Version) -> Option<Self> {
        let parts = match parts {
            [rest @ .., ""] if !rest.is_empty() => rest,
            whole => whole,
        };
        if parts.contains(&"") {
            return None;
        }
        let route = match *parts {
            ["api", "bootstrap"] => Self::Bootstrap,
            ["api", "health"] => Self::Health,
            ["api", "backends"] => Self::Backends,
            ["api", "_http_stream"] => Self::HttpStream,
            ["api", "show_meta_info"] => Self::MetaInfo,
            ["api", _, "_stream_load_2pc"] | ["api", _, _, "_stream_load_2pc"] => Self::TwoPhase,
            ["api", database, table, "_stream_load"] => Self::StreamLoad { database, table },
            ["api", _, _, "_load"] => Self::MiniLoad,
            ["api", database, "get_load_state"] => Self::LoadState { database },
            ["api", database, "_cancel"] => Self::Cancel { database },
            ["api", database, table, "_schema"] => Self::Schema { database, table },
            ["api", database, table, "_count"] => Self::Count { database, table },
            ["api", "enable_light_schema_change", database, table] => {
                Self::LightSchemaChange { database, table }
            }
            ["api", "query", _, database] => Self::Query { database },
            ["api", "meta", "namespaces", namespace, "databases"] => Self::Databases { namespace },
            ["api", "meta", "namespaces", namespace, "databases", database, "tables"] => {
                Self::Tables { namespace, database }
            }
            ["rest", "v2", "manager", "node", "backends"] => Self::NodeBackends,
            ["rest", "v2", "manager", "node", "frontends"] => Self::NodeFrontends,
            ["rest", "v2", "manager", "node", "node_list"] => Self::NodeAddresses,
            ["rest", "v1", "login"] => Self::Login,
            _ => return None,
        };
        let since = match route {
            Self::HttpStream => Version::V2_1,
            Self::LightSchemaChange { .. } => Version::V2_0,
            _ => Version::V1_2,
        };
        (version >= since).then_some(route)
    }

    /// Whether the body means something; other bodies are not asked for.
    pub(super) fn reads_body(self) -> bool {
        matches!(self, Self::Query { .. } | Self::LightSchemaChange { .. })
    }

    /// The answer. Blocks.
    pub(super) fn answer(self, cluster: &Arc<Cluster>, sessions: &Sessions, call: &Call) -> Answer {
        let method = call.request.method.as_str();
        // What can be read can be asked for without its body.
        if method != self.method() && !(method == "HEAD" && self.method() == "GET") {
            return Answer::method_not_supported(method);
        }
        let answered = match self {
            Self::Bootstrap => nodes::bootstrap(cluster, call),
            Self::Health => Ok(nodes::health(cluster)),
            Self::Backends => nodes::backends(cluster, call),
            Self::NodeBackends => nodes::list(cluster, call, crate::nodes::backends),
            Self::NodeFrontends => nodes::list(cluster, call, crate::nodes::frontends),
            Self::NodeAddresses => nodes::addresses(cluster, call),
            Self::HttpStream => load::by_sql(cluster, call),
            Self::TwoPhase => load::two_phase(cluster, call),
            Self::StreamLoad { database, table } => load::stream(cluster, call, database, table),
            Self::MiniLoad => load::mini(cluster, call),
            Self::LoadState { database } => labels::state(cluster, call, database),
            Self::Cancel { database } => labels::cancel(cluster, call, database),
            Self::Schema { database, table } => tables::schema(cluster, call, database, table),
            Self::Count { database, table } => tables::count(cluster, call, database, table),
            Self::LightSchemaChange { database, table } => {
                tables::light_schema_change(cluster, call, database, table)
            }
            Self::Query { database } => query::run(cluster, sessions, call, database),
            Self::MetaInfo => meta::info(cluster, call),
            Self::Databases { namespace } => meta::databases(cluster, sessions, call, namespace),
            Self::Tables { namespace, database } => {
                meta::tables(cluster, sessions, call, namespace, database)
            }
            Self::Login => meta::login(cluster, sessions, call),
        };
        answered.unwrap_or_else(|refusal| refusal)
    }

    fn method(self) -> &'static str {
        match self {
            Self::HttpStream | Self::TwoPhase | Self::StreamLoad { .. } | Self::MiniLoad => "PUT",
            Self::Cancel { .. } | Self::Query { .. } | Self::Login => "POST",
            _ => "GET",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, version: Version, expected: Option<Route<'_>>) {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        assert_eq!(Route::find(&parts, version), expected, "{path} in {version}");
    }

    #[test]
    fn one_slash_at_the_end_means_nothing_and_an_empty_part_no_path() {
        let load = Route::StreamLoad { database: "d", table: "t" };
        check("/api/d/t/_stream_load", Version::V3_0, Some(load));
        check("/api/d/t/_stream_load/", Version::V3_0, Some(load));
        check("/api/d/t/_stream_load//", Version::V3_0, None);
        check("/api//t/_stream_load", Version::V3_0, None);
        check("/", Version::V3_0, None);
        check("/api/health/", Version::V3_0, Some(Route::Health));
    }

    #[test]
    fn older_versions_lack_newer_paths() {
        check("/api/_http_stream", Version::V2_0, None);
        check("/api/_http_stream", Version::V2_1, Some(Route::HttpStream));
        check("/api/enable_light_schema_change/d/t", Version::V1_2, None);
    }
}
