//! Which request means what in Kafka Connect's vocabulary.

use super::super::route::decode;
use crate::host::TargetState;
use hyper::Method;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rest) enum Route {
    Root,
    Connectors,
    /// A connector and its tasks; with a query parameter `config` the same request is RocketMQ Connect's word for create.
    Info {
        connector: String,
    },
    Create,
    PutConfig {
        connector: String,
    },
    /// Merges what the body has into the configuration.
    PatchConfig {
        connector: String,
    },
    Delete {
        connector: String,
    },
    Target {
        connector: String,
        target: TargetState,
    },
    Restart {
        connector: String,
    },
    RestartTask {
        connector: String,
        task: String,
    },
}

impl Route {
    /// What `method` on the parts of a path, still percent-encoded, asks for.
    pub(in crate::rest) fn of(method: &Method, segments: &[&str]) -> Option<Self> {
        Some(match (method.as_str(), segments) {
            ("GET", []) => Self::Root,
            ("GET", ["connectors"]) => Self::Connectors,
            ("POST", ["connectors"]) => Self::Create,
            ("DELETE", ["connectors", name]) => Self::Delete { connector: decode(name) },
            ("PUT", ["connectors", name, "config"]) => Self::PutConfig { connector: decode(name) },
            ("PATCH", ["connectors", name, "config"]) => Self::PatchConfig { connector: decode(name) },
            ("PUT", ["connectors", name, word]) => {
                let target = match *word {
                    "pause" => TargetState::Paused,
                    "resume" => TargetState::Started,
                    "stop" => TargetState::Stopped,
                    _ => return None,
                };
                Self::Target { connector: decode(name), target }
            }
            ("POST", ["connectors", name, "restart"]) => Self::Restart { connector: decode(name) },
            ("POST", ["connectors", name, "tasks", task, "restart"]) => {
                Self::RestartTask { connector: decode(name), task: decode(task) }
            }
            _ => return None,
        })
    }
}
