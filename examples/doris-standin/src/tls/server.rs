//! The server's half of TLS: which certificate it shows, and which it asks for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::authority::Authority;
use super::{Clients, Identity, Tls, TlsError};

/// What accepts TLS connections, with the own authority's files left in `data`. Blocks.
pub(crate) fn acceptor(tls: &Tls, data: &Path) -> Result<TlsAcceptor, TlsError> {
    let authority = Authority::open(data)?;
    authority.issue_to_client()?;
    let (chain, key) = identity(&tls.identity, &authority)?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let builder = match &tls.clients {
        Clients::Anyone => builder.with_no_client_auth(),
        Clients::OfOwnAuthority => builder.with_client_cert_verifier(issued_by(&authority.root())?),
        Clients::OfAuthorities(file) => builder.with_client_cert_verifier(issued_by(file)?),
    };
    let config = builder.with_single_cert(chain, key).map_err(unusable)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

type KeyedChain = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn identity(identity: &Identity, authority: &Authority) -> Result<KeyedChain, TlsError> {
    match identity {
        Identity::Issued { names } => {
            let issued = authority.issue_to_server(names)?;
            let certificate =
                CertificateDer::from_pem_slice(issued.certificate.as_bytes()).map_err(unusable)?;
            let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).map_err(unusable)?;
            Ok((vec![certificate], key))
        }
        Identity::Files { certificate, key } => {
            let private = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::file(key, error))?;
            Ok((certificates(certificate)?, private))
        }
    }
}

fn issued_by(file: &PathBuf) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|error| TlsError::file(file, error))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()))
        .build()
        .map_err(|error| TlsError::file(file, error))
}

/// The certificates in a PEM file, at least one.
fn certificates(file: &PathBuf) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    match found {
        Ok(found) if found.is_empty() => Err(TlsError::file(file, "no certificate in PEM form in it")),
        Ok(found) => Ok(found),
        Err(error) => Err(TlsError::file(file, error)),
    }
}

fn unusable(error: impl std::fmt::Display) -> TlsError {
    TlsError::Certificate(error.to_string())
}
