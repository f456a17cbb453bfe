//! Who asks: the `Authorization` header as the front end reads it, and what its user may do.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Call;
use super::answers::Answer;
use crate::accounts::{Credentials, Privilege};
use crate::cluster::Cluster;
use crate::version::Version;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Checks the `Authorization` header.
///
/// # Errors
/// The answer that refuses.
pub(super) fn login(cluster: &Cluster, call: &Call) -> Result<Credentials, Answer> {
    let credentials = credentials(cluster.version, call)?;
    match cluster.accounts.check(&credentials, call.peer) {
        Ok(()) => Ok(credentials),
        Err(_) if cluster.version < Version::V2_0 => {
            let (user, host) = (&credentials.user, call.peer);
            Err(Answer::unauthorized(&format!("Access denied for default_cluster:{user}@{host}")))
        }
        Err(error) => Err(Answer::unauthorized(&error.to_string())),
    }
}

/// Refuses whoever may not do this to a table, or, with `*`, to a database.
///
/// # Errors
/// The sentence that says which privileges would do.
pub(super) fn require(
    cluster: &Cluster,
    user: &str,
    privilege: Privilege,
    database: &str,
    table: &str,
) -> Result<(), String> {
    if cluster.accounts.may(user, privilege, database, table) {
        return Ok(());
    }
    let other = if privilege == Privilege::Admin { String::new() } else { format!(",{privilege:?}_priv") };
    Err(format!(
        "Access denied; you need (at least one of) the Admin_priv{other} privilege(s) for this operation"
    ))
}

/// The scheme is not looked at; the header has exactly two words; a user is what stands before the first colon, without the
/// cluster that may follow it after an `@`.
fn credentials(version: Version, call: &Call) -> Result<Credentials, Answer> {
    let missing = || Answer::unauthorized("Need auth information.");
    let header = call.request.headers.get("Authorization").ok_or_else(missing)?;
    let (_, encoded) = header.split_once(' ').ok_or_else(missing)?;
    if encoded.contains(' ') {
        return Err(missing());
    }
    let decoded = LENIENT.decode(encoded).map_err(|error| {
        let at = match error {
            base64::DecodeError::InvalidByte(at, byte) => format!("{at}: {byte} (decimal)"),
            other => other.to_string(),
        };
        Answer::internal_error(Some(&format!("invalid Base64 input character at {at}")))
    })?;
    let decoded = String::from_utf8_lossy(&decoded);
    let Some((user, password)) = decoded.split_once(':') else {
        // The exception of taking what stands before a colon that is not there, as the Java of the time words it.
        let length = decoded.encode_utf16().count();
        let text = if version >= Version::V3_0 {
            format!("begin 0, end -1, length {length}")
        } else {
            "String index out of range: -1".to_owned()
        };
        return Err(Answer::internal_error(Some(&text)));
    };
    let name = match user.split_once('@') {
        Some((name, cluster)) if !cluster.is_empty() && !cluster.contains('@') => name,
        _ => user,
    };
    Ok(Credentials { user: name.to_owned(), password: password.to_owned() })
}
