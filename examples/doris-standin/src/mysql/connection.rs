//! One client: login, then commands until it leaves.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::handshake::{Login, NATIVE_PASSWORD, challenge, greeting, switch_request, wants_tls};
use super::packet::Packets;
use super::prepared::PreparedStatements;
use super::resultset::{MORE_RESULTS, binary_row, column, end, error, ok, text_row};
use crate::cluster::Cluster;
use crate::sql::{Answer, ResultSet, Session, SqlError, statements};

/// How rows are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Text,
    Binary,
}

/// Serves one client.
pub(super) async fn converse(
    stream: TcpStream,
    host: IpAddr,
    cluster: Arc<Cluster>,
    id: u32,
    tls: Option<&TlsAcceptor>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some((packets, session)) = log_in(Packets::new(stream), host, cluster, id, tls).await? else {
        return Ok(());
    };
    Client { packets, session: Some(session), prepared: PreparedStatements::default() }.serve().await
}

async fn log_in(
    mut packets: Packets,
    host: IpAddr,
    cluster: Arc<Cluster>,
    id: u32,
    tls: Option<&TlsAcceptor>,
) -> io::Result<Option<(Packets, Session)>> {
    let challenge = challenge(id);
    packets.write(&greeting(id, &challenge, tls.is_some())).await?;
    packets.flush().await?;
    let Some(mut packet) = packets.read().await? else { return Ok(None) };
    if let Some(tls) = tls.filter(|_| wants_tls(&packet)) {
        packets = packets.secured(tls).await?;
        let Some(login) = packets.read().await? else { return Ok(None) };
        packet = login;
    }
    let Some(mut login) = Login::parse(&packet) else {
        let refusal = SqlError::numbered(1043, "08S01", "Bad handshake");
        packets.write(&error(&refusal)).await?;
        packets.flush().await?;
        return Ok(None);
    };
    if login.plugin.as_deref().is_some_and(|plugin| plugin != NATIVE_PASSWORD) {
        packets.write(&switch_request(&challenge)).await?;
        packets.flush().await?;
        let Some(answer) = packets.read().await? else { return Ok(None) };
        login.answer = answer;
    }
    let checked = cluster.accounts.check_challenge(&login.user, &challenge, &login.answer, host);
    let mut session = Session::new(cluster, login.user, host, id);
    let ready = match checked {
        // No prefix before these words.
        Err(denied) => Err(SqlError { code: 1045, state: "28000", message: denied.to_string() }),
        Ok(()) => login.database.map_or(Ok(()), |name| session.use_database(&name)),
    };
    let packet = match &ready {
        Ok(()) => ok(0, 0, ""),
        Err(refusal) => error(refusal),
    };
    packets.write(&packet).await?;
    packets.flush().await?;
    Ok(ready.is_ok().then_some((packets, session)))
}

struct Client {
    packets: Packets,
    /// Away while a statement runs on another thread.
    session: Option<Session>,
    prepared: PreparedStatements,
}

impl Client {
    async fn serve(mut self) -> io::Result<()> {
        while let Some(packet) = self.packets.read().await? {
            let Some((&command, payload)) = packet.split_first() else { return Ok(()) };
            match command {
                0x01 => return Ok(()),
                0x02 => self.init_database(&text(payload)).await?,
                0x03 => self.query(&text(payload)).await?,
                // The field list: answered as for a table without columns, as clients only use it for completion.
                0x04 => self.packets.write(&end(0)).await?,
                0x09 => self.statistics().await?,
                // Ping, and the resetting of a connection.
                0x0e => self.packets.write(&ok(0, 0, "")).await?,
                0x1f => {
                    self.prepared = PreparedStatements::default();
                    self.packets.write(&ok(0, 0, "")).await?;
                }
                0x16 => self.prepare(&text(payload)).await?,
                0x17 => self.execute(payload).await?,
                0x18 => self.prepared.long_data(payload),
                0x19 => {
                    if let Some(id) = statement_id(payload) {
                        self.prepared.close(id);
                    }
                }
                0x1a => {
                    if let Some(id) = statement_id(payload) {
                        self.prepared.reset(id);
                    }
                    self.packets.write(&ok(0, 0, "")).await?;
                }
                // Switching several statements per text on or off: they are always on.
                0x1b => self.packets.write(&end(0)).await?,
                other => {
                    let refusal = SqlError::numbered(1047, "08S01", format_args!("Unknown command {other}"));
                    self.packets.write(&error(&refusal)).await?;
                }
            }
            self.packets.flush().await?;
        }
        Ok(())
    }

    async fn statistics(&mut self) -> io::Result<()> {
        let uptime = self.session.as_ref().map_or(0, |session| session.cluster.started.elapsed().as_secs());
        self.packets.write(format!("Uptime: {uptime}").as_bytes()).await
    }

    async fn init_database(&mut self, name: &str) -> io::Result<()> {
        let result = match &mut self.session {
            Some(session) => session.use_database(name),
            None => Err(lost_session()),
        };
        let packet = match result {
            Ok(()) => ok(0, 0, ""),
            Err(refusal) => error(&refusal),
        };
        self.packets.write(&packet).await
    }

    async fn query(&mut self, sql: &str) -> io::Result<()> {
        let parts: Vec<String> = statements(sql).into_iter().map(str::to_owned).collect();
        let last = parts.len() - 1;
        for (index, part) in parts.into_iter().enumerate() {
            let status = if index < last { MORE_RESULTS } else { 0 };
            match self.run(part).await {
                Ok(answer) => self.answer(&answer, status, Layout::Text).await?,
                Err(refusal) => return self.packets.write(&error(&refusal)).await,
            }
        }
        Ok(())
    }

    async fn prepare(&mut self, sql: &str) -> io::Result<()> {
        let (id, parameters) = self.prepared.prepare(sql);
        let mut packet = vec![0];
        packet.extend_from_slice(&id.to_le_bytes());
        // Columns are told when the statement runs.
        packet.extend_from_slice(&[0, 0]);
        packet.extend_from_slice(&parameters.to_le_bytes());
        packet.extend_from_slice(&[0, 0, 0]);
        self.packets.write(&packet).await?;
        if parameters > 0 {
            let placeholder =
                crate::sql::ResultColumn { name: "?".to_owned(), result_type: crate::sql::ResultType::Text };
            for _ in 0..parameters {
                self.packets.write(&column(&placeholder)).await?;
            }
            self.packets.write(&end(0)).await?;
        }
        Ok(())
    }

    async fn execute(&mut self, payload: &[u8]) -> io::Result<()> {
        let result = match self.prepared.bind(payload) {
            Ok(sql) => self.run(sql).await,
            Err(refusal) => Err(refusal),
        };
        match result {
            Ok(answer) => self.answer(&answer, 0, Layout::Binary).await,
            Err(refusal) => self.packets.write(&error(&refusal)).await,
        }
    }

    /// Runs a statement where it may block.
    async fn run(&mut self, sql: String) -> Result<Answer, SqlError> {
        let Some(mut session) = self.session.take() else { return Err(lost_session()) };
        let task = tokio::task::spawn_blocking(move || {
            let result = session.execute(&sql);
            (session, result)
        });
        match task.await {
            Ok((session, result)) => {
                self.session = Some(session);
                result
            }
            Err(broken) => {
                tracing::error!(%broken, "a statement broke down");
                Err(lost_session())
            }
        }
    }

    async fn answer(&mut self, answer: &Answer, status: u16, layout: Layout) -> io::Result<()> {
        match answer {
            Answer::Done { affected, info } => self.packets.write(&ok(*affected, status, info)).await,
            Answer::Rows(rows) => self.rows(rows, status, layout).await,
        }
    }

    async fn rows(&mut self, set: &ResultSet, status: u16, layout: Layout) -> io::Result<()> {
        let mut count = Vec::new();
        super::packet::put_length(&mut count, set.columns.len() as u64);
        self.packets.write(&count).await?;
        for found in &set.columns {
            self.packets.write(&column(found)).await?;
        }
        self.packets.write(&end(status)).await?;
        for row in &set.rows {
            let packet = match layout {
                Layout::Text => text_row(&set.columns, row),
                Layout::Binary => binary_row(&set.columns, row),
            };
            self.packets.write(&packet).await?;
        }
        self.packets.write(&end(status)).await
    }
}

fn statement_id(payload: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(payload.get(..4)?.try_into().ok()?))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn lost_session() -> SqlError {
    SqlError::analysis("the session was lost in a statement that broke down; connect again")
}
