//! One connection to one frontend.

use super::{
    Login, MysqlError, Rows,
    login::{Greeting, Verdict},
    packet,
};
use crate::http::Endpoint;
use std::{fmt, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite, BufStream},
    net::TcpStream,
    time::timeout,
};

const COM_QUIT: u8 = 1;
const COM_QUERY: u8 = 3;

/// How long a frontend may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// To let a connection in.
    pub(crate) connect: Duration,
    /// To answer a statement.
    pub(crate) answer: Duration,
}

/// What a connection goes over.
trait Line: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// A connection that has been let in.
pub(crate) struct Connection {
    line: BufStream<Box<dyn Line>>,
    answer: Duration,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects and logs in.
    pub(crate) async fn open(at: &Endpoint, login: &Login, limits: Limits) -> Result<Self, MysqlError> {
        let opened = timeout(limits.connect, async {
            let line = TcpStream::connect((at.host(), at.port())).await?;
            line.set_nodelay(true)?;
            let mut line = BufStream::new(Box::new(line) as Box<dyn Line>);
            log_in(&mut line, login).await?;
            Ok(Self { line, answer: limits.answer })
        });
        opened.await.unwrap_or(Err(MysqlError::Silent(limits.connect)))
    }

    /// Runs one statement. After any error but [`MysqlError::Server`] the connection is of no use any more, nor when the call is
    /// dropped before it has answered.
    pub(crate) async fn query(&mut self, sql: &str) -> Result<Rows, MysqlError> {
        let answered = timeout(self.answer, async {
            packet::write(&mut self.line, &[&[COM_QUERY], sql.as_bytes()].concat(), 0).await?;
            Rows::read(&mut self.line).await
        });
        answered.await.unwrap_or(Err(MysqlError::Silent(self.answer)))
    }

    /// Says goodbye, if that is heard at once.
    pub(crate) async fn close(mut self) {
        let goodbye = packet::write(&mut self.line, &[COM_QUIT], 0);
        drop(timeout(Duration::from_millis(100), goodbye).await);
    }
}

async fn log_in(line: &mut BufStream<Box<dyn Line>>, login: &Login) -> Result<(), MysqlError> {
    let (greeting, number) = packet::read(line).await?;
    let answer = Greeting::parse(&greeting)?.answer(login);
    packet::write(line, &answer, number.wrapping_add(1)).await?;
    let (verdict, number) = packet::read(line).await?;
    let Verdict::ProveAgain(proof) = Verdict::parse(&verdict, login)? else { return Ok(()) };
    packet::write(line, &proof, number.wrapping_add(1)).await?;
    let (verdict, _) = packet::read(line).await?;
    match Verdict::parse(&verdict, login)? {
        Verdict::Welcome => Ok(()),
        Verdict::ProveAgain(_) => Err(MysqlError::Protocol("one proof of the password was not enough")),
    }
}
