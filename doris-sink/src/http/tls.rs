//! HTTPS: whom to trust, and who we are.

mod anyone;
mod files;
mod problem;

pub(crate) use files::{CA, CERTIFICATE, FileProblem, KEY, TlsFiles};
pub(super) use problem::{explained, of_handshake};

use super::Endpoint;
use anyone::Anyone;
use std::{fmt, io, sync::Arc};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, Error, crypto::ring, pki_types::ServerName},
};

/// How HTTPS is spoken.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
    verifies: bool,
}

impl fmt::Debug for Tls {
    /// Shows nothing of keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("verifies", &self.verifies).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files. Blocks.
    ///
    /// # Errors
    /// Which setting names a file that cannot be used, and why.
    pub(crate) fn read(files: &TlsFiles<'_>) -> Result<Self, FileProblem> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| FileProblem::new(CA, error.to_string()))?;
        let builder = match files.verify {
            true => builder.with_root_certificates(files.roots()?),
            false => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider))),
        };
        let config = match files.identity()? {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(unfit_key)?,
        };
        Ok(Self { config: Arc::new(config), verifies: files.verify })
    }

    /// Whether servers are checked before they are trusted.
    pub(crate) fn verifies(&self) -> bool {
        self.verifies
    }

    /// Speaks TLS on a connection to `endpoint`.
    pub(super) async fn connect(
        &self,
        endpoint: &Endpoint,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(endpoint.host().to_owned()).map_err(|_| {
            io::Error::other(format!("{} is no name that a certificate can have", endpoint.host()))
        })?;
        TlsConnector::from(Arc::clone(&self.config)).connect(name, stream).await
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unfit_key(error: Error) -> FileProblem {
    let problem = match error {
        Error::InconsistentKeys(_) => format!("is not the key of the certificate in {CERTIFICATE}"),
        _ => "holds no private key of a known kind".to_owned(),
    };
    FileProblem::new(KEY, problem)
}
