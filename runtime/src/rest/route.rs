//! Which request means what: the one table of methods and paths.
//!
//! Paths are matched before percent-decoding, so that `%2F` may stand in a connector's name; one slash at the end does
//! not matter, two slashes in a row match nothing.

use super::kafka;
use hyper::Method;
use percent_encoding::percent_decode_str;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    ClusterInfo,
    Metrics,
    Connectors,
    AllocatedConnectors,
    AllocatedTasks,
    Config {
        connector: String,
    },
    Status {
        connector: String,
    },
    Tasks {
        connector: String,
    },
    TaskStatus {
        connector: String,
        task: String,
    },
    /// Create or replace, with the configuration in the query parameter `config`.
    PutByQuery {
        connector: String,
    },
    /// Create or replace, with the configuration in the body.
    PutByBody {
        connector: String,
    },
    /// RocketMQ Connect's word for delete.
    Stop {
        connector: String,
    },
    Pause {
        connector: String,
    },
    Resume {
        connector: String,
    },
    StopAll,
    PauseAll,
    ResumeAll,
    PluginReload,
    Plugins,
    ConnectorPlugins,
    PluginConfig,
    PluginConfigValidate,
    /// Routes of older workers, which the Java command line still calls.
    OldConfigInfo,
    OldAllocatedInfo,
    OldAllocatedConnectors,
    OldAllocatedTasks,
    /// In Kafka Connect's vocabulary.
    Kafka(kafka::Route),
}

/// Words that stand where a connector's name stands, so that no connector can be called that.
pub(super) const RESERVED_NAMES: [&str; 7] =
    ["list", "stop", "pause", "resume", "stopAll", "pauseAll", "resumeAll"];

impl Route {
    /// What `method` on `path`, still percent-encoded, asks for.
    pub(super) fn of(method: &Method, path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        if path.is_empty() {
            return kafka::Route::of(method, &[]).map(Self::Kafka);
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<&str> = path.split('/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        let of_rocketmq = match *method {
            Method::GET => Self::of_get(&segments),
            Method::POST => Self::of_post(&segments),
            _ => None,
        };
        of_rocketmq.or_else(|| kafka::Route::of(method, &segments).map(Self::Kafka))
    }

    fn of_get(segments: &[&str]) -> Option<Self> {
        Some(match segments {
            ["getClusterInfo"] => Self::ClusterInfo,
            ["metrics"] => Self::Metrics,
            ["getConfigInfo"] => Self::OldConfigInfo,
            ["getAllocatedInfo"] => Self::OldAllocatedInfo,
            ["getAllocatedConnectors"] => Self::OldAllocatedConnectors,
            ["getAllocatedTasks"] => Self::OldAllocatedTasks,
            ["allocated", "connectors"] => Self::AllocatedConnectors,
            ["allocated", "tasks"] => Self::AllocatedTasks,
            ["connectors", rest @ ..] => return Self::of_get_connectors(rest),
            ["plugin", "reload"] => Self::PluginReload,
            ["plugin", "list"] => Self::Plugins,
            ["plugin", "list", "connectors"] => Self::ConnectorPlugins,
            ["plugin", "config"] => Self::PluginConfig,
            ["plugin", "config", "validate"] => Self::PluginConfigValidate,
            _ => return None,
        })
    }

    fn of_get_connectors(segments: &[&str]) -> Option<Self> {
        Some(match *segments {
            ["list"] => Self::Connectors,
            ["stop", "all"] | ["stopAll"] => Self::StopAll,
            ["pause", "all"] | ["pauseAll"] => Self::PauseAll,
            ["resume", "all"] | ["resumeAll"] => Self::ResumeAll,
            [name] => Self::PutByQuery { connector: decode(name) },
            [name, "config"] => Self::Config { connector: decode(name) },
            [name, "status"] => Self::Status { connector: decode(name) },
            [name, "tasks"] => Self::Tasks { connector: decode(name) },
            [name, "tasks", task, "status"] => {
                Self::TaskStatus { connector: decode(name), task: decode(task) }
            }
            [name, "stop"] => Self::Stop { connector: decode(name) },
            [name, "pause"] => Self::Pause { connector: decode(name) },
            [name, "resume"] => Self::Resume { connector: decode(name) },
            _ => return None,
        })
    }

    fn of_post(segments: &[&str]) -> Option<Self> {
        match *segments {
            ["connectors", name] => Some(Self::PutByBody { connector: decode(name) }),
            _ => None,
        }
    }
}

pub(super) fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(request: &str, expected: Option<Route>) {
        let (method, path) = request.split_once(' ').unwrap();
        assert_eq!(Route::of(&method.parse().unwrap(), path), expected, "{request}");
    }

    fn named(name: &str) -> String {
        name.to_owned()
    }

    #[test]
    fn words_come_before_names() {
        check("GET /connectors/list", Some(Route::Connectors));
        check("GET /connectors/stop/all", Some(Route::StopAll));
        check("GET /connectors/stopAll", Some(Route::StopAll));
        check("GET /connectors/stop/stop", Some(Route::Stop { connector: named("stop") }));
        check("GET /connectors/list/status", Some(Route::Status { connector: named("list") }));
        check("GET /connectors/all", Some(Route::PutByQuery { connector: named("all") }));
        check("POST /connectors/list", Some(Route::PutByBody { connector: named("list") }));
    }

    #[test]
    fn slashes() {
        check("GET /connectors/list/", Some(Route::Connectors));
        check("GET /connectors/list//", None);
        check("GET /connectors//list", None);
        check("GET //connectors/list", None);
        check("GET /connectors/", Some(Route::Kafka(kafka::Route::Connectors)));
        check("GET /connectors", Some(Route::Kafka(kafka::Route::Connectors)));
        check("GET /", Some(Route::Kafka(kafka::Route::Root)));
        check("GET /Connectors/list", None);
    }

    #[test]
    fn names_are_decoded_after_the_path_is_split() {
        check("GET /connectors/a%20b%2Fc%C3%A9+d/stop", Some(Route::Stop { connector: named("a b/cé+d") }));
        check("GET /connectors/%6Cist", Some(Route::PutByQuery { connector: named("list") }));
        check("GET /connectors/a%zz/pause", Some(Route::Pause { connector: named("a%zz") }));
    }

    #[test]
    fn other_methods_and_paths_match_nothing() {
        for request in [
            "PUT /connectors/a",
            "PUT /connectors/a/delete",
            "PATCH /connectors/a",
            "DELETE /connectors",
            "POST /connectors/a/stop",
            "POST /getClusterInfo",
            "OPTIONS /connectors/a",
            "GET /connectors/a/delete",
            "GET /connectors/a/tasks/0",
            "GET /connectors/a/tasks/0/config",
            "GET /stopAll",
        ] {
            check(request, None);
        }
    }
}
