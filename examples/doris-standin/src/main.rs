//! The stand-in as a program of its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use doris_standin::{Clients, Identity, Options, Running, Standin, Tls, Version};

const NOTICE: &str =
    "# a stand-in for Apache Doris, for tests and demos; it is not Doris and must not hold data you need";

/// A stand-in for Apache Doris, for tests and demos: FE and BE over HTTP, SQL over the MySQL protocol.
#[derive(Parser, Debug)]
#[command(
    after_help = "Example:\n  doris-standin --user root --password secret --data /tmp/doris\n  mysql -h 127.0.0.1 -P 9030 -u root -psecret\n\nPort 0 takes a free port. Exit codes: 0 stopped, 1 failed while running, 2 wrong usage."
)]
struct Arguments {
    /// Address of the front end's HTTP port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8030")]
    fe_http: SocketAddr,
    /// Address of the back end's HTTP port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8040")]
    be_http: SocketAddr,
    /// How many back ends there are, each one port above the one before
    #[arg(long, value_name = "COUNT", default_value = "1")]
    backends: NonZeroUsize,
    /// How long the front end takes to notice that a back end went away or came back, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 10_000)]
    heartbeat: u64,
    /// Address of the front end's HTTPS port; switches HTTPS on for the back ends too
    #[arg(long, value_name = "ADDRESS")]
    fe_https: Option<SocketAddr>,
    #[command(flatten)]
    certificates: Certificates,
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
    /// Which Doris to stand in for: 1.2, 2.0, 2.1 or 3.0
    #[arg(long, default_value_t = Version::default())]
    version: Version,
    /// How long labels of finished loads are kept, in seconds; without it, as long as the version does
    #[arg(long, value_name = "SECONDS")]
    label_keep: Option<u64>,
    /// How many finished loads are kept per database
    #[arg(long, value_name = "LOADS", default_value_t = 2000)]
    label_count: usize,
    /// Count the rows of loads instead of storing them, for benchmarks: rows are lines, and nothing looks at what is in them
    #[arg(long)]
    discard: bool,
    /// Open compressed JSON, as later patch releases of the 2.1 and 3.0 lines do
    #[arg(long)]
    compressed_json: bool,
    /// How long a schema change takes that Doris does not make at once, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 100)]
    alter_time: u64,
    /// Offer TLS on the MySQL port, with the certificate that HTTPS shows or else one of the authority under DIR/tls
    #[arg(long)]
    mysql_tls: bool,
    /// Let SHOW STREAM LOAD tell of loads that have ended
    #[arg(long)]
    stream_load_record: bool,
}

/// What HTTPS shows and asks for.
#[derive(clap::Args, Debug)]
struct Certificates {
    /// Certificate to show, in PEM; without it, one of an authority made under DIR/tls
    #[arg(long, value_name = "FILE", requires_all = ["tls_key", "fe_https"])]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// A host name or IP address that the made certificate is good for; may be repeated [default: localhost, 127.0.0.1, ::1]
    #[arg(long, value_name = "NAME", requires = "fe_https", conflicts_with = "tls_certificate")]
    tls_name: Vec<String>,
    /// Demand a client certificate issued by an authority in this PEM file, or, without a file, by the one under DIR/tls
    #[arg(long, value_name = "FILE", requires = "fe_https", num_args = 0..=1)]
    tls_client_ca: Option<Option<PathBuf>>,
}

impl Certificates {
    fn into_tls(self, fe_https: SocketAddr) -> Tls {
        let identity = match (self.tls_certificate, self.tls_key) {
            (Some(certificate), Some(key)) => Identity::Files { certificate, key },
            _ if self.tls_name.is_empty() => Identity::default(),
            _ => Identity::Issued { names: self.tls_name },
        };
        let clients = match self.tls_client_ca {
            None => Clients::Anyone,
            Some(None) => Clients::OfOwnAuthority,
            Some(Some(file)) => Clients::OfAuthorities(file),
        };
        Tls { fe_https, identity, clients }
    }
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
        version: arguments.version,
        fe_http: arguments.fe_http,
        be_http: arguments.be_http,
        backends: arguments.backends,
        heartbeat: Duration::from_millis(arguments.heartbeat),
        tls: arguments.fe_https.map(|fe_https| arguments.certificates.into_tls(fe_https)),
        mysql: arguments.mysql,
        user: arguments.user,
        password: arguments.password,
        data: Some(arguments.data),
        label_keep: arguments.label_keep.map(Duration::from_secs),
        label_count: arguments.label_count,
        discard: arguments.discard,
        compressed_json: arguments.compressed_json,
        mysql_tls: arguments.mysql_tls,
        alter_time: Duration::from_millis(arguments.alter_time),
        stream_load_record: arguments.stream_load_record,
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
    writeln!(out, "fe-http={}", running.fe)?;
    if let Some(fe_https) = running.fe_https {
        writeln!(out, "fe-https={fe_https}")?;
        writeln!(out, "root-certificate={}", running.root_certificate().display())?;
    }
    for backend in &running.backends {
        writeln!(out, "be-http={backend}")?;
    }
    writeln!(out, "mysql={}\nready", running.mysql)?;
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
