//! The greeting and the login.

use sha1::{Digest, Sha1};

use super::packet::Reader;
use crate::clock::now_ms;

/// The version drivers see.
const VERSION: &str = "5.7.99";
/// LONG_FLAG, CONNECT_WITH_DB, LOCAL_FILES, PROTOCOL_41, SECURE_CONNECTION and PLUGIN_AUTH: what the front end announces.
const CAPABILITIES: u32 = 0x0008_828c;
const UTF8_GENERAL_CI: u8 = 33;
/// Bytes of a login before the user's name.
const LOGIN_HEAD: usize = 32;
pub(super) const NATIVE_PASSWORD: &str = "mysql_native_password";

const CONNECT_WITH_DB: u32 = 0x8;
const SSL: u32 = 0x800;
const PROTOCOL_41: u32 = 0x200;
const SECURE_CONNECTION: u32 = 0x8000;
const PLUGIN_AUTH: u32 = 0x8_0000;
const PLUGIN_AUTH_COUNTED: u32 = 0x20_0000;

/// Bytes a client proves its password with; without zeros, which end them on the wire.
pub(super) fn challenge(connection_id: u32) -> [u8; 20] {
    let seed = format!("{connection_id} {} {}", now_ms(), std::process::id());
    let mut bytes: [u8; 20] = Sha1::digest(seed).into();
    for byte in &mut bytes {
        *byte = 0x21 + *byte % 0x5d;
    }
    bytes
}

/// The first packet.
pub(super) fn greeting(connection_id: u32, challenge: &[u8; 20], offers_tls: bool) -> Vec<u8> {
    let offered = if offers_tls { CAPABILITIES | SSL } else { CAPABILITIES };
    let capabilities = offered.to_le_bytes();
    let mut packet = vec![10];
    packet.extend_from_slice(VERSION.as_bytes());
    packet.push(0);
    packet.extend_from_slice(&connection_id.to_le_bytes());
    packet.extend_from_slice(&challenge[..8]);
    packet.push(0);
    packet.extend_from_slice(&capabilities[..2]);
    packet.extend_from_slice(&[UTF8_GENERAL_CI, 0, 0]);
    packet.extend_from_slice(&capabilities[2..]);
    packet.push(21);
    packet.extend_from_slice(&[0; 10]);
    packet.extend_from_slice(&challenge[8..]);
    packet.push(0);
    packet.extend_from_slice(NATIVE_PASSWORD.as_bytes());
    packet.push(0);
    packet
}

/// Whether this is no login yet but the wish for TLS first: the head of a login, and nothing more.
pub(super) fn wants_tls(packet: &[u8]) -> bool {
    let capabilities = Reader(packet).number().map_or(0, u32::from_le_bytes);
    packet.len() == LOGIN_HEAD && capabilities & SSL != 0
}

/// What a client logs in with.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) answer: Vec<u8>,
    pub(super) database: Option<String>,
    /// The way the answer was made; `None` when the client does not say.
    pub(super) plugin: Option<String>,
}

impl Login {
    /// Reads the client's answer to the greeting.
    pub(super) fn parse(packet: &[u8]) -> Option<Self> {
        let mut reader = Reader(packet);
        let capabilities = u32::from_le_bytes(reader.number()?);
        if capabilities & PROTOCOL_41 == 0 {
            return None;
        }
        // Largest packet, character set, filler.
        reader.take(LOGIN_HEAD - 4)?;
        let user = text(reader.terminated()?);
        let answer = if capabilities & PLUGIN_AUTH_COUNTED != 0 {
            reader.counted()?
        } else if capabilities & SECURE_CONNECTION != 0 {
            let length = reader.byte()?;
            reader.take(usize::from(length))?
        } else {
            reader.terminated()?
        };
        let database = if capabilities & CONNECT_WITH_DB != 0 { reader.terminated().map(text) } else { None };
        let plugin = if capabilities & PLUGIN_AUTH != 0 { reader.terminated().map(text) } else { None };
        Some(Self {
            user,
            answer: answer.to_vec(),
            database: database.filter(|name| !name.is_empty()),
            plugin,
        })
    }
}

/// Asks the client to prove its password the one way known here.
pub(super) fn switch_request(challenge: &[u8; 20]) -> Vec<u8> {
    let mut packet = vec![0xfe];
    packet.extend_from_slice(NATIVE_PASSWORD.as_bytes());
    packet.push(0);
    packet.extend_from_slice(challenge);
    packet.push(0);
    packet
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
