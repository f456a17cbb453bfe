//! The stand-in as a program of its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use doris_standin::{Options, Running, Standin};

const NOTICE: &str =
    "# a stand-in for Apache Doris, for tests and demos; it is not Doris and must not hold data you need";

/// A stand-in for Apache Doris, for tests and demos: FE and BE over HTTP, SQL over the MySQL protocol.
#[derive(Parser, Debug)]
#[command(
    version,
    after_help = "Example:\n  doris-standin --user root --password secret --data /tmp/doris\n  mysql -h 127.0.0.1 -P 9030 -u root -psecret\n\nPort 0 takes a free port. Exit codes: 0 stopped, 1 failed while running, 2 wrong usage."
)]
struct Arguments {
    /// Address of the front end's HTTP port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8030")]
    fe_http: SocketAddr,
    /// Address of the back end's HTTP port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8040")]
    be_http: SocketAddr,
    /// Address of the MySQL port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9030")]
    mysql: SocketAddr,
    /// An administrator beside root
    #[arg(long, default_value = "root")]
    user: String,
    /// The administrators' password
    #[arg(long, default_value = "")]
    password: String,
    /// Directory that everything is kept in
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// How long labels of finished loads are kept, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 43_200)]
    label_keep: u64,
    /// How many finished loads are kept per database
    #[arg(long, value_name = "LOADS", default_value_t = 2000)]
    label_count: usize,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    // clap ends the process with 2 for wrong usage.
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("cannot start the runtime")),
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let running = Standin::start(Options {
        fe_http: arguments.fe_http,
        be_http: arguments.be_http,
        mysql: arguments.mysql,
        user: arguments.user,
        password: arguments.password,
        data: Some(arguments.data),
        label_keep: Duration::from_secs(arguments.label_keep),
        label_count: arguments.label_count,
        ..Options::default()
    })
    .await?;
    announce(&running)?;
    stop_signal().await?;
    running.shutdown().await;
    Ok(())
}

/// One `name=address` per line, for scripts.
fn announce(running: &Running) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{NOTICE}")?;
    writeln!(out, "fe-http={}\nbe-http={}\nmysql={}\nready", running.fe, running.be, running.mysql)?;
    out.flush()
}

async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn failed(error: &anyhow::Error) -> ExitCode {
    // Nobody is left to tell when stderr is gone.
    writeln!(std::io::stderr(), "doris-standin: {error:#}").unwrap_or_default();
    ExitCode::FAILURE
}
