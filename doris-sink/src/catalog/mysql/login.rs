//! The greeting and the login.

use super::{MysqlError, packet::Fields};
use connector_api::Secret;
use sha1::{Digest, Sha1};

/// How the password is proven without being sent.
const NATIVE_PASSWORD: &str = "mysql_native_password";

/// Protocol 10 (`Protocol::HandshakeV10`).
const VERSION: u8 = 10;
const LONG_PASSWORD: u32 = 0x1;
const PROTOCOL_41: u32 = 0x200;
const TRANSACTIONS: u32 = 0x2000;
const SECURE_CONNECTION: u32 = 0x8000;
const PLUGIN_AUTH: u32 = 0x8_0000;
const UTF8MB4_GENERAL_CI: u8 = 45;
const LONGEST_PACKET: u32 = 0x0100_0000;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Secret,
}

/// What a server says first.
#[derive(Debug)]
pub(super) struct Greeting {
    challenge: Vec<u8>,
    plugin: String,
}

impl Greeting {
    pub(super) fn parse(payload: &[u8]) -> Result<Self, MysqlError> {
        let mut fields = Fields(payload);
        match fields.byte()? {
            VERSION => {}
            0xff => return Err(refusal(payload)),
            _ => return Err(MysqlError::Protocol("no greeting of protocol version 10")),
        }
        fields.terminated();
        // The connection's number.
        fields.take(4)?;
        let mut challenge = fields.take(8)?.to_vec();
        fields.take(1)?;
        let low = fields.int(2)?;
        // Character set and status.
        fields.take(1 + 2)?;
        let capabilities = low | fields.int(2)? << 16;
        let length = usize::from(fields.byte()?);
        fields.take(10)?;
        if capabilities & u64::from(PROTOCOL_41) == 0 {
            return Err(MysqlError::Protocol("no protocol of version 4.1"));
        }
        let rest = fields.take(length.saturating_sub(8).max(13))?;
        challenge.extend_from_slice(rest.strip_suffix(&[0]).unwrap_or(rest));
        let plugin = match capabilities & u64::from(PLUGIN_AUTH) {
            0 => NATIVE_PASSWORD.to_owned(),
            _ => text(fields.terminated()),
        };
        Ok(Self { challenge, plugin })
    }

    /// The answer to the greeting (`Protocol::HandshakeResponse41`).
    pub(super) fn answer(&self, login: &Login) -> Vec<u8> {
        let capabilities = LONG_PASSWORD | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH;
        // To any other plugin the server has to switch by itself: nothing is proven to it that it did not ask for.
        let proof = match self.plugin == NATIVE_PASSWORD {
            true => proof(login.password.expose(), &self.challenge),
            false => Vec::new(),
        };
        let mut answer = Vec::new();
        answer.extend_from_slice(&capabilities.to_le_bytes());
        answer.extend_from_slice(&LONGEST_PACKET.to_le_bytes());
        answer.push(UTF8MB4_GENERAL_CI);
        answer.extend_from_slice(&[0; 23]);
        answer.extend_from_slice(login.user.as_bytes());
        answer.push(0);
        answer.push(u8::try_from(proof.len()).unwrap_or_default());
        answer.extend_from_slice(&proof);
        answer.extend_from_slice(NATIVE_PASSWORD.as_bytes());
        answer.push(0);
        answer
    }
}

/// What the server makes of a login.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Welcome,
    /// The password has to be proven once more, by this.
    ProveAgain(Vec<u8>),
}

impl Verdict {
    pub(super) fn parse(payload: &[u8], login: &Login) -> Result<Self, MysqlError> {
        match payload.split_first() {
            Some((0x00, _)) => Ok(Self::Welcome),
            Some((0xfe, rest)) => {
                let mut fields = Fields(rest);
                let plugin = text(fields.terminated());
                if plugin != NATIVE_PASSWORD {
                    return Err(MysqlError::Authentication(plugin));
                }
                let challenge = fields.0.strip_suffix(&[0]).unwrap_or(fields.0);
                Ok(Self::ProveAgain(proof(login.password.expose(), challenge)))
            }
            Some((0xff, _)) => Err(refusal(payload)),
            _ => Err(MysqlError::Protocol("an answer to the login that is none")),
        }
    }
}

/// `SHA1(password) XOR SHA1(challenge + SHA1(SHA1(password)))`, nothing for an empty password.
fn proof(password: &str, challenge: &[u8]) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = Sha1::digest(password);
    let twice = Sha1::digest(once);
    let mask = Sha1::new().chain_update(challenge).chain_update(twice).finalize();
    once.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect()
}

/// An error packet: code, state, message.
pub(super) fn refusal(payload: &[u8]) -> MysqlError {
    let mut fields = Fields(payload.get(1..).unwrap_or_default());
    let Ok(code) = fields.int(2) else { return MysqlError::Protocol("an error without its code") };
    let message = match fields.0.strip_prefix(b"#") {
        Some(rest) => rest.get(5..).unwrap_or_default(),
        None => fields.0,
    };
    MysqlError::Server { code: u16::try_from(code).unwrap_or_default(), message: text(message) }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(password: &str) -> Login {
        Login { user: "loader".into(), password: Secret::new(password) }
    }

    #[test]
    fn a_password_is_proven_by_the_challenge() {
        // Computed with Python's hashlib.
        let challenge: Vec<u8> = (0x21..0x35).collect();
        let hex: String = proof("secret", &challenge).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "1f44f306295a10870fd7895d358cb5f975d7d47f");
        assert_eq!(proof("", &challenge), [0; 0]);
    }

    #[test]
    fn another_challenge_is_answered_and_another_plugin_is_named() {
        let switch = [&[0xfe][..], b"mysql_native_password\0", &[9; 20], &[0]].concat();
        let verdict = Verdict::parse(&switch, &login("x")).unwrap();
        assert_eq!(verdict, Verdict::ProveAgain(proof("x", &[9; 20])));
        let other = Verdict::parse(b"\xfecaching_sha2_password\0abc", &login("x")).unwrap_err();
        assert!(other.to_string().contains("caching_sha2_password"), "{other}");
    }

    #[test]
    fn refusals_are_told_in_the_servers_words() {
        let refused = Verdict::parse(b"\xff\x15\x04#28000Access denied", &login("")).unwrap_err();
        assert_eq!(refused.to_string(), "Access denied (error 1045)");
        let busy = Greeting::parse(b"\xff\x10\x04Too many connections").unwrap_err();
        assert_eq!(busy.to_string(), "Too many connections (error 1040)");
        assert!(!busy.is_dorises() && refused.is_dorises());
    }

    #[test]
    fn what_is_no_greeting_is_told() {
        for other in [&b"SSH-2.0-OpenSSH"[..], b"\x0a5.7", b""] {
            let refused = Greeting::parse(other).unwrap_err();
            assert!(matches!(refused, MysqlError::Protocol(_)), "{refused:?}");
        }
    }
}
