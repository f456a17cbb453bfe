//! Certificates and keys in files.
//!
//! What is wrong with a file is told with its path and never with its contents, which parsers like to quote.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};
use tokio_rustls::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
};

/// The setting that names the authorities to trust.
pub(crate) const CA: &str = "doris.tls.ca";
/// The setting that names the certificate to show.
pub(crate) const CERTIFICATE: &str = "doris.tls.certificate";
/// The setting that names the key of that certificate.
pub(crate) const KEY: &str = "doris.tls.key";

/// The longest file that is read, in bytes. All the authorities of a system take some 200 KiB.
const LONGEST: u64 = 4 * 1024 * 1024;

/// What an operator says about HTTPS; paths are of PEM files.
#[derive(Debug, Default)]
pub(crate) struct TlsFiles<'a> {
    /// Authorities to trust; those of the system when there are none.
    pub(crate) authorities: Option<&'a Path>,
    /// The certificate to show, then those of its issuers, and its private key.
    pub(crate) identity: Option<(&'a Path, &'a Path)>,
    /// Whether the server's certificate is looked at.
    pub(crate) verify: bool,
}

/// A file cannot be used: which setting names it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileProblem {
    pub(crate) key: &'static str,
    pub(crate) problem: String,
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl FileProblem {
    pub(super) fn new(key: &'static str, problem: String) -> Self {
        Self { key, problem }
    }
}

impl TlsFiles<'_> {
    /// The authorities to trust.
    pub(super) fn roots(&self) -> Result<RootCertStore, FileProblem> {
        let mut roots = RootCertStore::empty();
        let Some(path) = self.authorities else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            return match roots.is_empty() {
                true => Err(FileProblem::new(
                    CA,
                    "this system has no authorities to trust; name a PEM file with the one of Doris"
                        .to_owned(),
                )),
                false => Ok(roots),
            };
        };
        for (number, authority) in certificates(CA, path)?.into_iter().enumerate() {
            roots.add(authority).map_err(|_| {
                FileProblem::new(CA, format!("{}: certificate {} in it is none", path.display(), number + 1))
            })?;
        }
        Ok(roots)
    }

    /// The certificate to show, with its issuers, and its key.
    pub(super) fn identity(&self) -> Result<Option<Identity>, FileProblem> {
        let Some((certificate, key)) = self.identity else { return Ok(None) };
        let chain = certificates(CERTIFICATE, certificate)?;
        let key_of = PrivateKeyDer::from_pem_slice(&bytes(KEY, key)?);
        let key = key_of.map_err(|error| malformed(KEY, key, &error, "private key"))?;
        Ok(Some((chain, key)))
    }
}

fn certificates(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, FileProblem> {
    let bytes = bytes(key, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| malformed(key, path, &error, "certificate"))?;
    if found.is_empty() {
        return Err(malformed(key, path, &pem::Error::NoItemsFound, "certificate"));
    }
    Ok(found)
}

fn bytes(key: &'static str, path: &Path) -> Result<Vec<u8>, FileProblem> {
    let problem = |why: &str| FileProblem::new(key, format!("{}: {why}", path.display()));
    let unreadable = |error: io::Error| problem(&format!("cannot be read: {error}"));
    // A pipe or device would never come to an end.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err(problem("is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    match &bytes[..] {
        bytes if bytes.len() as u64 > LONGEST => Err(problem("is too long for PEM")),
        // Java keeps keys and certificates in stores of its own (JKS), or in PKCS #12.
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0x30, 0x80..=0x84, ..] => {
            Err(problem("is a key store or DER; convert it to PEM, with keytool or openssl"))
        }
        _ if contains(&bytes, b"ENCRYPTED") => {
            Err(problem("is encrypted; leave a key without a passphrase, readable for the worker alone"))
        }
        _ => Ok(bytes),
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

fn malformed(key: &'static str, path: &Path, error: &pem::Error, what: &str) -> FileProblem {
    let problem = match error {
        pem::Error::NoItemsFound => format!("holds no {what} (PEM)"),
        _ => "is damaged: no whole PEM".to_owned(),
    };
    FileProblem::new(key, format!("{}: {problem}", path.display()))
}

#[cfg(test)]
mod tests;
