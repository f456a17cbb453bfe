//! Comparing secrets, in a time that says nothing of how much of one was right.

use bcrypt::HashParts;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// The most work a hash may ask for; each step doubles it, and 14 is about a second.
const MAX_COST: u32 = 14;

/// The length of every bcrypt hash; a shorter one was cut off.
const HASH_LENGTH: usize = 60;

/// How a password is known.
pub(super) enum Password {
    /// As a bcrypt hash.
    Hashed(String),
    /// As its digest, since it stands in the file as it is.
    Plain(TokenDigest),
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}

impl Password {
    /// One that is known as it is.
    pub(super) fn plain(password: &str) -> Self {
        Self::Plain(TokenDigest::of(password.as_bytes()))
    }

    /// One that is known as a bcrypt hash.
    ///
    /// # Errors
    /// What is wrong with the hash, without it.
    pub(super) fn hashed(hash: &str) -> Result<Self, String> {
        let parts: Option<HashParts> = hash.parse().ok().filter(|_| hash.len() == HASH_LENGTH);
        match parts.ok_or(NO_HASH)?.get_cost() {
            ..=MAX_COST => Ok(Self::Hashed(hash.to_owned())),
            cost => Err(format!(
                "a bcrypt hash of cost {cost} takes too long to compare, give one of at most {MAX_COST}"
            )),
        }
    }

    /// Whether it is `password`. Takes its time on purpose: call it where blocking is allowed.
    pub(super) fn is(&self, password: &[u8]) -> bool {
        match self {
            Self::Hashed(hash) => bcrypt::non_truncating_verify(password, hash).unwrap_or(false),
            Self::Plain(digest) => digest.is(&TokenDigest::of(password)),
        }
    }
}

const NO_HASH: &str =
    "a user's secret is a bcrypt hash, as `htpasswd -nBC 10 NAME` prints it after the colon";

/// The SHA-256 digest of a token: enough for what is long and random.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}

impl TokenDigest {
    pub(super) fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// The digest in hexadecimal digits, 64 of them.
    pub(super) fn from_hex(digits: &str) -> Option<Self> {
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut digest = [0; 32];
        for (index, byte) in digest.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Self(digest))
    }

    /// Whether both are the same, found out in a time that does not depend on where they differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash() {
        let hash = bcrypt::hash("opensesame", 4).unwrap();
        let password = Password::hashed(&hash).unwrap();
        let check = |given: &str, expected| assert_eq!(password.is(given.as_bytes()), expected, "{given}");
        check("opensesame", true);
        check("opensesam", false);
        check("", false);
        // Bcrypt looks at 72 bytes; more are not cut off but refused.
        check(&"x".repeat(73), false);
        assert!(Password::plain("opensesame").is(b"opensesame"));
        assert!(Password::hashed(&hash[..50]).is_err());
    }

    #[test]
    fn digests_are_read_in_either_case() {
        let digest = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08";
        for digits in [digest.to_owned(), digest.to_lowercase()] {
            assert_eq!(TokenDigest::from_hex(&digits), Some(TokenDigest::of(b"test")));
        }
        assert_eq!(TokenDigest::from_hex(&format!("+{}", &digest[1..])), None);
        assert_eq!(TokenDigest::from_hex("9f"), None);
    }
}
