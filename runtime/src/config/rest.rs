//! The keys of the REST server, `rest.…`: its limits and what it lets whom do.

use super::{ByteSize, reader::Reader};
use crate::rest::{Open, Plain};
use std::{path::PathBuf, time::Duration};

/// How the REST interface is served; where it listens is [`RestAddress`](super::RestAddress).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestServer {
    /// What clients may take of it.
    pub limits: RestLimits,
    /// Whether GET may change something, as in RocketMQ Connect (`rest.legacy.mutations`).
    pub legacy_mutations: bool,
    /// Who may use it.
    pub auth: RestAuth,
}

/// Who may use the REST interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestAuth {
    /// The file of accounts (`rest.auth.file`); anybody may use it when there is none.
    pub file: Option<PathBuf>,
    /// Whether secrets may stand in it as they are (`rest.auth.plain.secrets`).
    pub plain: Plain,
    /// What anybody may see all the same (`rest.auth.open`).
    pub open: Vec<Open>,
}

/// What clients may take of the REST interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestLimits {
    /// Bytes of a body (`rest.body.max.bytes`).
    pub body: ByteSize,
    /// Connections at a time (`rest.connections.max`).
    pub connections: usize,
    /// Requests at a time (`rest.requests.max`).
    pub requests: usize,
    /// How long a head or a body may take to arrive, and an answer to be taken (`rest.read.timeout.ms`).
    pub read_timeout: Duration,
    /// How long one request may take (`rest.request.timeout.ms`).
    pub request_timeout: Duration,
}

pub(super) fn read_server(reader: &mut Reader<'_>) -> RestServer {
    RestServer {
        limits: read_limits(reader),
        legacy_mutations: reader.boolean("rest.legacy.mutations"),
        auth: read_auth(reader),
    }
}

fn read_auth(reader: &mut Reader<'_>) -> RestAuth {
    let plain = if reader.boolean("rest.auth.plain.secrets") { Plain::Allowed } else { Plain::Refused };
    let key = "rest.auth.open";
    let names = reader.given(key).unwrap_or_default().to_owned();
    let mut open = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match name {
            "health" => open.push(Open::Health),
            "metrics" => open.push(Open::Metrics),
            _ => reader.wrong(
                key,
                format!("{name:?} cannot be open: give health, metrics or both, separated by commas"),
            ),
        }
    }
    RestAuth { file: reader.given("rest.auth.file").map(PathBuf::from), plain, open }
}

fn read_limits(reader: &mut Reader<'_>) -> RestLimits {
    RestLimits {
        body: reader.size("rest.body.max.bytes", ByteSize::bytes(1_000)),
        connections: read_count(reader, "rest.connections.max"),
        requests: read_count(reader, "rest.requests.max"),
        read_timeout: reader.millis("rest.read.timeout.ms", 100),
        request_timeout: reader.millis("rest.request.timeout.ms", 100),
    }
}

fn read_count(reader: &mut Reader<'_>, key: &'static str) -> usize {
    usize::try_from(reader.number(key, 1..=65_536)).unwrap_or(usize::MAX)
}
