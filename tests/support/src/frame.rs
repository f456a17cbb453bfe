//! One request of the RocketMQ remoting protocol, by hand.
//!
//! Starting a broker must not depend on the client that is tested with it; and a client that keeps its callers from
//! mistakes cannot ask what a test of the server wants to ask.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CALL_DEADLINE: Duration = Duration::from_secs(5);

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// RocketMQ remoting, `ResponseCode`.
    pub code: i64,
    /// The server's words, empty when it has none.
    pub remark: String,
    /// The fields of the header, a JSON object of texts, or null.
    pub fields: Value,
    /// What follows the header.
    pub body: Vec<u8>,
}

/// Asks `server` the request `code`, on a connection of its own. `fields` is a JSON object.
///
/// # Errors
/// When no whole answer comes within five seconds.
pub async fn call(server: SocketAddr, code: u16, fields: Value, body: &[u8]) -> anyhow::Result<Answer> {
    tokio::time::timeout(CALL_DEADLINE, exchange(server, code, fields, body))
        .await
        .with_context(|| format!("no answer of {server} to request {code} within {CALL_DEADLINE:?}"))?
        .with_context(|| format!("request {code} to {server}"))
}

/// A frame is its length, the header's length, a JSON header and a body.
async fn exchange(server: SocketAddr, code: u16, fields: Value, body: &[u8]) -> anyhow::Result<Answer> {
    let header = json!({
        "code": code, "language": "JAVA", "version": 400, "opaque": 1, "flag": 0,
        "serializeTypeCurrentRPC": "JSON", "extFields": fields,
    });
    let header = header.to_string().into_bytes();
    let mut connection = TcpStream::connect(server).await?;
    connection.write_u32(u32::try_from(4 + header.len() + body.len())?).await?;
    connection.write_u32(u32::try_from(header.len())?).await?;
    connection.write_all(&header).await?;
    connection.write_all(body).await?;

    let length = usize::try_from(connection.read_u32().await?)?;
    let mut frame = vec![0; length];
    connection.read_exact(&mut frame).await?;
    let (prefix, rest) = frame.split_first_chunk::<4>().context("a frame without a header length")?;
    // The upper byte is the encoding of the header; a JSON request gets a JSON answer.
    let header_length = usize::try_from(u32::from_be_bytes(*prefix) & 0x00ff_ffff)?;
    let (header, body) = rest.split_at_checked(header_length).context("a header longer than its frame")?;
    let mut header: Value = serde_json::from_slice(header)?;
    Ok(Answer {
        code: header["code"].as_i64().context("an answer without a code")?,
        remark: header["remark"].as_str().unwrap_or_default().to_owned(),
        fields: header["extFields"].take(),
        body: body.to_vec(),
    })
}
