//! The demo's flags, and whether the ports they name are free.

use anyhow::bail;
use clap::Parser;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Earthquakes from a RocketMQ topic into a Doris table, everything in this one process.
///
/// A development broker, a stand-in for Doris and a worker are started; the table is created over MySQL, a file of
/// earthquakes is produced, the connector is POSTed as an operator would do it, and source and table are compared.
#[derive(Debug, Parser)]
#[command(
    name = "demo",
    after_help = "Example:\n  cargo run --release --example demo -- --exit --rest-port 0\n\n\
                  Port 0 takes a free port. Exit codes: 0 all agreed, 1 it did not, 2 wrong usage."
)]
pub(crate) struct Arguments {
    /// End after the comparison instead of staying up
    #[arg(long)]
    pub(crate) exit: bool,
    /// Port of the worker's REST interface
    #[arg(long, value_name = "PORT", default_value_t = 8082)]
    pub(crate) rest_port: u16,
    /// Port of the name server and broker
    #[arg(long, value_name = "PORT", default_value_t = 9876)]
    pub(crate) name_server_port: u16,
    /// Port of the Doris frontend's HTTP interface
    #[arg(long, value_name = "PORT", default_value_t = 8030)]
    pub(crate) fe_http_port: u16,
    /// Port of the Doris backend's HTTP interface
    #[arg(long, value_name = "PORT", default_value_t = 8040)]
    pub(crate) be_http_port: u16,
    /// Port of the Doris frontend's MySQL interface
    #[arg(long, value_name = "PORT", default_value_t = 9030)]
    pub(crate) mysql_port: u16,
}

impl Arguments {
    /// Finds every port that is taken before anything is started.
    pub(crate) fn check_ports(&self) -> anyhow::Result<()> {
        let ports = [
            ("--rest-port", self.rest_port),
            ("--name-server-port", self.name_server_port),
            ("--fe-http-port", self.fe_http_port),
            ("--be-http-port", self.be_http_port),
            ("--mysql-port", self.mysql_port),
        ];
        let taken: Vec<_> = ports
            .iter()
            .filter_map(|(flag, port)| {
                Some(format!("port {port}: {}; move it with {flag} 0", refusal(*port)?))
            })
            .collect();
        if !taken.is_empty() {
            bail!("cannot listen on {}", taken.join(", "));
        }
        Ok(())
    }
}

/// This port on this machine.
pub(crate) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn refusal(port: u16) -> Option<std::io::Error> {
    TcpListener::bind(loopback(port)).err()
}
