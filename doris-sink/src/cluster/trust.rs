//! Which servers may be sent the credentials.

use super::BadRedirect;
use crate::{
    config::{AllowedHosts, Settings},
    http::{Endpoint, Scheme},
};

/// The servers that the operator named, and what they may name in turn.
#[derive(Debug)]
pub(super) struct Trust {
    /// Frontends and backends given.
    named: Vec<Endpoint>,
    allowed: AllowedHosts,
    /// What the servers given speak, all of them the same.
    scheme: Scheme,
    /// Whether a server that speaks HTTPS may lead to one that does not.
    allows_plain: bool,
}

impl Trust {
    pub(super) fn new(settings: &Settings) -> Self {
        let named: Vec<_> = settings.frontends.iter().chain(&settings.backends).cloned().collect();
        Self {
            scheme: named.first().map_or(Scheme::Http, Endpoint::scheme),
            named,
            allowed: settings.allowed_hosts.clone(),
            allows_plain: settings.allows_plain,
        }
    }

    /// Why `node`, which an answer names, is not asked; `None` when it may be.
    pub(super) fn refusal(&self, node: &Endpoint) -> Option<BadRedirect> {
        // A frontend that is not the master sends questions on to it; those given have the credentials anyway.
        if self.named.contains(node) {
            return None;
        }
        match (self.scheme, node.scheme()) {
            (Scheme::Http, Scheme::Https) => Some(BadRedirect::Https(node.clone())),
            (Scheme::Https, Scheme::Http) if !self.allows_plain => Some(BadRedirect::Plain(node.clone())),
            _ if self.allowed.allow(node) => None,
            _ => Some(BadRedirect::NotAllowed(node.clone())),
        }
    }
}
