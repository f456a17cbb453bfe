//! Files that cannot be used are told by key and path, and nothing of what they hold.

use super::*;
use crate::http::Tls;
use std::{fs, path::PathBuf};

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        let made = rcgen::generate_simple_self_signed(vec!["doris".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(vec!["doris".to_owned()]).unwrap();
        files.write("cert.pem", made.cert.pem());
        files.write("key.pem", made.signing_key.serialize_pem());
        files.write("other.pem", other.signing_key.serialize_pem());
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).unwrap();
    }

    fn read(&self, ca: &str, certificate: &str, key: &str) -> Result<Tls, FileProblem> {
        let (ca, certificate, key) = (self.path(ca), self.path(certificate), self.path(key));
        let identity = Some((certificate.as_path(), key.as_path()));
        Tls::read(&TlsFiles { authorities: Some(&ca), identity, verify: true })
    }
}

#[track_caller]
fn check(read: Result<Tls, FileProblem>, key: &str, parts: &[&str]) {
    let refused = read.unwrap_err();
    assert_eq!(refused.key, key, "{refused:?}");
    for part in parts {
        assert!(refused.problem.contains(part), "no {part:?} in {refused:?}");
    }
    assert!(!refused.problem.contains("SECRET") && !refused.problem.contains("83, 69"), "{refused:?}");
}

#[test]
fn certificates_and_their_key_are_read() {
    let files = Files::new();
    files.read("cert.pem", "cert.pem", "key.pem").unwrap();
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_key_and_path() {
    let files = Files::new();
    let dir = files.path("");
    fs::create_dir(files.path("dir")).unwrap();
    files.write("empty.pem", "");
    files.write("torn.pem", "-----BEGIN CERTIFICATE-----\nSECRET\n");
    files.write("odd.pem", "-----BEGIN SECRET\nabc\n");
    files.write("none.pem", "-----BEGIN CERTIFICATE-----\nU0VDUkVU\n-----END CERTIFICATE-----\n");
    files.write("locked.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nSECRET\n");
    files.write("store.jks", [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]);
    files.write("long.pem", vec![b'-'; 5 * 1024 * 1024]);
    let dir = dir.to_str().unwrap();
    let ca = |name: &str| files.read(name, "cert.pem", "key.pem");
    check(ca("absent.pem"), CA, &[dir, "absent.pem: cannot be read: "]);
    check(ca("dir"), CA, &[dir, "dir: is no file"]);
    check(ca("empty.pem"), CA, &["empty.pem: holds no certificate"]);
    check(ca("key.pem"), CA, &["key.pem: holds no certificate"]);
    check(ca("torn.pem"), CA, &["torn.pem: is damaged"]);
    check(ca("odd.pem"), CA, &["odd.pem: "]);
    check(ca("none.pem"), CA, &["none.pem: certificate 1 in it is none"]);
    check(ca("store.jks"), CA, &["store.jks: is a key store"]);
    check(ca("long.pem"), CA, &["long.pem: is too long"]);
    let mine = |certificate: &str, key: &str| files.read("cert.pem", certificate, key);
    check(mine("empty.pem", "key.pem"), CERTIFICATE, &["empty.pem: holds no certificate"]);
    check(mine("cert.pem", "cert.pem"), KEY, &["cert.pem: holds no private key"]);
    check(mine("cert.pem", "locked.pem"), KEY, &["locked.pem: is encrypted"]);
    check(mine("cert.pem", "other.pem"), KEY, &["is not the key of the certificate"]);
}
