//! Certificates, and what servers and clients need of them.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use std::{fs, path::PathBuf, sync::Arc};
use tempfile::TempDir;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};

/// An authority with a directory of its own.
pub(crate) struct Authority {
    directory: TempDir,
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

impl Authority {
    /// All authorities have the same name: what tells them apart is their keys.
    pub(crate) fn new() -> Self {
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "an authority");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = root.self_signed(&key).unwrap();
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { directory, issuer: Issuer::new(root, key), root: certificate.der().clone() }
    }

    /// The file with its certificate.
    pub(crate) fn root(&self) -> String {
        self.path("ca.pem").display().to_string()
    }

    /// A certificate for a host, and its key, as files.
    pub(crate) fn issue(&self, host: &str) -> (String, String) {
        let (certificate, key) = self.sign(CertificateParams::new([host.to_owned()]).unwrap());
        let (at, key_at) = (self.path("own.pem"), self.path("own.key"));
        fs::write(&at, certificate).unwrap();
        fs::write(&key_at, key).unwrap();
        (at.display().to_string(), key_at.display().to_string())
    }

    /// A server that shows a certificate for this host.
    pub(crate) fn server(&self, host: &str) -> TlsAcceptor {
        self.acceptor(CertificateParams::new([host.to_owned()]).unwrap(), false)
    }

    /// A server whose certificate is of long ago.
    pub(crate) fn expired(&self, host: &str) -> TlsAcceptor {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        self.acceptor(params, false)
    }

    /// A server that lets in those only who show a certificate of this authority.
    pub(crate) fn guarded(&self, host: &str) -> TlsAcceptor {
        self.acceptor(CertificateParams::new([host.to_owned()]).unwrap(), true)
    }

    fn acceptor(&self, params: CertificateParams, guarded: bool) -> TlsAcceptor {
        let (certificate, key) = self.sign(params);
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if guarded {
            let mut roots = RootCertStore::empty();
            roots.add(self.root.clone()).unwrap();
            builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap(),
            )
        } else {
            builder.with_no_client_auth()
        };
        TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()))
    }

    fn sign(&self, params: CertificateParams) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}
