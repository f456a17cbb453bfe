//! The stand-in's own certificate authority.
//!
//! Under `tls/` of the data directory stand `ca.pem`, which clients trust, `ca.key`, and `client.pem` with `client.key`, a
//! certificate that a client can show. The authority stays; what it issues is new at each start.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use super::TlsError;

/// A certificate and its key, in PEM.
pub(super) struct Issued {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// The authority of one data directory.
pub(super) struct Authority {
    directory: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Opens the authority under `data`, or founds it. Blocks.
    pub(super) fn open(data: &Path) -> Result<Self, TlsError> {
        let directory = data.join("tls");
        fs::create_dir_all(&directory).map_err(|error| TlsError::file(&directory, error))?;
        let (root, key) = (directory.join("ca.pem"), directory.join("ca.key"));
        let found = if root.exists() && key.exists() {
            let pem = fs::read_to_string(&key).map_err(|error| TlsError::file(&key, error))?;
            KeyPair::from_pem(&pem).map_err(|error| TlsError::file(&key, error))?
        } else {
            found(&root, &key)?
        };
        Ok(Self { directory, issuer: Issuer::new(root_parameters(), found) })
    }

    /// The file with the root certificate.
    pub(super) fn root(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// A certificate for a server of these names.
    pub(super) fn issue_to_server(&self, names: &[String]) -> Result<Issued, TlsError> {
        let mut parameters = CertificateParams::new(names).map_err(issue)?;
        parameters.distinguished_name.push(DnType::CommonName, "doris-standin");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(parameters)
    }

    /// Leaves a certificate for a client as `client.pem` and `client.key`.
    pub(super) fn issue_to_client(&self) -> Result<(), TlsError> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, "doris-standin client");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let issued = self.issue(parameters)?;
        write(&self.directory.join("client.pem"), &issued.certificate)?;
        write(&self.directory.join("client.key"), &issued.key)
    }

    fn issue(&self, mut parameters: CertificateParams) -> Result<Issued, TlsError> {
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(issue)?;
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(issue)?;
        Ok(Issued { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

fn found(root: &Path, key: &Path) -> Result<KeyPair, TlsError> {
    let pair = KeyPair::generate().map_err(issue)?;
    let certificate = root_parameters().self_signed(&pair).map_err(issue)?;
    write(key, &pair.serialize_pem())?;
    write(root, &certificate.pem())?;
    Ok(pair)
}

/// The same at each start, so that what is issued later still leads to the root that was left first.
fn root_parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "doris-standin authority");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn write(file: &Path, text: &str) -> Result<(), TlsError> {
    fs::write(file, text).map_err(|error| TlsError::file(file, error))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn issue(error: rcgen::Error) -> TlsError {
    TlsError::Issue(error.to_string())
}
