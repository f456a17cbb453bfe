//! What went wrong between two that speak TLS, and what an operator can do about it.

use std::io;
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// What went wrong with a handshake.
pub(in crate::http) fn of_handshake(error: &io::Error) -> String {
    match explained(error) {
        Some(explained) => explained,
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "it hung up in the middle of the handshake; is this its HTTPS port?".to_owned()
        }
        None => error.to_string(),
    }
}

/// Explains the error of TLS behind `error`, if it is one.
pub(in crate::http) fn explained(error: &io::Error) -> Option<String> {
    let inner = error.get_ref()?;
    match inner.downcast_ref::<Error>() {
        Some(Error::InvalidCertificate(problem)) => Some(certificate(problem)),
        Some(Error::AlertReceived(alert)) => Some(refused(*alert)),
        Some(Error::InvalidMessage(_)) => {
            Some("what it speaks is not TLS; is this its HTTPS port?".to_owned())
        }
        Some(other) => Some(other.to_string()),
        // A layer between may have wrapped it once more.
        None => inner.source()?.downcast_ref::<io::Error>().and_then(explained),
    }
}

/// Why its certificate is not trusted.
fn certificate(problem: &CertificateError) -> String {
    use CertificateError as Problem;
    match problem {
        // Another authority of the same name shows as a bad signature.
        Problem::UnknownIssuer | Problem::BadSignature => {
            "its certificate comes from no authority that is trusted; name that authority in doris.tls.ca"
                .to_owned()
        }
        Problem::Expired | Problem::ExpiredContext { .. } => {
            "its certificate has expired; it needs a new one".to_owned()
        }
        Problem::NotValidYet | Problem::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is the clock of this host right?".to_owned()
        }
        Problem::NotValidForName | Problem::NotValidForNameContext { .. } => {
            format!("{problem}; name the server as its certificate does")
        }
        Problem::Revoked => "its certificate was revoked".to_owned(),
        other => format!("its certificate cannot be trusted: {other}"),
    }
}

/// Why it does not go on with us.
fn refused(alert: AlertDescription) -> String {
    use AlertDescription as Alert;
    match alert {
        Alert::CertificateRequired => {
            "it asks for a certificate of ours; name one in doris.tls.certificate and doris.tls.key"
                .to_owned()
        }
        Alert::UnknownCA
        | Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::AccessDenied
        // One of an authority that only bears the name of the right one.
        | Alert::DecryptError => {
            format!("it does not take the certificate of doris.tls.certificate ({alert:?})")
        }
        Alert::HandshakeFailure => {
            "it refused the handshake; it may ask for a certificate of ours (doris.tls.certificate)"
                .to_owned()
        }
        other => format!("it refused: {other:?}"),
    }
}
