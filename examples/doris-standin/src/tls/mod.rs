//! HTTPS on both HTTP ports, as Doris's `enable_https` switches it on.
//!
//! The front end gets a second port that speaks HTTPS and sends clients of the first one there; the back ends' ports speak
//! nothing else. Certificates come from files, or from an authority of the stand-in's own whose root is left under `tls/`
//! in the data directory for clients to trust.

mod authority;
mod server;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

pub(crate) use server::acceptor;

/// How HTTPS is served.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Where the front end's HTTPS port listens (Doris: `https_port`); port 0 takes a free one.
    pub fe_https: SocketAddr,
    /// The certificate that is shown to clients.
    pub identity: Identity,
    /// Which clients are let in.
    pub clients: Clients,
}

impl Default for Tls {
    /// A free port on loopback, a certificate of the own authority for loopback, any client.
    fn default() -> Self {
        Self {
            fe_https: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            identity: Identity::default(),
            clients: Clients::Anyone,
        }
    }
}

/// Where the server's certificate comes from.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Issued at each start by the own authority, which is kept in the data directory.
    Issued {
        /// Host names and IP addresses it is good for.
        names: Vec<String>,
    },
    /// Read at start.
    Files {
        /// PEM: the certificate, then those of its issuers.
        certificate: PathBuf,
        /// PEM: its private key.
        key: PathBuf,
    },
}

impl Default for Identity {
    fn default() -> Self {
        Self::Issued { names: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into() }
    }
}

/// Which clients are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clients {
    /// No certificate is asked for.
    Anyone,
    /// Only those that show a certificate issued by the own authority, such as `tls/client.pem`.
    OfOwnAuthority,
    /// Only those that show a certificate issued by one of the authorities in this PEM file.
    OfAuthorities(PathBuf),
}

/// Why HTTPS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file with a certificate or key cannot be used.
    #[error("cannot use {}: {reason}", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The own authority could not issue a certificate.
    #[error("cannot issue a certificate: {0}")]
    Issue(String),
    /// Certificate and key do not go together, or are of an unknown kind.
    #[error("cannot serve HTTPS with this certificate: {0}")]
    Certificate(String),
}

impl TlsError {
    fn file(file: impl Into<PathBuf>, reason: impl ToString) -> Self {
        Self::File { file: file.into(), reason: reason.to_string() }
    }
}
