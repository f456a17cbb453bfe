//! Passwords as the MySQL protocol keeps and checks them.

use sha1::{Digest, Sha1};

/// SHA-1 of SHA-1 of a password; `None` for no password.
pub(super) type Stored = Option<[u8; 20]>;

/// What is kept of a password.
pub(super) fn stored(password: &str) -> Stored {
    (!password.is_empty()).then(|| sha1(&[&sha1(&[password.as_bytes()])]))
}

/// What is kept of a password that is given as `*` and forty hexadecimal digits, the way `PASSWORD('…')` writes it.
pub(super) fn of_hash(text: &str) -> Option<[u8; 20]> {
    let digits = text.strip_prefix('*').filter(|digits| digits.len() == 40 && digits.is_ascii())?;
    let mut bytes = [0; 20];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

/// `answer` is SHA1(password) XOR SHA1(challenge + stored), so XORing again must give what hashes to `stored`.
pub(super) fn answers(challenge: &[u8], answer: &[u8], stored: [u8; 20]) -> bool {
    let Ok(answer) = <[u8; 20]>::try_from(answer) else { return false };
    let mut once = sha1(&[challenge, &stored]);
    for (byte, answered) in once.iter_mut().zip(answer) {
        *byte ^= answered;
    }
    sha1(&[&once]) == stored
}

fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}
