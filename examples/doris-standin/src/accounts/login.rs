//! Names and passwords as clients send them.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A login that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("Access denied for user '{user}@{host}' (using password: {})", if *password { "YES" } else { "NO" })]
    Denied { user: String, host: IpAddr, password: bool },
}

/// A user name and password from an `Authorization: Basic` header.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Credentials {
    /// Reads the header's value; a `@cluster` suffix of the user is dropped.
    pub(crate) fn basic(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        // What is not UTF-8 is nobody's password, and is denied as such.
        let decoded = String::from_utf8_lossy(&decoded);
        let (user, password) = decoded.split_once(':')?;
        let user = user.split('@').next().unwrap_or_default();
        Some(Self { user: user.to_owned(), password: password.to_owned() })
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The refusal of a login.
pub(super) fn denied(user: &str, host: IpAddr, password: bool) -> LoginError {
    LoginError::Denied { user: user.to_owned(), host, password }
}
