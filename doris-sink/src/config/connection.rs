//! Who Doris is, and how it is spoken to.

use super::{Reader, tls};
use crate::http::{Endpoint, Scheme, Tls};
use connector_api::{ConfigDef, ConfigKey, ConfigType, Importance};

const ANY_PORT: ConfigType = ConfigType::Int { min: 1, max: 65535 };

/// Where backends listen (Doris: `webserver_port`), with HTTPS or without.
const BACKEND_PORT: u16 = 8040;
/// Where frontends speak HTTPS (Doris: `https_port`).
const HTTPS_PORT: u16 = 8050;

/// The keys that name servers.
pub(super) fn servers(definition: ConfigDef) -> ConfigDef {
    definition
        .key(ConfigKey::required("doris.urls").of(ConfigType::List).doc(
            "frontends: host or host:port, separated by commas, each behind https:// if they speak HTTPS; an IPv6 address \
             stands in brackets",
        ))
        .key(
            ConfigKey::optional("doris.http.port", "8030")
                .doc("HTTP port of frontends given without one; 8050 if they speak HTTPS and this is not given")
                .of(ANY_PORT),
        )
        .key(
            minor("doris.enable.https", "false", "true means https:// before all servers that are given without a scheme")
                .of(ConfigType::Boolean),
        )
        .key(
            ConfigKey::optional("doris.query.port", "9030").doc("MySQL port of the frontends").of(ANY_PORT),
        )
}

/// The keys that say who may be trusted.
pub(super) fn trust(definition: ConfigDef) -> ConfigDef {
    definition
        .key(
            minor(
                "doris.redirect.hosts",
                "",
                "hosts that a frontend's redirect may lead to, as the credentials go there: host, host:port or *.suffix, \
                 separated by commas; any host when empty",
            )
            .of(ConfigType::List),
        )
        .key(
            minor(
                "doris.redirect.plain",
                "false",
                "true lets a frontend that speaks HTTPS lead to a backend that does not, where the credentials are sent in the open",
            )
            .of(ConfigType::Boolean),
        )
        .key(minor(
            "doris.tls.ca",
            "",
            "PEM file with the authorities that servers named by https:// are trusted for; those of the system when empty",
        ))
        .key(minor(
            "doris.tls.certificate",
            "",
            "PEM file with the certificate to show to servers, then those of its issuers",
        ))
        .key(minor("doris.tls.key", "", "PEM file with the private key of doris.tls.certificate, not encrypted"))
        .key(
            minor("doris.tls.verify", "true", "false trusts any server, which is for trying out only")
                .of(ConfigType::Boolean),
        )
        .key(
            minor(
                "doris.benodes",
                "",
                "backends (host:port, separated by commas) that loads go to straight away, for when frontends name \
                 addresses that cannot be reached from here",
            )
            .of(ConfigType::List),
        )
}

const fn minor(name: &'static str, default: &'static str, doc: &'static str) -> ConfigKey {
    ConfigKey::optional(name, default).doc(doc).importance(Importance::Low)
}

impl Reader<'_> {
    pub(super) fn frontends(&mut self) -> Vec<Endpoint> {
        let frontends = self.endpoints("doris.urls", |reader, scheme| match scheme {
            Scheme::Https if reader.config.get("doris.http.port").is_none() => HTTPS_PORT,
            _ => u16::try_from(reader.int("doris.http.port")).unwrap_or_default(),
        });
        let given = self.config.get("doris.urls").is_some_and(|urls| !urls.trim().is_empty());
        if given && frontends.is_empty() && !self.errors.iter().any(|e| e.key == "doris.urls") {
            self.wrong(
                "doris.urls",
                "names no frontend; give hosts separated by commas, such as fe1,fe2:8030",
            );
        }
        frontends
    }

    pub(super) fn backends(&mut self) -> Vec<Endpoint> {
        let backends = self.endpoints("doris.benodes", |_, _| BACKEND_PORT);
        let redirect = self.definition.boolean(self.config, "auto.redirect").unwrap_or(true);
        if !redirect && backends.is_empty() {
            self.wrong(
                "auto.redirect",
                "false means that loads go straight to backends: name them in doris.benodes, such as be1:8040,be2:8040",
            );
        }
        backends
    }

    /// How HTTPS is spoken with `servers`, which speak it all or not at all.
    pub(super) fn tls<'e>(&mut self, servers: impl Iterator<Item = &'e Endpoint>) -> Option<Tls> {
        let (https, plain): (Vec<_>, Vec<_>) = servers.partition(|server| server.scheme() == Scheme::Https);
        match (https.is_empty(), plain.first()) {
            (true, _) => {
                self.errors.extend(tls::unused(self.config));
                None
            }
            (false, Some(plain)) => {
                self.wrong(
                    "doris.urls",
                    format!("{plain} is without https:// and others are with it; use it for all servers"),
                );
                None
            }
            (false, None) => match tls::read(self.config) {
                Ok(tls) => Some(tls),
                Err(errors) => {
                    self.errors.extend(errors.0);
                    None
                }
            },
        }
    }

    fn endpoints(&mut self, key: &str, port: impl Fn(&Self, Scheme) -> u16) -> Vec<Endpoint> {
        let https = self.definition.boolean(self.config, "doris.enable.https").unwrap_or_default();
        let unsaid = if https { Scheme::Https } else { Scheme::Http };
        let mut found: Vec<Endpoint> = Vec::new();
        let text = self.text(key);
        for (number, entry) in text.split(',').map(str::trim).filter(|e| !e.is_empty()).enumerate() {
            let (scheme, host) = Scheme::split(entry).unwrap_or((unsaid, entry));
            match Endpoint::parse(host.trim_end_matches('/'), port(self, scheme)) {
                Ok(endpoint) if found.iter().any(|known| known.is_at(&endpoint)) => {
                    self.wrong(key, format!("{endpoint} is given twice"));
                }
                Ok(endpoint) => found.push(endpoint.over(scheme)),
                // The entry itself may hold a password, as in user:password@host.
                Err(problem) => self.wrong(key, format!("entry {}: {problem}", number + 1)),
            }
        }
        found
    }
}
